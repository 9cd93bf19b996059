"""Standard output and error of user code, line by line, each line marked with the request that printed it.

Every line goes out as one write: 0x1E, request id, 0x1F, 'o' or 'e', 0x1F, the text, newline. The server takes the
marker off again. What C code writes to the descriptors itself arrives without a marker, which is how it is told apart.

A thread that the user's code started has no request of its own; while only one request runs, its lines are counted to
that one.
"""

import atexit
import io
import os
import sys
import threading

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

LINE_BYTES_MAX = 16 * 1024

_identify = threading.get_ident
_request_ids = {}  # type: dict[int, bytes]
_writers = []  # type: list[_Writer]


def set_request_id(request_id: str) -> None:
    """Say which request this thread runs from now on; an empty text says that it has ended."""
    ident = _identify()
    if request_id:
        _request_ids[ident] = request_id.encode("utf-8", "replace")
        return
    for writer in _writers:
        if writer.pending:
            writer.flush_thread(ident)
    _request_ids.pop(ident, None)


def current_request_id() -> bytes:
    """The request that a line printed by this thread belongs to; empty where it belongs to none."""
    found = _request_ids.get(_identify())
    if found is None and len(_request_ids) == 1:
        try:
            return next(iter(_request_ids.values()))
        except (StopIteration, RuntimeError):
            return b""  # the one request ended, or another began, just now
    return found or b""


def install(fd_out: int, fd_err: int) -> None:
    """Replace `sys.stdout` and `sys.stderr` by streams that mark each line and write it to the given descriptors."""
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            stream.flush()
    sys.stdout = MarkedStream(_Writer(fd_out, b"o"))
    sys.stderr = MarkedStream(_Writer(fd_err, b"e"))
    atexit.register(flush_all)
    at_fork = getattr(os, "register_at_fork", None)  # Python 3.7 and later
    if at_fork is not None:
        at_fork(after_in_child=_after_fork)


def flush_all() -> None:
    """Write out what is held back, of all threads: the process is about to end."""
    for writer in _writers:
        writer.flush()


def _after_fork() -> None:
    """A child must neither wait for a lock that nobody in it holds, nor print its parent's half lines again."""
    for writer in _writers:
        writer.lock = threading.Lock()
        writer.pending.clear()


class _Writer(object):
    """Cuts what is written into lines and writes each, marked; unfinished lines are held back per thread."""

    def __init__(self, descriptor: int, letter: bytes) -> None:
        self.descriptor = descriptor
        self.lock = threading.Lock()
        self.pending = {}  # type: dict[int, bytes]
        self._mark = b"\x1f" + letter + b"\x1f"
        _writers.append(self)

    def feed(self, data: bytes) -> None:
        """Take in bytes; whole lines go out at once."""
        ident = _identify()
        held = self.pending.pop(ident, None)
        if held:
            data = held + data
        end = data.rfind(b"\n") + 1
        if end:
            self._emit(data[: end - 1].split(b"\n"))
        rest = data[end:]
        if len(rest) > LINE_BYTES_MAX:
            cut = (len(rest) - 1) // LINE_BYTES_MAX * LINE_BYTES_MAX  # something stays, for the newline to end
            self._emit([rest[:cut]])
            rest = rest[cut:]
        if rest:
            self.pending[ident] = rest

    def flush_thread(self, ident: int) -> None:
        """Write out what one thread has not ended with a newline."""
        held = self.pending.pop(ident, None)
        if held:
            self._emit([held])

    def flush(self) -> None:
        """Write out what all threads have not ended with a newline."""
        for ident in list(self.pending):
            self.flush_thread(ident)

    def _emit(self, lines: "list[bytes]") -> None:
        head = b"\x1e" + current_request_id() + self._mark
        with self.lock:
            for line in lines:
                for piece in _pieces(line):
                    self._write(head + piece + b"\n")

    def _write(self, data: bytes) -> None:
        while data:
            try:
                data = data[os.write(self.descriptor, data) :]
            except BlockingIOError:
                import select

                select.select([], [self.descriptor], [])
            except OSError:
                return  # the reader is gone; printing must not fail for that


def _pieces(line: bytes) -> "list[bytes]":
    """A line without carriage returns (progress bars write them), in parts of at most 16 kB."""
    parts = [part for part in line.split(b"\r") if part] or [b""] if b"\r" in line else [line]
    return [part[at : at + LINE_BYTES_MAX] for part in parts for at in range(0, len(part) or 1, LINE_BYTES_MAX)]


class _MarkedBuffer(io.BufferedIOBase):
    """The `.buffer` of a marked stream, for code that writes bytes."""

    def __init__(self, writer: _Writer) -> None:
        self._writer = writer

    def write(self, data: "Any") -> int:
        data = bytes(data)
        self._writer.feed(data)
        return len(data)

    def flush(self) -> None:
        self._writer.flush_thread(_identify())

    def close(self) -> None:
        """Write out what is held back, and stay open: the stream belongs to the worker."""
        self.flush()

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self._writer.descriptor


class MarkedStream(io.TextIOBase):
    """A text stream that looks like a standard one and marks each line with its request."""

    encoding = "utf-8"
    errors = "backslashreplace"
    line_buffering = True

    def __init__(self, writer: _Writer) -> None:
        self._writer = writer
        self.buffer = _MarkedBuffer(writer)

    def write(self, text: str) -> int:
        if not isinstance(text, str):
            raise TypeError("write() argument must be str, not %s" % type(text).__name__)
        self._writer.feed(text.encode("utf-8", "backslashreplace"))
        return len(text)

    def flush(self) -> None:
        self._writer.flush_thread(_identify())

    def close(self) -> None:
        """Write out what is held back, and stay open: the stream belongs to the worker."""
        self.flush()

    def reconfigure(self, **options: object) -> None:
        """Accept what users ask of standard streams; the encoding stays UTF-8 and each line is written at once."""
        self.flush()

    def writable(self) -> bool:
        return True

    def isatty(self) -> bool:
        return False

    def fileno(self) -> int:
        return self._writer.descriptor
