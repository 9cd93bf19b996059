"""Keeps the contents of files by their digest: each content once, complete or not at all, never changed.

`ArtifactStore` is what the registry knows; `LocalArtifactStore` keeps blobs as read-only files on this machine:

    blobs/sha256/ab/abcd…   a content, named by its SHA-256
    blobs/incoming/…        contents on their way in; what lies here while nobody writes is left over from a crash
    blobs/lock              held by writers together, by whoever removes things alone
"""

from __future__ import annotations

import hashlib
import os
import secrets
import shutil
import stat
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import BinaryIO, Literal, Protocol

from modelport.errors import StorageError, UserError
from modelport.registry.model import Blob
from modelport.storage.files import locked, make_private_directory, storage_failures, sync_directory

CHUNK_BYTES = 1 << 20
_FICLONE = 0x40049409  # ioctl_ficlone(2): share the blocks of another file, to be copied when either is written

BlobState = Literal["sound", "missing", "damaged"]
OnBytes = Callable[[int], object]
"""Sees how many more bytes were read."""


def _unseen(_: int) -> None:
    """Nobody watches."""
    return


class ArtifactStore(Protocol):
    """Where contents are kept; an object store would be another class with these methods."""

    def writing(self) -> AbstractContextManager[None]:
        """Nothing is removed inside the block: what `put` has stored is still there when its row is committed."""

    def collecting(self, *, wait: bool) -> AbstractContextManager[bool]:
        """Nobody writes inside the block; yields False if someone does and `wait` is False."""

    def put(self, source: Path) -> Blob:
        """Store the content of the file `source`, durably, and return what it is called by."""

    def place(self, blob: Blob, target: Path, *, writable: bool, executable: bool = False) -> None:
        """Make the file `target` with the content; one that is not `writable` may share its storage."""

    def blobs(self) -> Iterator[Blob]:
        """Everything that is kept."""

    def state_of(self, blob: Blob) -> BlobState:
        """Read the content again and compare it with its digest."""

    def remove(self, digest: str) -> None:
        """Forget a content; only inside `collecting`."""

    def scratch(self) -> Path:
        """A new empty folder of this machine for work in progress; only inside `writing`."""

    def leftovers(self) -> list[Path]:
        """What writers that died have left; only inside `collecting`."""


class LocalArtifactStore:
    """Contents as files below one folder of this machine; `on_bytes` may be set by whoever shows progress."""

    def __init__(self, directory: Path) -> None:
        self.on_bytes: OnBytes = _unseen
        self._directory = directory
        self._blobs = directory / "sha256"
        self._incoming = directory / "incoming"

    def __repr__(self) -> str:
        return f"LocalArtifactStore({str(self._directory)!r})"

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Hold the store against removal; any number of writers do so at once."""
        make_private_directory(self._incoming)
        with locked(self._directory / "lock", shared=True):
            yield

    @contextmanager
    def collecting(self, *, wait: bool) -> Iterator[bool]:
        """Hold the store alone."""
        make_private_directory(self._directory)
        with locked(self._directory / "lock", wait=wait) as alone:
            yield alone

    def put(self, source: Path) -> Blob:
        """Store the content of `source`: copied (or its blocks shared), hashed, synced, then named.

        Raises `UserError` (`model-path-refused`) if the file changes meanwhile, `StorageError` (`disk-full`).
        """
        temporary = self._incoming / secrets.token_hex(8)
        with storage_failures(self._incoming):
            try:
                blob = _take_in(source, temporary, self.on_bytes)
                self._name(temporary, blob)
            finally:
                temporary.unlink(missing_ok=True)
        return blob

    def _name(self, temporary: Path, blob: Blob) -> None:
        final = self._path(blob.digest)
        if not final.parent.is_dir():
            make_private_directory(final.parent)
        temporary.replace(final)  # also where the content is known already: a damaged one is healed by the new copy
        sync_directory(final.parent)

    def place(self, blob: Blob, target: Path, *, writable: bool, executable: bool = False) -> None:
        """Make `target`: sharing blocks where the file system can, else a read-only hard link, else a checked copy.

        A hard link shares the file itself, so it is used only where nobody can write through it: never for a file
        that the user owns (`writable`), and not for root, whom a read-only file does not stop.
        Raises `StorageError` (`blob-damaged`, `disk-full`).
        """
        source = self._path(blob.digest)
        if not source.is_file() or source.stat().st_size != blob.size_bytes:
            raise _damaged(blob, "is missing" if not source.is_file() else "has another size")
        with storage_failures(target):
            if not (writable or executable or _is_root()) and _link(source, target):
                return
            if not _clone(source, target) and _copy_hashing(source, target).digest != blob.digest:
                target.unlink()
                raise _damaged(blob, "has another content than its name says")
            target.chmod((0o644 if writable else 0o444) | (0o111 if executable else 0))

    def blobs(self) -> Iterator[Blob]:
        """Every content, in the order of the digests."""
        for path in sorted(self._blobs.glob("*/*")):
            yield Blob(path.name, path.stat().st_size)

    def state_of(self, blob: Blob) -> BlobState:
        """Hash the file again; reads all of it."""
        path = self._path(blob.digest)
        if not path.is_file():
            return "missing"
        return "sound" if hash_file(path) == blob else "damaged"

    def remove(self, digest: str) -> None:
        """Forget a content; a file that was linked or copied out stays."""
        self._path(digest).unlink(missing_ok=True)

    def scratch(self) -> Path:
        """A new empty folder for work in progress; only inside `writing`, and a leftover if it is not removed."""
        directory = self._incoming / secrets.token_hex(8)
        with storage_failures(directory):
            directory.mkdir(mode=0o700)
        return directory

    def leftovers(self) -> list[Path]:
        """The files on their way in; with the store held alone, nobody is bringing them any more."""
        return sorted(self._incoming.iterdir()) if self._incoming.is_dir() else []

    def _path(self, digest: str) -> Path:
        return self._blobs / digest[:2] / digest


def hash_file(path: Path, on_bytes: OnBytes = _unseen) -> Blob:
    """The digest and size of a file's content."""
    with path.open("rb") as stream:
        return _relay(stream, None, on_bytes)


def _take_in(source: Path, temporary: Path, on_bytes: OnBytes) -> Blob:
    # O_NONBLOCK: a pipe that has taken the file's place since the survey must not hang us.
    descriptor = os.open(source, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
    with os.fdopen(descriptor, "rb") as stream:
        before = os.fstat(descriptor)
        if not stat.S_ISREG(before.st_mode):
            raise _changed(source)
        if _clone(source, temporary):
            blob = hash_file(temporary, on_bytes)
        else:
            blob = _copy_stream(stream, temporary, on_bytes)
        after = os.fstat(descriptor)
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns) or blob.size_bytes != after.st_size:
        raise _changed(source)
    with temporary.open("rb") as written:
        os.fsync(written.fileno())
    temporary.chmod(0o444)
    return blob


def _copy_hashing(source: Path, target: Path) -> Blob:
    with source.open("rb") as stream:
        return _copy_stream(stream, target)


def _copy_stream(stream: BinaryIO, target: Path, on_bytes: OnBytes = _unseen) -> Blob:
    with target.open("xb") as copy:
        return _relay(stream, copy, on_bytes)


def _relay(stream: BinaryIO, copy: BinaryIO | None, on_bytes: OnBytes) -> Blob:
    digest, size_bytes = hashlib.sha256(), 0
    while chunk := stream.read(CHUNK_BYTES):
        digest.update(chunk)
        size_bytes += len(chunk)
        if copy is not None:
            copy.write(chunk)
        on_bytes(len(chunk))
    return Blob(digest.hexdigest(), size_bytes)


def _clone(source: Path, target: Path) -> bool:
    """Share the blocks of `source` with the new file `target`, where the file system can (btrfs, XFS)."""
    try:
        import fcntl
    except ImportError:
        return False
    try:
        with source.open("rb") as original, target.open("xb") as clone:
            fcntl.ioctl(clone.fileno(), _FICLONE, original.fileno())
    except FileExistsError:
        raise
    except OSError:
        target.unlink(missing_ok=True)
        return False
    return True


def _link(source: Path, target: Path) -> bool:
    try:
        target.hardlink_to(source)
    except FileExistsError:
        raise
    except OSError:  # another file system, or one without links
        return False
    return True


def _is_root() -> bool:
    return hasattr(os, "geteuid") and os.geteuid() == 0


def remove_tree(path: Path) -> None:
    """Remove a file or folder of ours with everything in it; what is gone already is no error."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def _damaged(blob: Blob, reason: str) -> StorageError:
    return StorageError(
        "blob-damaged",
        f"The stored content {blob.digest[:12]}… ({blob.size_bytes} bytes) {reason}.",
        "Run: modelport fsck  (it names the models that are affected); then register the file again, or restore it.",
    )


def _changed(source: Path) -> UserError:
    return UserError(
        "model-path-refused",
        f"{str(source)!r} was changed while it was being read, so it was not registered.",
        "Register it once the program that writes it has finished.",
    )
