"""Reads any file that describes an environment, by its name."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from modelport.environments.environment import EnvironmentDefinition, from_conda_file, from_requirements_file
from modelport.environments.lock_files import from_pylock, from_uv_lock
from modelport.errors import UserError


def read_environment(name: str, path: Path, environ: Mapping[str, str]) -> EnvironmentDefinition:
    """The environment described by a conda file, a requirements file, a `pylock.toml` or a `uv.lock`.

    Raises `UserError`: `environment-file-kind` for another name, else what the reader of that kind raises.
    """
    if path.suffix.lower() in (".yml", ".yaml"):
        return from_conda_file(name, path)
    if path.name == "uv.lock":
        return from_uv_lock(name, path, environ)
    if path.name.startswith("pylock.") and path.suffix == ".toml":
        return from_pylock(name, path)
    if path.suffix.lower() in (".txt", ".in"):
        return from_requirements_file(name, path)
    raise UserError(
        "environment-file-kind",
        f"The file '{path}' does not describe an environment as far as its name tells.",
        "Valid: conda files (*.yml, *.yaml), requirements files (*.txt, *.in), pylock.toml, pylock.*.toml, uv.lock.",
    )
