"""Durable files: written completely or not at all, and locks that die with the process that holds them."""

from __future__ import annotations

import errno
import os
import secrets
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from modelport.errors import ModelportError, StorageError, UserError

PRIVATE_DIRECTORY = 0o700
PRIVATE_FILE = 0o600
NOT_WRITABLE_REMEDY = (
    "Give this user write permission there (a file system that is mounted read-only: mount it for writing), or set "
    "MODELPORT_HOME to a folder that it owns."
)

# EFBIG is what a limit on the size of files (ulimit -f) answers: for the user it is the same as a full disk.
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_ROOM_BYTES = 64 << 10  # what SQLite's index in shared memory and a page or two need
_FORBIDDEN = frozenset({errno.EACCES, errno.EPERM, errno.EROFS})


def refuse_file(home: Path) -> None:
    """Raise `UserError` (`home-not-a-folder`) if there is a file where the home, or a folder above it, should be."""
    for place in (home, *home.parents):
        if place.is_dir():
            return
        if place.exists():
            raise UserError(
                "home-not-a-folder",
                f"The home of all workspaces is '{home}' (MODELPORT_HOME), but '{place}' is a file.",
                "Name a folder, which is made if it is not there: export MODELPORT_HOME=~/.modelport",
            )


def make_private_directory(path: Path) -> Path:
    """Create the folder `path` and its missing parents, each for its owner alone (0700), and return it."""
    with storage_failures(path):
        for missing in reversed([path, *path.parents]):
            if not missing.is_dir():
                missing.mkdir(mode=PRIVATE_DIRECTORY, exist_ok=True)
                sync_directory(missing.parent)
    return path


def write_durably(path: Path, data: bytes, *, mode: int = PRIVATE_FILE) -> None:
    """Write `path` so that readers, and a crash at any point, see the old content or the new, never a part.

    Raises `StorageError` (`disk-full`, `home-not-writable`).
    """
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(6)}")
    with storage_failures(path):
        try:
            _write_new(temporary, data, mode)
            temporary.replace(path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
        sync_directory(path.parent)


def _write_new(path: Path, data: bytes, mode: int) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(data)
        stream.flush()
        os.fsync(stream.fileno())


def sync_directory(path: Path) -> None:
    """Make the names inside the folder `path` survive a loss of power."""
    if os.name == "nt":  # Windows cannot open a folder for this; it writes names through by itself
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def locked(path: Path, *, shared: bool = False, wait: bool = True) -> Iterator[bool]:
    """Hold the lock file `path` inside the block; yields False, without the lock, if `wait` is False and it is taken.

    The kernel lets go of the lock when the process ends, however it ends; the file itself stays.
    """
    with lock_to_hand_on(path, shared=shared, wait=wait) as descriptor:
        yield descriptor is not None


@contextmanager
def locked_within(path: Path, seconds: float) -> Iterator[bool]:
    """As `locked`, but waits `seconds` at most; yields False, without the lock, if it was not free by then."""
    with locked(path, wait=False) as held:
        if held:
            yield True
            return
    waiting = _Waiting(path)
    waiting.start()
    try:
        held = waiting.turn.wait(seconds)
        if waiting.failure is not None:
            raise waiting.failure
        yield held
    finally:
        waiting.leave.set()
        if waiting.turn.is_set():
            waiting.join()  # whoever comes next must find the lock free


class _Waiting(threading.Thread):
    """Waits for a lock in the kernel, which wakes all who wait: whoever tries again and again instead comes too late.

    The kernel knows no time limit for it: a thread that is waited for no longer lets go as soon as its turn comes.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(name=f"waits for {path.name}", daemon=True)
        self.turn = threading.Event()
        self.leave = threading.Event()
        self.failure: Exception | None = None
        self._path = path

    def run(self) -> None:
        """Take the lock, say so, and hold it until told to leave."""
        try:
            with locked(self._path):
                self.turn.set()
                self.leave.wait()
        except (ModelportError, OSError) as error:
            self.failure = error
            self.turn.set()


@contextmanager
def lock_to_hand_on(path: Path, *, shared: bool = False, wait: bool = True) -> Iterator[int | None]:
    """As `locked`, but yields the descriptor that holds the lock, or None: a child that inherits it holds it on."""
    with storage_failures(path):
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, PRIVATE_FILE)
    try:
        yield descriptor if _acquire(descriptor, shared=shared, wait=wait) else None
    finally:
        os.close(descriptor)


def _acquire(descriptor: int, *, shared: bool, wait: bool) -> bool:
    try:
        import fcntl
    except ImportError as error:
        raise UserError(
            "platform-unsupported",
            "Workspaces need the file locks of Linux or macOS, which this system does not have.",
            "On Windows, run Modelport inside WSL2.",
        ) from error
    mode = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
    try:
        fcntl.flock(descriptor, mode if wait else mode | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@contextmanager
def storage_failures(path: Path) -> Iterator[None]:
    """Turn the system's refusal to write at `path` into a `StorageError`; every other error passes."""
    try:
        yield
    except ModelportError:
        raise
    except OSError as error:
        translated = storage_error(error, path)
        if translated is None:
            raise
        raise translated from error


def storage_error(error: OSError, path: Path) -> StorageError | None:
    """The `StorageError` for a failed write at `path`, or None if the cause is neither the disk nor permission."""
    place = error.filename or path
    if error.errno in _FULL:
        return StorageError(
            "disk-full",
            f"There is no space left to write {str(place)!r} ({error.strerror}).",
            f"Free space there (see: df -h {path.parent}), or set MODELPORT_HOME to a larger disk.",
        )
    if error.errno in _FORBIDDEN:
        return StorageError(
            "home-not-writable",
            f"{str(place)!r} cannot be written ({error.strerror}).",
            NOT_WRITABLE_REMEDY,
        )
    if error.errno == errno.EIO:
        return disk_failing(str(place), str(error.strerror))
    return None


def disk_failing(place: str, cause: str) -> StorageError:
    """The error for a disk that answers reads or writes of `place` with a fault of its own."""
    return StorageError(
        "disk-failing",
        f"The disk does not read or write {place!r} ({cause}).",
        "Look at the kernel's messages (dmesg) and at the disk; then run: modelport fsck",
    )


def is_full(directory: Path) -> bool:
    """Whether the file system of `directory` has no room left, as far as it tells."""
    try:
        return shutil.disk_usage(directory).free < _ROOM_BYTES
    except OSError:
        return False
