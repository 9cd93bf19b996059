"""Reads from a service's record and log which requests failed, and how (pure)."""

from __future__ import annotations

import re
from collections.abc import Iterable

from modelport.diagnosis.facts import RequestFailure
from modelport.diagnosis.traceback_reading import read_stack, read_traceback
from modelport.events import Event

REQUESTS_MAX = 20
_BEGINS_ANEW = frozenset({"deploy", "update", "reload"})
_LINES_MAX = 400
_OWN_PLACE = re.compile(r"/[^\s'\"]*/revisions/\d+/app/|/var/azureml-app/")


def without_own_place(text: str) -> str:
    """A text without the folders in which a service keeps its copy of the user's files: they say nothing to him."""
    return _OWN_PLACE.sub("", text)


def read_requests(events: Iterable[Event], lines: Iterable[str]) -> tuple[RequestFailure, ...]:
    """The last requests that failed or were refused since the service became what it is, the last one first, each with
    what the log holds of it."""
    failed: list[Event] = []
    for event in events:
        if event.kind in _BEGINS_ANEW and event.status == "started":
            failed = []
        elif event.kind == "request-failure":
            failed.append(event)
    failed = failed[-REQUESTS_MAX:]
    printed: dict[str, list[str]] = {event.request: [] for event in failed}
    for line in lines:
        head, mark, text = line.partition(" | ")
        request = head.split(" ")[-1]
        if mark and request in printed:
            printed[request] = [*printed[request][-_LINES_MAX:], text]
    return tuple(_request(event, printed[event.request]) for event in reversed(failed))


def _request(event: Event, lines: list[str]) -> RequestFailure:
    told = without_own_place("\n".join(lines))
    numbers = {key: float(value) for key, value in event.data.items() if isinstance(value, (int, float))}
    return RequestFailure(
        code=event.code, message=event.message, id=event.request, time=event.time,
        raised=read_traceback(told), stack=read_stack(told), numbers=numbers, log=tuple(told.splitlines()),
    )  # fmt: skip
