"""Bodies that are too large for a copy in memory on each side: spooled to an unlinked file, within one budget."""

from __future__ import annotations

import os
import tempfile
from concurrent.futures import ThreadPoolExecutor
from threading import Lock

SPOOL_FROM_BYTES = 256 * 1024  # below it a copy through the socket is cheaper; measured in benchmarks (W4)
CLOSED_AT_ONCE_BYTES_MAX = 2 * 1024 * 1024  # to free 100 MB takes 10 ms, in which nobody else would be served


class BodyBudget:
    """How many bytes all spooled bodies together may take. Files are closed here, for what they took is free only then:
    large ones on a thread of its own, which there is from the first one on.

    >>> budget = BodyBudget(10)
    >>> budget.reserve(8), budget.reserve(8), budget.used_bytes
    (True, False, 8)
    """

    def __init__(self, limit_bytes: int) -> None:
        self.limit_bytes = limit_bytes
        self.used_bytes = 0
        self._lock = Lock()
        self._closer = ThreadPoolExecutor(1, "closes-bodies")

    def reserve(self, size: int) -> bool:
        """Take `size` bytes from the budget if they are there."""
        with self._lock:
            if self.used_bytes + size > self.limit_bytes:
                return False
            self.used_bytes += size
        return True

    def release(self, size: int) -> None:
        """Give `size` bytes back."""
        with self._lock:
            self.used_bytes -= size

    def close(self, descriptor: int, size: int) -> None:
        """Close a file that holds `size` bytes, and give them back when that is done."""
        if size > CLOSED_AT_ONCE_BYTES_MAX:
            self._closer.submit(self._close, descriptor, size)
        else:
            self._close(descriptor, size)

    def _close(self, descriptor: int, size: int) -> None:
        os.close(descriptor)
        self.release(size)


class Spool:
    """One body in an anonymous file that has no name anywhere, so nothing is left behind however we die."""

    def __init__(self, budget: BodyBudget) -> None:
        self._budget = budget
        self.size = 0
        self.descriptor = _anonymous_file()

    def write(self, data: bytes) -> bool:
        """Append `data`; False, with nothing written, where the budget does not allow it."""
        if not self._budget.reserve(len(data)):
            return False
        self.size += len(data)
        view = memoryview(data)
        while view:
            view = view[os.write(self.descriptor, view) :]
        return True

    def close(self) -> None:
        """Free the file and its share of the budget, a large one a little later; may be called twice."""
        if self.descriptor >= 0:
            descriptor, self.descriptor = self.descriptor, -1
            self._budget.close(descriptor, self.size)


def _anonymous_file() -> int:
    if hasattr(os, "memfd_create"):
        return os.memfd_create("modelport-body", os.MFD_CLOEXEC)
    with tempfile.TemporaryFile() as file:
        return os.dup(file.fileno())
