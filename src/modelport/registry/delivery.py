"""Gives registered files out: a copy for the user to own, or a read-only place in a service's folder."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from pathlib import Path

from modelport.errors import ConflictError
from modelport.registry.artifacts import ArtifactStore, remove_tree
from modelport.registry.model import Contents, ModelFile
from modelport.storage.files import storage_failures, sync_directory


def download(artifacts: ArtifactStore, contents: Contents, target_directory: Path, *, exist_ok: bool) -> Path:
    """Copy the file or folder into `target_directory` (made if missing) and return its path there.

    A new folder appears complete or not at all; with `exist_ok` each file is replaced as a whole, and files that the
    model does not have stay. Raises `ConflictError` (`download-exists`), `StorageError`.
    """
    target = target_directory / contents.root_name
    exists = target.exists() or target.is_symlink()
    if exists and not (exist_ok and target.is_dir() == contents.is_folder):
        raise _exists(target, contents)
    with storage_failures(target_directory):
        target_directory.mkdir(parents=True, exist_ok=True)
        building = target_directory / f".modelport-{secrets.token_hex(6)}"
        try:
            _fill(artifacts, contents.files, building, writable=True)
            _merge(building, contents, target_directory) if exists else (building / target.name).replace(target)
        finally:
            remove_tree(building)
    return target


def _exists(target: Path, contents: Contents) -> ConflictError:
    kind = "a folder" if target.is_dir() else "a file"
    if target.is_dir() != contents.is_folder:
        wanted = "a folder" if contents.is_folder else "a file"
        return ConflictError(
            "download-exists",
            f"'{target}' is {kind}, and the model is {wanted}.",
            "Choose another target_dir, or move it away first.",
        )
    return ConflictError(
        "download-exists",
        f"'{target}' exists already ({kind}).",
        "Set exist_ok=True (command line: --exist-ok) to overwrite it, or choose another target_dir.",
    )


def _merge(building: Path, contents: Contents, target_directory: Path) -> None:
    for file in contents.files:
        target = target_directory / file.path
        if file.blob is None:
            target.mkdir(parents=True, exist_ok=True)
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        (building / file.path).replace(target)


def place(artifacts: ArtifactStore, contents: Contents, version_directory: Path) -> Path:
    """Make `version_directory` with the files, read-only, complete or not at all; return the model's path in it.

    A version that is there already is left as it is: it never changes. Raises `StorageError`.
    """
    if not version_directory.is_dir():
        with storage_failures(version_directory):
            version_directory.parent.mkdir(parents=True, exist_ok=True)
            building = version_directory.with_name(f".{version_directory.name}-{secrets.token_hex(6)}")
            try:
                _fill(artifacts, contents.files, building, writable=False)
                building.replace(version_directory)
            except OSError:
                if not version_directory.is_dir():  # else another process was first, with the same files
                    raise
            finally:
                remove_tree(building)
            sync_directory(version_directory.parent)
    return version_directory / contents.root_name


def _fill(artifacts: ArtifactStore, files: Iterable[ModelFile], directory: Path, *, writable: bool) -> None:
    for file in files:
        target = directory / file.path
        if file.blob is None:
            target.mkdir(parents=True, exist_ok=True)
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        artifacts.place(file.blob, target, writable=writable, executable=file.is_executable)
