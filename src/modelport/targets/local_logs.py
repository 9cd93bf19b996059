"""Reads the log file of a local service, its older segments too, and follows it."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import BinaryIO

from modelport.services.target import LogRequest

_BLOCK_BYTES = 64 * 1024
_POLL_SECONDS = 0.1


def read(path: Path, request: LogRequest) -> Iterator[str]:
    """The last `num_lines` lines, oldest first; with `follow`, lines that come after while its folder exists.

    What comes after is what is written from this call on, however late the first line is taken.
    """
    size = path.stat().st_size if path.exists() else 0
    return chain(_last_lines(_segments(path), request.num_lines), _follow(path, size) if request.follow else ())


def _segments(path: Path) -> list[Path]:
    """The file and its older segments, newest first."""
    older = sorted(path.parent.glob(f"{path.name}.[0-9]*"), key=lambda each: int(each.suffix[1:]))
    return [each for each in (path, *older) if each.exists()]


def _last_lines(segments: list[Path], wanted: int) -> list[str]:
    lines: list[str] = []
    for segment in segments:
        if len(lines) >= wanted:
            break
        lines = _tail(segment, wanted - len(lines)) + lines
    return lines


def _tail(path: Path, wanted: int) -> list[str]:
    """The last lines of one file, read from its end, so that a long log costs no more than a short one."""
    with path.open("rb") as file:
        position = file.seek(0, os.SEEK_END)
        data = b""
        while position > 0 and data.count(b"\n") <= wanted:
            step = min(_BLOCK_BYTES, position)
            position = file.seek(position - step)
            data = file.read(step) + data
    if data.endswith(b"\n"):
        data = data[:-1]
    lines = data.split(b"\n") if data else []  # not splitlines: what a client or a script wrote may hold other ends
    return [line.decode("utf-8", "replace") for line in lines[-wanted:]] if wanted else []


def _opened(path: Path) -> BinaryIO | None:
    """The file, or None if it is not there: the service may be deleted at any moment."""
    try:
        return path.open("rb")
    except FileNotFoundError:
        return None


def _follow(path: Path, offset: int) -> Iterator[str]:
    partial = b""
    file = _opened(path)
    try:
        if file is not None:
            file.seek(offset if offset <= os.fstat(file.fileno()).st_size else 0)  # else it was begun anew
        while path.parent.exists():
            data = file.read() if file is not None else b""
            *lines, partial = (partial + data).split(b"\n")
            yield from (line.decode("utf-8", "replace") for line in lines)
            if data:
                continue
            fresh = _opened(path)
            if fresh is not None and (file is None or not os.path.sameopenfile(file.fileno(), fresh.fileno())):
                file, fresh = fresh, file  # the log was begun anew: the old one has been read to its end
            if fresh is not None:
                fresh.close()
            time.sleep(_POLL_SECONDS)
    finally:
        if file is not None:
            file.close()
