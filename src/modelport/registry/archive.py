"""Unpacks archives that may be hostile: tar (plain, gzip, bzip2, xz) and zip, into a new folder.

Only plain files and folders come out, each below the target, each name once (also where letters differ in case
alone), without special permissions, within limits that are counted while unpacking and not believed from the headers.
"""

from __future__ import annotations

import lzma
import stat
import tarfile
import unicodedata
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from modelport.errors import UserError

SUFFIXES = (".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz", ".zip")
_CHUNK_BYTES = 1 << 20
_ENCRYPTED = 0x1
_BROKEN = (tarfile.TarError, zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, RuntimeError, ValueError)


@dataclass(frozen=True)
class ArchiveLimits:
    """What an archive may grow to: entries, and `ratio` times its own size (small ones: `allowance_bytes`)."""

    entries: int = 100_000
    ratio: int = 200
    allowance_bytes: int = 256 << 20

    def maximum_bytes(self, archive_bytes: int) -> int:
        """How much may come out of an archive of this size."""
        return max(self.allowance_bytes, self.ratio * archive_bytes)


@dataclass(frozen=True)
class _Entry:
    """One entry as the archive tells it: `kind` is file, folder, or the word for what is refused."""

    name: str
    kind: str
    mode: int
    stream: IO[bytes] | None


def stem(path: Path) -> str:
    """The archive's name without its suffix: `resnet.tar.gz` gives `resnet`. Raises `UserError` (`archive-refused`)."""
    for suffix in sorted(SUFFIXES, key=len, reverse=True):
        if path.name.lower().endswith(suffix) and len(path.name) > len(suffix):
            return path.name[: -len(suffix)]
    raise refused(path, f"its name ends in none of {', '.join(SUFFIXES)}")


def unpack(archive: Path, target: Path, limits: ArchiveLimits | None = None) -> None:
    """Unpack `archive` into the existing empty folder `target`, without executing, linking or believing anything.

    Raises `UserError` (`archive-refused`): not an archive, a name that leads out, a link, a device, a name twice,
    set-user-id, encryption, more than the limits. The caller removes `target` then.
    """
    limits = limits or ArchiveLimits()
    room = limits.maximum_bytes(archive.stat().st_size)
    seen: dict[str, str] = {}
    try:
        for number, entry in enumerate(_entries(archive), start=1):
            if number > limits.entries:
                raise refused(archive, f"it has more than {limits.entries} entries")
            destination = target.joinpath(*_checked_parts(archive, entry, seen))
            room -= _write(entry, destination, room)
            if room < 0:
                raise refused(archive, f"it unpacks to more than {limits.ratio} times its size")
    except _BROKEN as error:
        raise refused(archive, f"it cannot be read ({error})") from error


def _entries(archive: Path) -> Iterator[_Entry]:
    if zipfile.is_zipfile(archive):
        return _zip_entries(archive)
    return _tar_entries(archive)


def _zip_entries(archive: Path) -> Iterator[_Entry]:
    with zipfile.ZipFile(archive) as opened:
        for info in opened.infolist():
            mode = info.external_attr >> 16
            kind = "folder" if info.is_dir() else _kind_of(mode)
            if info.flag_bits & _ENCRYPTED:
                raise refused(archive, f"its entry {info.filename!r} is encrypted")
            if kind != "file":
                yield _Entry(info.filename, kind, mode, None)
                continue
            with opened.open(info) as stream:
                yield _Entry(info.filename, kind, mode, stream)


def _kind_of(mode: int) -> str:
    if not stat.S_IFMT(mode) or stat.S_ISREG(mode):
        return "file"
    return "symbolic link" if stat.S_ISLNK(mode) else "special file"


def _tar_entries(archive: Path) -> Iterator[_Entry]:
    with tarfile.open(archive) as opened:
        for info in opened:
            if info.isdir():
                yield _Entry(info.name, "folder", info.mode, None)
            elif info.isreg():
                yield _Entry(info.name, "file", info.mode, opened.extractfile(info))
            else:
                link = "symbolic link" if info.issym() else "hard link" if info.islnk() else "special file"
                yield _Entry(info.name, link, info.mode, None)


def _checked_parts(archive: Path, entry: _Entry, seen: dict[str, str]) -> list[str]:
    name = entry.name
    if entry.kind not in ("file", "folder"):
        raise refused(archive, f"its entry {name!r} is a {entry.kind}")
    if entry.kind == "file" and entry.mode & (stat.S_ISUID | stat.S_ISGID):
        raise refused(archive, f"its entry {name!r} would run as another user (set-user-id)")
    parts = [part for part in name.split("/") if part not in ("", ".")]
    if name.startswith("/") or ".." in parts or "\\" in name or ":" in name[:2] or not name.isprintable():
        raise refused(archive, f"its entry {name!r} has a name that leads out of the folder or cannot be kept")
    if entry.kind == "file" and not parts:
        raise refused(archive, f"its entry {name!r} has no name")
    for depth in range(1, len(parts) + 1):
        _claim(archive, "/".join(parts[:depth]), "file" if depth == len(parts) and entry.kind == "file" else "", seen)
    return parts


def _claim(archive: Path, path: str, kind: str, seen: dict[str, str]) -> None:
    """Note that `path` is taken; a folder may be named again and again, by the same letters, a file only once."""
    key = unicodedata.normalize("NFC", path).casefold()
    if key in seen and (seen[key] != path or kind == "file"):
        raise refused(archive, f"its entry {path!r} collides with {seen[key].rstrip('/')!r}")
    if f"{key}//file" in seen:
        raise refused(archive, f"its entry {path!r} is a file and a folder")
    seen[key] = path
    if kind == "file":
        seen[f"{key}//file"] = path


def _write(entry: _Entry, destination: Path, room: int) -> int:
    """Write one entry; the number of bytes, which goes over `room` by one chunk at most."""
    if entry.stream is None:
        destination.mkdir(parents=True, exist_ok=True)
        return 0
    destination.parent.mkdir(parents=True, exist_ok=True)
    size_bytes = 0
    with destination.open("xb") as output:
        while size_bytes <= room and (chunk := entry.stream.read(_CHUNK_BYTES)):
            output.write(chunk)
            size_bytes += len(chunk)
    destination.chmod(0o755 if entry.mode & stat.S_IXUSR else 0o644)
    return size_bytes


def refused(archive: Path, reason: str) -> UserError:
    """The error for an archive that is not unpacked."""
    return UserError(
        "archive-refused",
        f"The archive '{archive}' was not unpacked: {reason}.",
        "Unpack it yourself, look at what it holds, and register the folder; or register the archive as a file.",
    )
