"""Tells when a local file or folder that an environment names has changed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit


def content_digest(requirement: str) -> str:
    """A digest of the local file or folder that a requirement names, "" if it names none."""
    location = requirement.partition(" --hash=")[0].rpartition(" @ ")[2].partition("[")[0].strip()
    path = Path(unquote(urlsplit(location).path) if location.startswith("file://") else location)
    if not path.is_absolute() or not path.exists():
        return ""
    digest = hashlib.sha256()
    for file in [path] if path.is_file() else sorted(source_files(path)):
        digest.update(f"{file.relative_to(path.parent)}\0".encode())
        digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()


def source_files(folder: Path) -> Iterator[Path]:
    """The files of a project, without what builds and tools leave in it."""
    for file in folder.rglob("*"):
        parts = file.relative_to(folder).parts
        if file.is_file() and not any(_is_made(part) for part in parts):
            yield file


def _is_made(name: str) -> bool:
    return name in ("build", "__pycache__") or name.startswith(".") or name.endswith(".egg-info")
