"""The event record of a service: one append-only stream of JSON lines, joined by ids.

Logs, `wait_for_deployment`, errors, the doctor and the portal all read this one record. Each event is one `O_APPEND`
write of at most 4 kB, so that several processes can append at once (write(2)); the record keeps four segments of
16 MB, oldest first to go.
"""

from __future__ import annotations

import datetime
import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

SCHEMA_VERSION = 1
EVENT_BYTES_MAX = 4096
SEGMENT_BYTES_MAX = 16 * 1024 * 1024
SEGMENTS_KEPT = 4

KINDS = frozenset(
    {
        # what the caller asked for
        "register", "deploy", "update", "reload", "scale", "stop", "start", "delete",
        # the steps of it
        "check", "solve", "build", "push", "pull", "place", "launch", "init", "probe", "shift", "drain",
        # what happened by itself
        "ready", "request-failure", "worker-died", "restart", "kill", "server-stopped", "server-failed",
    }
)  # fmt: skip
STATUSES = frozenset({"started", "succeeded", "failed", "info"})


@dataclass(frozen=True)
class Event:
    """One thing that happened to a service.

    `kind` and `status` are words of `KINDS` and `STATUSES`; `operation` joins the steps of one deploy, update or
    reload; `duration_seconds` belongs to an ending; `code` names the error of a failure; `data` holds JSON values.
    """

    kind: str
    status: str = "info"
    message: str = ""
    operation: str = ""
    revision: int = 0
    worker: str = ""
    request: str = ""
    code: str = ""
    duration_seconds: float | None = None
    data: dict[str, Any] = field(default_factory=dict)
    time: str = ""
    service: str = ""
    schema: int = SCHEMA_VERSION

    def to_line(self) -> bytes:
        """The event as one JSON line of at most `EVENT_BYTES_MAX` bytes; long texts lose their middle, and say so."""
        words = {key: value for key, value in asdict(self).items() if value not in ("", None, {}, 0) or key == "schema"}
        for room in (EVENT_BYTES_MAX, 2400, 1200, 400, 60):
            line = _encode(_shorten(words, room))
            if len(line) <= EVENT_BYTES_MAX:
                return line
        return _encode({**_shorten(words, 60), "data": {"dropped": "too large for one event"}})

    @classmethod
    def from_line(cls, line: str | bytes) -> Event:
        """Read one line; fields that a later version added are ignored. Raises `ValueError` for a damaged line."""
        words = json.loads(line)
        if not isinstance(words, dict) or "kind" not in words:
            raise ValueError("not an event")
        known = {key: value for key, value in words.items() if key in cls.__dataclass_fields__}
        return cls(**known)


def _encode(words: dict[str, Any]) -> bytes:
    return json.dumps(words, ensure_ascii=False, separators=(",", ":"), default=str).encode() + b"\n"


def _shorten(value: Any, room: int) -> Any:
    if isinstance(value, dict):
        return {key: _shorten(inner, room) for key, inner in value.items()}
    if isinstance(value, str) and len(value) > room:
        return f"{value[: room // 3]}\n… {len(value) - room} characters left out …\n{value[-(room - room // 3) :]}"
    return value


def now() -> str:
    """The present moment as an RFC 3339 text in UTC with microseconds."""
    return datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="microseconds").replace("+00:00", "Z")


LINE_MARK = "@modelport-event "


class EventLines:
    """Events as marked lines among others, on a descriptor: the standard output of an image, where nothing is kept.

    A line of user code cannot be taken for one: in the log each has its time in front.
    """

    def __init__(self, descriptor: int, service: str = "") -> None:
        self._descriptor = descriptor
        self._service = service

    def append(self, event: Event) -> Event:
        """Write one event, stamped with the time and the service, and return it as it was written."""
        stamped = self.stamp(event)
        self.write_line(stamped.to_line())
        return stamped

    def stamp(self, event: Event) -> Event:
        """The event with the time and the service."""
        return _stamped(event, self._service)

    def write_line(self, line: bytes) -> None:
        """Write the line of an event."""
        data = LINE_MARK.encode() + line
        while data:  # a pipe may take less than all of it
            data = data[os.write(self._descriptor, data) :]


def event_of_line(line: str | bytes) -> Event | None:
    """The event that a line of an image's output holds; None for every other line, and for a damaged one.

    >>> event_of_line('@modelport-event {"kind":"ready","schema":1}').kind
    'ready'
    >>> event_of_line("2026-11-20T21:38:01.123Z worker-1 stdout - | hello") is None
    True
    """
    text = line.decode("utf-8", "replace") if isinstance(line, bytes) else line
    if not text.startswith(LINE_MARK):
        return None
    try:
        return Event.from_line(text[len(LINE_MARK) :])
    except (ValueError, TypeError):
        return None


def events_from_lines(lines: Iterable[str | bytes]) -> Iterator[Event]:
    """The events among the lines of an image's output, in their order."""
    return (event for event in map(event_of_line, lines) if event is not None)


def _stamped(event: Event, service: str) -> Event:
    return Event(**{**asdict(event), "time": event.time or now(), "service": event.service or service})


class EventRecord:
    """The event record in one folder, for appending and reading; any number of processes may hold it open."""

    def __init__(self, directory: Path, service: str = "") -> None:
        self._directory = directory
        self._service = service

    @property
    def path(self) -> Path:
        """The file that is being appended to."""
        return self._directory / "events.jsonl"

    def append(self, event: Event) -> Event:
        """Append one event, stamped with the time and the service, and return it as it was written."""
        stamped = self.stamp(event)
        self.write_line(stamped.to_line())
        return stamped

    def stamp(self, event: Event) -> Event:
        """The event with the time and the service."""
        return _stamped(event, self._service)

    def write_line(self, line: bytes) -> None:
        """Append the line of an event."""
        self._directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            os.write(descriptor, line)
            full = os.fstat(descriptor).st_size > SEGMENT_BYTES_MAX
        finally:
            os.close(descriptor)
        if full:
            self._rotate()

    def read(self, operation: str | None = None) -> Iterator[Event]:
        """All events that are kept, oldest first; only those of `operation` if one is given. Damaged lines are left
        out: they are the torn last line of a machine that lost its power."""
        for path in self._segments():
            with path.open("rb") as segment:
                for line in segment:
                    try:
                        event = Event.from_line(line)
                    except (ValueError, TypeError):
                        continue
                    if operation is None or event.operation == operation:
                        yield event

    def _segments(self) -> list[Path]:
        older = [self._directory / f"events.{number}.jsonl" for number in range(SEGMENTS_KEPT - 1, 0, -1)]
        return [path for path in [*older, self.path] if path.exists()]

    def _rotate(self) -> None:
        """Move each segment one place on, under a lock, unless another process has just done it."""
        import fcntl  # Unix only; reading and appending work without it

        lock = os.open(self._directory / "events.lock", os.O_WRONLY | os.O_CREAT, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not self.path.exists() or self.path.stat().st_size <= SEGMENT_BYTES_MAX:
                return
            names = [self.path, *(self._directory / f"events.{n}.jsonl" for n in range(1, SEGMENTS_KEPT))]
            for older, newer in zip(reversed(names[1:]), reversed(names[:-1]), strict=True):
                if newer.exists():
                    newer.replace(older)
        finally:
            os.close(lock)
