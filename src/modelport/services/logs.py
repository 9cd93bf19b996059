"""A service's log as its user reads it: the lines of user code and server, with the steps of operations in between."""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Iterator

from modelport.events import Event, EventRecord
from modelport.services.store import ServiceRecord
from modelport.services.target import LogRequest, Target

_MOMENT_LENGTH = len("2026-11-20T21:38:01.123")


def read(target: Target, record: ServiceRecord, request: LogRequest) -> Iterator[str]:
    """The last lines, oldest first; with `follow`, the lines of the log that come after."""
    written = target.logs(record.place(), LogRequest(request.num_lines))
    # Asked for now and not when the last lines have been taken: what is written in between belongs to it.
    coming = target.logs(record.place(), LogRequest(0, follow=True)) if request.follow else ()
    yield from deque(_merged(written, record, request.num_lines), request.num_lines)
    yield from coming


def _merged(written: Iterator[str], record: ServiceRecord, num_lines: int) -> Iterator[str]:
    events = deque(EventRecord(record.directory).read(), num_lines)
    shown = (line_of(event) for event in events if event.kind != "request-failure")
    return heapq.merge(_stamped(written), shown, key=lambda line: line[:_MOMENT_LENGTH])


def _stamped(lines: Iterator[str]) -> Iterator[str]:
    """Lines without a moment of their own (the last words of a crashed server) get that of the line before."""
    moment = ""
    for line in lines:
        if line[:4].isdigit() and line[4:5] == "-":
            moment = line[: _MOMENT_LENGTH + 1]
            yield line
        else:
            yield f"{moment} server stderr - | {line}"


def line_of(event: Event) -> str:
    """An event in the form of a line of the log."""
    step = f"{event.kind} {event.status}"
    duration = f" in {event.duration_seconds:.3f} s" if event.duration_seconds is not None else ""
    message = " ".join(event.message.split())
    return f"{event.time[:_MOMENT_LENGTH]}Z modelport {event.operation[:8] or '-'} - | {step}{duration}" + (
        f": {message}" if message else ""
    )
