"""Bodies that are too large for a copy in memory on each side: spooled to an unlinked file, within one budget."""

from __future__ import annotations

import os
import tempfile
import time

SPOOL_FROM_BYTES = 256 * 1024  # below it a copy through the socket is cheaper; measured in benchmarks (W4)


class BodyBudget:
    """How many bytes all spooled bodies together may take.

    >>> budget = BodyBudget(10)
    >>> budget.reserve(8), budget.reserve(8), budget.used_bytes
    (True, False, 8)
    """

    def __init__(self, limit_bytes: int) -> None:
        self.limit_bytes = limit_bytes
        self.used_bytes = 0

    def reserve(self, size: int) -> bool:
        """Take `size` bytes from the budget if they are there."""
        if self.used_bytes + size > self.limit_bytes:
            return False
        self.used_bytes += size
        return True

    def release(self, size: int) -> None:
        """Give `size` bytes back."""
        self.used_bytes -= size


class Spool:
    """One body in an anonymous file that has no name anywhere, so nothing is left behind however we die. `began` is
    when it began to come, in monotonic seconds."""

    def __init__(self, budget: BodyBudget) -> None:
        self._budget = budget
        self.size = 0
        self.began = time.monotonic()
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
        """Free the file and its share of the budget; may be called twice."""
        if self.descriptor >= 0:
            os.close(self.descriptor)
            self.descriptor = -1
            self._budget.release(self.size)
            self.size = 0


def _anonymous_file() -> int:
    if hasattr(os, "memfd_create"):
        return os.memfd_create("modelport-body", os.MFD_CLOEXEC)
    with tempfile.TemporaryFile() as file:
        return os.dup(file.fileno())
