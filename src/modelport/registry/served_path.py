"""Finds a model among the files of a service: what `Model.get_model_path` answers inside an entry script."""

from __future__ import annotations

import logging
from pathlib import Path

from modelport.errors import ConflictError, NotFoundError
from modelport.v1_kinds import ServedModelMissingError

MODELS_FOLDER = "azureml-models"

_log = logging.getLogger(__name__)


def find_served_path(root: Path, name: str, version: int | None = None) -> Path:
    """The model's file or folder: `<root>/azureml-models/<name>/<version>/<it>`, else `name` in the current folder.

    No version means the highest number. Each place that is looked at is logged at level DEBUG.
    Raises `NotFoundError` (`served-model-missing`) and `ConflictError` (`served-model-ambiguous`) where a version
    does not hold exactly one file or folder.
    """
    folder = root / MODELS_FOLDER / name
    _log.debug("Looking for model %s in %s (there: %s)", name, folder, _listing(folder))
    if folder.is_dir():
        wanted = version if version is not None else max(_versions(folder), default=None)
        if wanted is not None and (folder / str(wanted)).is_dir():
            return _only_entry(folder / str(wanted))
    beside = Path(name)
    if version is None:
        _log.debug("Looking for model %s in the current folder %s", name, Path.cwd())
        if beside.exists():
            return beside
    raise _missing(folder, name, version)


def _versions(folder: Path) -> list[int]:
    return [int(entry.name) for entry in folder.iterdir() if entry.name.isascii() and entry.name.isdigit()]


def _only_entry(folder: Path) -> Path:
    entries = sorted(folder.iterdir())
    _log.debug("Version folder %s holds %s", folder, [entry.name for entry in entries])
    if len(entries) == 1:
        return entries[0]
    raise ConflictError(
        "served-model-ambiguous",
        f"The version folder '{folder}' must hold exactly one file or folder; it holds {_listing(folder)}.",
        "Join the path by hand from AZUREML_MODEL_DIR, or put one file or folder there.",
    )


def _listing(folder: Path) -> str:
    names = sorted(entry.name for entry in folder.iterdir()) if folder.is_dir() else []
    return ", ".join(names[:20]) or "nothing"


def _missing(folder: Path, name: str, version: int | None) -> NotFoundError:
    shown = name if version is None else f"{name}, version {version}"
    hint = ""
    if ":" in name:
        hint = " The name is given without its version: get_model_path(name, version=N)."
    elif "/" in name:
        hint = " A model's name is needed here, not a path."
    return ServedModelMissingError(
        "served-model-missing",
        f"Model {shown} is neither in '{folder}' (holds: {_listing(folder)}; in '{folder.parent}': "
        f"{_listing(folder.parent)}) nor in the current folder '{Path.cwd()}'.{hint}",
        "Deploy the service with this model, or give _workspace to look in the registry.",
    )
