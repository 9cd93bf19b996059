"""What a builder stage needs to install an environment from conda channels: the lock, and packages of this machine."""

from __future__ import annotations

import json
from dataclasses import asdict
from importlib import metadata
from pathlib import Path

from modelport.environments.conda_solve import CondaSolution
from modelport.errors import MissingExtraError
from modelport.images.recipe.context import ContextFile, text_file
from modelport.images.recipe.recipe import CONTEXT

_FOLDER = f"{CONTEXT}/env"


def conda_files(solution: CondaSolution) -> tuple[ContextFile, ...]:
    """The lock of the conda packages, and those of them that lie in a channel of this machine, at their places."""
    words = {
        "subdir": solution.subdir,
        "packages": [
            {**asdict(each), "file_name": each.file_name, "url": "" if each.local_path else each.url}
            for each in solution.packages
        ],
    }
    local = [
        ContextFile(f"{_FOLDER}/packages/{each.file_name}", source=Path(each.local_path), known_sha256=each.sha256)
        for each in solution.packages
        if each.local_path
    ]
    return (text_file(f"{_FOLDER}/conda.json", json.dumps(words, indent=1, sort_keys=True) + "\n"), *local)


def rattler_requirement() -> str:
    """py-rattler at the version that is installed here; raises `MissingExtraError`."""
    try:
        return f"py-rattler=={metadata.version('py-rattler')}"
    except metadata.PackageNotFoundError:
        raise MissingExtraError("Installing from conda channels", "conda") from None
