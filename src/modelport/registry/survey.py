"""Looks at the file or folder that is to be registered, and refuses what cannot be kept, before anything is stored."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from modelport.errors import UserError, nearest
from modelport.v1_kinds import PathMissingError

MAXIMUM_FILES = 100_000
"""More files than this in one folder are refused: they are a data set or a whole environment, not a model."""


@dataclass(frozen=True)
class SourceFile:
    """A file to be stored: its path below the version's folder, and where it lies now (None: an empty folder)."""

    path: str
    location: Path | None
    is_executable: bool = False


@dataclass(frozen=True)
class Source:
    """What was found at the path: the name that is kept, and the files in the order of their paths."""

    root_name: str
    is_folder: bool
    files: tuple[SourceFile, ...]


def survey(path: Path, child_paths: Sequence[str | os.PathLike[str]] | None = None) -> Source:
    """List what registering `path` would store; for a folder, `child_paths` restricts it to those inside.

    Symbolic links are followed where they stay inside the folder. Raises `UserError`: `model-path-missing`,
    `model-path-refused` (a link that leaves the folder, a device, an unreadable or oddly named file, no file at all),
    `child-path-invalid`.
    """
    if not path.exists():
        raise _missing(path)
    root_name = path.name if path.name not in ("", "..") else path.resolve().name
    path = path.resolve()
    if path.is_dir():
        starts = _children(path, child_paths) if child_paths is not None else [path]
        return Source(root_name, True, _folder(path, root_name, starts))
    if child_paths is not None:
        raise UserError(
            "child-path-invalid",
            f"child_paths were given, but {str(path)!r} is a file; they choose parts of a folder.",
            "Leave child_paths out, or give the folder as model_path.",
        )
    return Source(root_name, False, (_file(path, root_name),))


def _missing(path: Path) -> UserError:
    folder = path.parent
    there = _names(folder) if folder.is_dir() else []
    hint = nearest(path.name, there) if len(there) <= 50 else ""
    where = f"the folder {str(folder.resolve())!r} has no such entry" if folder.is_dir() else "its folder is not there"
    return PathMissingError(
        "model-path-missing",
        f"The model path {str(path)!r} does not exist: {where}. {hint}".rstrip(),
        "Give the path of an existing file or folder; a relative path starts at the current folder.",
    )


def _children(root: Path, child_paths: Sequence[str | os.PathLike[str]]) -> list[Path]:
    if isinstance(child_paths, (str, os.PathLike)):
        child_paths = [child_paths]
    return [_child(root, os.fspath(child)) for child in child_paths]


def _child(root: Path, child: str) -> Path:
    location = Path(os.path.normpath(root / child))
    if not location.is_relative_to(root):
        raise UserError(
            "child-path-invalid",
            f"The child path {child!r} leads out of the model folder {str(root)!r}.",
            "Give paths relative to the model folder, without '..'.",
        )
    if not location.exists():
        raise UserError(
            "child-path-invalid",
            f"The child path {child!r} does not exist in the model folder {str(root)!r}. "
            f"{nearest(child, _names(root)[:50])}".rstrip(),
            "Give paths relative to the model folder.",
        )
    return location


def _folder(root: Path, root_name: str, starts: Iterable[Path]) -> tuple[SourceFile, ...]:
    found: dict[str, SourceFile] = {}
    for start in starts:
        for location, path in _walk(root, start, root_name):
            found[path] = SourceFile(path, None) if location.is_dir() else _file(location, path)
            if len(found) > MAXIMUM_FILES:
                raise _refused(root, f"it holds more than {MAXIMUM_FILES} files")
    if not any(file.location for file in found.values()):
        raise _refused(root, "it holds no file")
    return tuple(found[path] for path in sorted(found))


def _walk(root: Path, start: Path, root_name: str) -> Iterator[tuple[Path, str]]:
    """Every file, and every folder that holds nothing, with its path below the version's folder."""
    kept = Path(root_name)
    waiting: list[tuple[Path, Path, tuple[Path, ...]]] = [
        (start, kept if start == root else kept / start.relative_to(root), (root,))
    ]
    while waiting:
        location, path, above = waiting.pop()
        real = _inside(root, location)
        if not real.is_dir():
            yield real, path.as_posix()
            continue
        if location != root and real in above:
            raise _refused(location, "it is a symbolic link to a folder that holds it")
        names = _names(real)
        if not names:
            yield real, path.as_posix()
        waiting += [(location / name, path / name, (*above, real)) for name in names]


def _names(folder: Path) -> list[str]:
    try:
        return sorted(entry.name for entry in folder.iterdir())
    except PermissionError as error:
        raise _refused(folder, f"it cannot be read ({error.strerror})") from error


def _inside(root: Path, location: Path) -> Path:
    try:
        real = location.resolve(strict=True)
    except (OSError, RuntimeError) as error:  # Python before 3.13 calls a loop of links a RuntimeError
        raise _refused(location, "it is a symbolic link that leads nowhere") from error
    if not real.is_relative_to(root):
        raise _refused(location, f"it is a symbolic link out of the model folder, to {str(real)!r}")
    return real


def _file(location: Path, path: str) -> SourceFile:
    mode = location.stat().st_mode
    if not stat.S_ISREG(mode):
        raise _refused(location, "it is neither a file nor a folder (a device, socket or pipe)")
    if not os.access(location, os.R_OK):
        raise _refused(location, "it cannot be read (permission denied)")
    try:
        path.encode("utf-8")
    except UnicodeEncodeError as error:
        raise _refused(location, "its name is not valid UTF-8") from error
    return SourceFile(path, location, bool(mode & stat.S_IXUSR))


def _refused(location: Path, reason: str) -> UserError:
    shown = str(location).encode("utf-8", "backslashreplace").decode()
    return UserError(
        "model-path-refused",
        f"{shown!r} cannot be registered: {reason}.",
        "Put what belongs to the model into a folder of its own (cp -rL follows links) and register that.",
    )
