"""A build context: the files that a Dockerfile copies from, laid out the same every time, and their digest.

Layers of equal files are equal wherever they are built, because modes and times are ours: a file's time follows from
its content. A constant would not do: builders that keep a context between builds take a file of the same size, mode and
time for unchanged.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from modelport.errors import UserError
from modelport.storage.files import storage_failures

DOCKERFILE = "Dockerfile"
_EPOCH_1980 = 315_532_800  # the oldest time that every archive format can hold
_TIME_SPAN = 900_000_000
_LEFT_OUT = frozenset({"__pycache__", ".git", ".ipynb_checkpoints"})


@dataclass(frozen=True)
class ContextFile:
    """One file of a context: its place, and where its bytes are: in `content`, or in the file `source`.

    `known_sha256` saves reading a large file whose digest is recorded already.
    """

    path: str
    content: bytes = field(default=b"", repr=False)
    source: Path | None = None
    executable: bool = False
    known_sha256: str = ""

    @cached_property
    def sha256(self) -> str:
        """The digest of the bytes; raises `UserError` (`context-file-missing`)."""
        if self.known_sha256:
            return self.known_sha256
        if self.source is None:
            return hashlib.sha256(self.content).hexdigest()
        try:
            with self.source.open("rb") as file:
                return _digest_of(file)
        except OSError as error:
            raise _missing(self.source, error) from error

    @property
    def mode(self) -> int:
        """Readable by everybody, writable by the owner alone."""
        return 0o755 if self.executable else 0o644


def _digest_of(file: BinaryIO) -> str:
    digest = hashlib.sha256()
    for block in iter(lambda: file.read(1 << 20), b""):
        digest.update(block)
    return digest.hexdigest()


def text_file(path: str, text: str) -> ContextFile:
    """A file of a context with the text given."""
    return ContextFile(path, text.encode())


def files_below(source: Path, into: str) -> tuple[ContextFile, ...]:
    """The file `source` as `into`, or every file below the folder `source` in the folder `into`, without what tools
    leave there; links are followed, those that lead nowhere are left out.

    Raises `UserError` (`context-file-missing`) if there is nothing at `source`.
    """
    if source.is_file():
        return (ContextFile(into, source=source, executable=os.access(source, os.X_OK)),)
    if not source.is_dir():
        raise _missing(source, FileNotFoundError(2, "No such file or directory"))
    return tuple(
        ContextFile(str(PurePosixPath(into, path.relative_to(source).as_posix())), source=path,
                    executable=os.access(path, os.X_OK))
        for path in sorted(_walk(source, frozenset()))
    )  # fmt: skip


def _walk(folder: Path, above: frozenset[Path]) -> Iterator[Path]:
    real = folder.resolve()
    if real in above:  # a link that leads to a folder above it
        return
    for entry in folder.iterdir():
        if entry.name in _LEFT_OUT:
            continue
        if entry.is_dir():
            yield from _walk(entry, above | {real})
        elif entry.is_file():
            yield entry


def context_digest(dockerfile: str, files: Iterable[ContextFile]) -> str:
    """SHA-256 of everything that a build reads from the context: the Dockerfile, and place, mode and bytes of files."""
    digest = hashlib.sha256(f"{hashlib.sha256(dockerfile.encode()).hexdigest()} {DOCKERFILE}\n".encode())
    for file in sorted(files, key=lambda entry: entry.path):
        digest.update(f"{file.sha256} {file.mode:o} {file.path}\n".encode())
    return digest.hexdigest()


def write_context(folder: Path, dockerfile: str, files: Iterable[ContextFile]) -> None:
    """Lay the files out in `folder`, which must be new or empty, with our modes and times.

    Raises `UserError` (`context-file-missing`) and `StorageError`.
    """
    with storage_failures(folder):
        folder.mkdir(parents=True, exist_ok=True)
        for file in (text_file(DOCKERFILE, dockerfile), *files):
            _write(folder, file)
        for path, _, _ in os.walk(folder, topdown=False):
            Path(path).chmod(0o755)
            os.utime(path, (_EPOCH_1980, _EPOCH_1980))


def _write(folder: Path, file: ContextFile) -> None:
    target = folder / file.path
    target.parent.mkdir(parents=True, exist_ok=True)
    if file.source is None:
        target.write_bytes(file.content)
    else:
        try:
            shutil.copyfile(file.source, target)
        except FileNotFoundError as error:
            raise _missing(file.source, error) from error
    target.chmod(file.mode)
    time = _EPOCH_1980 + int(file.sha256[:8], 16) % _TIME_SPAN
    os.utime(target, (time, time))


def _missing(path: Path, error: OSError) -> UserError:
    return UserError(
        "context-file-missing",
        f"The file '{path}', which belongs into the image, cannot be read: {error.strerror}.",
        "Put it back, or take it out of the models, the source directory or the environment.",
    )


@dataclass(frozen=True)
class BuildSecrets:
    """What a build may use and no layer may keep: the file of trusted certificates, and the package index as lines of
    shell (with credentials, if it has some)."""

    certificate_bundle: Path | None = None
    index_lines: str = field(default="", repr=False)

    def write(self, folder: Path) -> Mapping[str, Path]:
        """The secrets as files by their names, those that are not files yet written into `folder` (0600)."""
        files = {"ca": self.certificate_bundle} if self.certificate_bundle else {}
        if self.index_lines:
            with storage_failures(folder):
                path = folder / "index.sh"
                with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
                    file.write(self.index_lines)
            files["index"] = path
        return files
