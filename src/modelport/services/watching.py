"""Sees an operation through: reads its events as they are written, and tells how it ended."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from modelport.errors import DeploymentError, ScoringError
from modelport.events import Event, EventRecord
from modelport.services.parts import Parts
from modelport.services.reconciling import reconcile
from modelport.services.relay import init_error
from modelport.services.revision import Revision
from modelport.services.service import judge
from modelport.services.spec import ServiceSpec
from modelport.services.status import DEPLOYING, FAILED, RUNNING, STOPPED, STOPPING, UPDATING, ServiceStatus
from modelport.services.store import ServiceRecord
from modelport.services.target import LogRequest, Observation, Reply

_POLL_SECONDS = 0.02
_LOOK_SECONDS = 0.25  # how often the server itself is asked: the record alone does not tell of its death
_SHARE_OF_LOOKING = 3  # times as long as a look took
_SILENCE_SECONDS = 3.0
_OPERATIONS = frozenset({"deploy", "update", "reload", "start", "scale", "stop"})
_LOG_LINES_IN_ERROR = 40


@dataclass(frozen=True)
class Watch:
    """How long to wait (None: until it has ended) and who sees the events."""

    timeout_seconds: float | None
    on_event: Callable[[Event], None]


class Tail:
    """The events of the last operation on a service: those that are there, then those that come."""

    def __init__(self, record: EventRecord) -> None:
        self._record = record
        self._seen = 0
        self._size = -1
        self.operation = self._last_operation()

    def _last_operation(self) -> str:
        begun = [event.operation for event in self._record.read() if _begins(event)]
        return begun[-1] if begun else ""

    def new(self) -> Iterator[Event]:
        """The events since the last call; the file is only read when it has grown."""
        size = self._record.path.stat().st_size if self._record.path.exists() else -1
        if size == self._size or not self.operation:
            return
        self._size = size
        events = list(self._record.read(self.operation))
        yield from events[self._seen :]
        self._seen = len(events)


def _begins(event: Event) -> bool:
    return event.kind in _OPERATIONS and event.status == "started"


def wait(parts: Parts, record: ServiceRecord, watch: Watch) -> None:
    """Return when the service serves what was last asked; raises `DeploymentError` when it does not, or not in time."""
    tail = Tail(EventRecord(record.directory, record.id))
    started = time.monotonic()
    looked, pause = started, 0.0
    while True:
        ended = False
        for event in tail.new():
            watch.on_event(event)
            ended = ended or _ends(event)
        now = time.monotonic()
        if ended or now - looked >= pause:
            over = _has_ended(parts, record, ended=ended)
            looked = time.monotonic()
            pause = max(_LOOK_SECONDS, _SHARE_OF_LOOKING * (looked - now))  # looking costs the service something too
            if over:
                for event in tail.new():  # those that came while the server was asked
                    watch.on_event(event)
                return
        if watch.timeout_seconds is not None and now - started > watch.timeout_seconds:
            raise _too_slow(record, watch.timeout_seconds)
        time.sleep(_POLL_SECONDS)


def _ends(event: Event) -> bool:
    return event.kind == "ready" or (event.kind == "init" and event.status == "failed" and not event.worker)


def _has_ended(parts: Parts, record: ServiceRecord, *, ended: bool) -> bool:
    """Whether the operation has ended well; raises if it has not. `ended`: the record says that it has ended."""
    seen = _observe(parts, record)
    status = judge(parts, record, seen)
    if status.state in (DEPLOYING, UPDATING, STOPPING):  # what it stops for is known when it has stopped
        return False
    if status.state == STOPPED:
        raise DeploymentError(
            "service-not-running", f"Service '{record.name}' is stopped.",
            f"Run: modelport service start {record.name}", step="launch",
        )  # fmt: skip
    rollout = dict(seen.status.get("rollout") or {})
    if status.state == RUNNING and rollout.get("state") != "failed":
        reconcile(parts, record)
        return True
    if not ended and status.state != RUNNING and seen.alive and rollout.get("state") == "running":
        return False
    raise failure(parts, record, seen, status)


def _observe(parts: Parts, record: ServiceRecord) -> Observation:
    """What is there; a server that has just closed its control socket, because it ends, is given time to be gone."""
    deadline = time.monotonic() + _SILENCE_SECONDS
    while True:
        seen = parts.target_of(record.spec).observe(record.place())
        if not seen.alive or seen.status or time.monotonic() > deadline:
            return seen
        time.sleep(_POLL_SECONDS)


def failure(parts: Parts, record: ServiceRecord, seen: Observation, status: ServiceStatus) -> DeploymentError:
    """The error for a service that did not become what was asked: the user's traceback in the user's own paths."""
    present = parts.store.find(record.name)
    if present is None or present.id != record.id:
        return DeploymentError(
            "service-deleted", f"Service '{record.name}' was deleted by somebody else while it was waited for.",
            "If that was not meant, deploy it again: modelport deploy --help", step="launch",
        )  # fmt: skip
    rollout = dict(seen.status.get("rollout") or {})
    told = dict((rollout.get("failure") if rollout.get("state") == "failed" else None) or status.failure)
    lines = list(parts.target_of(record.spec).logs(record.place(), LogRequest(_LOG_LINES_IN_ERROR)))
    if not told:
        condition = status.conditions[0]
        code_of_state = "server-ended" if status.state == FAILED else "service-unhealthy"
        error = _ended(code_of_state, f"Service '{record.name}': {condition.message}", condition.remedy)
        error.logs = "\n".join(lines)
        return error
    serving = f"Revision {status.revision} goes on serving. " if status.state == RUNNING else ""
    revision = Revision(record.directory, int(rollout.get("revision") or record.revision))
    facts = revision.facts()
    if facts is not None:
        told = {k: revision.in_words_of_user(v, facts[0]) if isinstance(v, str) else v for k, v in told.items()}
    again = _again(record, facts[0] if facts else record.spec, serves=bool(serving))
    error = init_error({**told, "remedy": f"{serving}{told.get('remedy') or ''} {again}".strip()})
    error.logs = "\n".join(lines)
    return error


def _again(record: ServiceRecord, failed: ServiceSpec, *, serves: bool) -> str:
    """How to try again: a reload takes the script of what serves, which need not be the one that failed."""
    if failed.script == record.spec.script and failed.models == record.spec.models:
        again = f"Then: modelport service reload {record.name}"
        return again if serves else f"{again} (or the same deployment with overwrite=True, --overwrite)"
    return "Then repeat the update (a reload would take what serves now)."


def _ended(code: str, message: str, remedy: str) -> DeploymentError:
    if code == "server-ended":
        return DeploymentError("server-ended", message, remedy, step="launch")
    return DeploymentError("service-unhealthy", message, remedy, step="serve")


def _too_slow(record: ServiceRecord, seconds: float) -> DeploymentError:
    return DeploymentError(
        "wait-timeout",
        f"Service '{record.name}' was not ready after {seconds:g} s; it goes on starting.",
        f"Wait longer, or see how far it is: modelport service logs {record.name}",
        step="init",
    )


def scoring_error(name: str, reply: Reply) -> ScoringError:
    """The error for an answer other than 200, with what the service says of it."""
    body = reply.body.decode("utf-8", "replace")
    try:
        problem = json.loads(body)
        words = f"{problem['code']}: {problem.get('detail') or problem.get('title') or ''}"
    except (ValueError, KeyError, TypeError):
        words = body[:500]
    return ScoringError(
        "scoring-failed",
        f"Service '{name}' answered {reply.status}: {words}".rstrip(": "),
        f"Look at the log: modelport service logs {name}",
        status=reply.status,
        body=body,
        headers=dict(reply.headers),
    )

