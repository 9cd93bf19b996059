"""Reads locks that other tools made: `pylock.toml` (PEP 751) and `uv.lock`."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from modelport.environments.environment import EnvironmentDefinition
from modelport.environments.requirements_file import Requirements, parse_requirement_line
from modelport.environments.source_file import read_text
from modelport.environments.specification import Dependency, IndexOptions
from modelport.environments.uv import make_uv, without_secrets
from modelport.errors import UserError
from modelport.settings import PackageIndex

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


def from_pylock(name: str, path: Path) -> EnvironmentDefinition:
    """The environment that a `pylock.toml` describes; raises `UserError` (`lock-file-invalid`) with file:line."""
    text = read_text(path, path.name)
    content = _toml(text, path.name)
    packages = content.get("packages")
    if "lock-version" not in content or not isinstance(packages, list):
        raise _invalid(path.name, "it has no lock-version or no packages, so it is not a lock as PEP 751 has it")
    requirements = Requirements()
    for number, package in enumerate(packages):
        place = f"{path.name}:{_line_of(text, number)}"
        requirements = requirements.joined(_pinned(package, place, path.absolute().parent))
    return EnvironmentDefinition(
        name, conda=_python(content, path.name), pip=requirements.requirements, source=str(path)
    )


def from_uv_lock(name: str, path: Path, environ: Mapping[str, str]) -> EnvironmentDefinition:
    """The environment of the project that a `uv.lock` belongs to, without the project itself and its groups.

    Raises `UserError` (`lock-file-invalid`) where uv cannot read it, for example without its pyproject.toml.
    """
    content = _toml(read_text(path, path.name), path.name)
    folder = path.absolute().parent
    uv = make_uv(IndexOptions(), PackageIndex(), environ)
    words = ["export", "--quiet", "--frozen", "--no-emit-project", "--no-dev", "--no-annotate", "--no-header"]
    done = uv.run([*words, "--format", "requirements.txt", "--project", folder], directory=folder)
    if done.exit_code:
        raise _invalid(path.name, f"uv cannot read it: {without_secrets(done.stderr).strip()}")
    requirements = Requirements()
    for line in re.sub(r"\\\n\s*", " ", done.stdout).splitlines():
        requirements = requirements.joined(parse_requirement_line(line, path.name, folder))
    return EnvironmentDefinition(
        name, conda=_python(content, path.name), pip=requirements.requirements, source=str(path)
    )


def _toml(text: str, shown: str) -> dict[str, Any]:
    try:
        content: dict[str, Any] = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        line = re.search(r"line (\d+)", str(error))
        raise _invalid(f"{shown}:{line[1]}" if line else shown, f"it is not TOML: {error}") from error
    return content


def _python(content: Mapping[str, Any], shown: str) -> tuple[Dependency, ...]:
    wanted = str(content.get("requires-python", "")).replace(" ", "")
    return (Dependency(f"python {wanted}", shown),) if wanted else ()


def _line_of(text: str, number: int) -> int:
    """The line where the package `number` (from 0 on) begins."""
    starts = [index for index, line in enumerate(text.splitlines(), 1) if line.strip() == "[[packages]]"]
    return starts[number] if number < len(starts) else 1


def _pinned(package: object, place: str, folder: Path) -> Requirements:
    """The requirement for one package of a `pylock.toml`."""
    if not isinstance(package, dict) or not isinstance(package.get("name"), str):
        raise _invalid(place, "the package has no name")
    marker = f" ; {package['marker']}" if package.get("marker") else ""
    files = [*package.get("wheels", ()), *([package["sdist"]] if "sdist" in package else ())]
    archive = package.get("archive", {})
    source = _location(package, archive, folder)
    if not source and "version" not in package:
        raise _invalid(place, f"the package '{package['name']}' has neither a version nor a source")
    text = f"{package['name']} @ {source}{marker}" if source else f"{package['name']}=={package['version']}{marker}"
    hashes = " ".join(f"--hash={value}" for value in _hashes([*files, archive]))
    return parse_requirement_line(f"{text} {hashes}".strip(), place, folder)


def _location(package: Mapping[str, Any], archive: Mapping[str, Any], folder: Path) -> str:
    """Where a package comes from if not from an index, "" otherwise."""
    if "vcs" in package:
        vcs = package["vcs"]
        return f"{vcs.get('type', 'git')}+{vcs.get('url', '')}@{vcs.get('commit-id', '')}"
    if "url" in archive:
        return str(archive["url"])
    path = archive.get("path") or package.get("directory", {}).get("path")
    return (folder / path).as_uri() if path else ""


def _hashes(files: Iterable[Mapping[str, Any]]) -> list[str]:
    return sorted({f"sha256:{file['hashes']['sha256']}" for file in files if "sha256" in file.get("hashes", {})})


def _invalid(place: str, problem: str) -> UserError:
    return UserError(
        "lock-file-invalid", f"{place}: {problem}.", "Make it anew: uv lock, or uv export --format pylock.toml"
    )
