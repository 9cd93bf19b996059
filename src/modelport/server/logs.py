"""The service's log: every line of user code with the request id in front, and the server's own lines.

The worker marks each line with the request that printed it; lines without a mark come from native code and belong to
whatever the worker is running. One line looks like this:

    2026-11-20T21:38:01.123Z worker-1 stdout 3f2a…  | the text
"""

from __future__ import annotations

import contextlib
import datetime
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

_MARK = b"\x1e"
_SEPARATOR = b"\x1f"
_STREAMS = {b"o": "stdout", b"e": "stderr"}
LINE_BYTES_MAX = 64 * 1024
SEGMENT_BYTES_MAX = 16 * 1024 * 1024
SEGMENTS_KEPT = 4
NO_REQUEST = "-"


class LogSink(Protocol):
    """Where lines go."""

    def write(self, source: str, stream: str, request_id: str, text: str) -> None:
        """Write one line."""


def log_line(source: str, stream: str, request_id: str, text: str) -> bytes:
    """One line of the log, with the present time."""
    moment = datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="milliseconds")[:-6]
    line = f"{moment}Z {source} {stream} {request_id or NO_REQUEST} | {text}\n"
    return line.encode("utf-8", "backslashreplace")


class LogFile:
    """A file with rotation, or this process's standard output."""

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._descriptor = self._open()

    def _open(self) -> int:
        if self._path is None:
            return sys.stdout.fileno()
        return os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def write(self, lines: list[bytes]) -> None:
        """Write lines, or lose them: no error of a disk is worth more than what is served meanwhile."""
        data = b"".join(lines)
        try:
            while data:  # a pipe or a terminal may take less than all of it
                data = data[os.write(self._descriptor, data) :]
        except OSError:
            return  # whoever read our output has left, or the disk is full
        with contextlib.suppress(OSError):  # a log that cannot begin anew goes on as it is
            if self._path is not None and os.fstat(self._descriptor).st_size > SEGMENT_BYTES_MAX:
                self._rotate()

    def _rotate(self) -> None:
        path = self._path
        if path is None:
            return
        names = [path, *(path.with_name(f"{path.name}.{number}") for number in range(1, SEGMENTS_KEPT))]
        for older, newer in zip(reversed(names[1:]), reversed(names[:-1]), strict=True):
            if newer.exists():
                newer.replace(older)
        old, self._descriptor = self._descriptor, self._open()
        for standard in (1, 2):  # a detached server's own words, a crash's stack among them, belong into the new one
            with contextlib.suppress(OSError):
                if os.path.samestat(os.fstat(standard), os.fstat(old)):
                    os.dup2(self._descriptor, standard)
        os.close(old)


class LinePump:
    """Cuts what one worker writes to one descriptor into lines and hands them to the sink.

    `running` tells the request id that a line without a mark belongs to.
    """

    def __init__(self, sink: LogSink, source: str, stream: str, running: Callable[[], str]) -> None:
        self._sink = sink
        self._source = source
        self._stream = stream
        self._running = running
        self._partial = b""
        self.last_lines: list[str] = []

    def feed(self, data: bytes) -> None:
        """Take in bytes; whole lines are written at once."""
        *lines, self._partial = (self._partial + data).split(b"\n")
        for line in lines:
            self._line(line)
        if len(self._partial) > LINE_BYTES_MAX:
            self.close()

    def close(self) -> None:
        """Write what is left, though its line never ended."""
        if self._partial:
            line, self._partial = self._partial, b""
            self._line(line)

    def _line(self, line: bytes) -> None:
        before, mark, marked = line.partition(_MARK)
        if mark and before:
            self._write(self._stream, self._running(), before)
        if not mark:
            self._write(self._stream, self._running(), before)
            return
        request_id, _, rest = marked.partition(_SEPARATOR)
        letter, _, text = rest.partition(_SEPARATOR)
        self._write(_STREAMS.get(letter, self._stream), request_id.decode("utf-8", "replace"), text)

    def _write(self, stream: str, request_id: str, text: bytes) -> None:
        shown = text.decode("utf-8", "replace").rstrip("\r")
        self.last_lines = [*self.last_lines[-49:], shown]
        self._sink.write(self._source, stream, request_id, shown)
