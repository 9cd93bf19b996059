"""Asks conda what one of its environments consists of."""

from __future__ import annotations

import shutil
from collections.abc import Mapping

from modelport import process
from modelport.environments.conda_file import CondaFile, parse_conda
from modelport.errors import NotFoundError, UserError

_TIMEOUT_SECONDS = 300.0


def export_conda_environment(name: str, environ: Mapping[str, str]) -> CondaFile:
    """The conda file of an existing conda environment, without build strings.

    Raises `UserError` (`conda-missing`) and `NotFoundError` (`conda-environment-not-found`).
    """
    conda = shutil.which("conda", path=environ.get("PATH"))
    if conda is None:
        raise UserError(
            "conda-missing",
            f"conda is not on this machine's PATH, so its environment '{name}' cannot be read.",
            "Export it where conda is: conda env export --no-builds > myenv.yml; "
            "then: Environment.from_conda_specification(name, 'myenv.yml')",
        )
    words = [conda, "env", "export", "--no-builds", "--name", name]
    done = process.run(words, environ=environ, timeout_seconds=_TIMEOUT_SECONDS)
    if done.exit_code:
        reason = (done.stderr.strip().splitlines() or ["it gives no reason"])[-1]
        raise NotFoundError(
            "conda-environment-not-found",
            f"conda cannot export the environment '{name}': {reason}",
            "List them with: conda env list",
        )
    return parse_conda(done.stdout, f"conda environment {name}")
