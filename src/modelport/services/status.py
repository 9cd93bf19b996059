"""What a service is: one internal state with a condition, derived from facts, and the words that show it."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from modelport.services.target import Observation, Trouble

DEPLOYING = "deploying"  # no revision has been ready yet, and one is on its way
RUNNING = "running"
UPDATING = "updating"  # one revision serves while the next one starts
UNHEALTHY = "unhealthy"  # it was ready, and cannot answer at present
FAILED = "failed"  # it does not answer, and will not without being told
STOPPING = "stopping"
STOPPED = "stopped"
DELETED = "deleted"

STATES = (DEPLOYING, RUNNING, UPDATING, UNHEALTHY, FAILED, STOPPING, STOPPED, DELETED)

LOCAL_WORDS: dict[str, str] = {
    DEPLOYING: "deploying",
    RUNNING: "running",
    UPDATING: "running",
    UNHEALTHY: "failed",
    FAILED: "failed",
    STOPPING: "stopped",
    STOPPED: "stopped",
    DELETED: "deleted",
}
"""The words of v1's LocalWebservice, and 'stopped', which v1 did not have."""

SERVICE_WORDS: dict[str, str] = {
    DEPLOYING: "Transitioning",
    RUNNING: "Healthy",
    UPDATING: "Transitioning",
    UNHEALTHY: "Unhealthy",
    FAILED: "Failed",
    STOPPING: "Transitioning",
    STOPPED: "Stopped",
    DELETED: "Deleted",
}
"""The words of v1's other classes, and 'Stopped' and 'Deleted', which v1 did not have."""


@dataclass(frozen=True)
class Condition:
    """One thing that is so, or is not: `type` Ready, Updated or Undisturbed, `reason` one CamelCase word, and what to
    do."""

    type: str
    status: bool
    reason: str
    message: str = ""
    remedy: str = ""


@dataclass(frozen=True)
class Facts:
    """What a judgement rests on: the wish, what the target saw, and what the record and the lock tell.

    `stopped_cleanly` says that the record ends with the server's own farewell, `broke` with what words it gave up;
    `operation_under_way` that another process is changing the service right now.
    """

    name: str
    desired_replicas: int
    observation: Observation
    stopped_cleanly: bool = False
    broke: str = ""
    operation_under_way: bool = False


@dataclass(frozen=True)
class ServiceStatus:
    """A state and the conditions that explain it; `revision` is the one that serves, `failure` what the server said."""

    state: str
    conditions: tuple[Condition, ...] = ()
    revision: int = 0
    failure: Mapping[str, Any] = field(default_factory=dict)

    @property
    def reason(self) -> str:
        """The reason of the first condition."""
        return self.conditions[0].reason if self.conditions else ""

    @property
    def message(self) -> str:
        """The message of the first condition that is not fulfilled, with its remedy; empty while all is well."""
        for condition in self.conditions:
            if not condition.status:
                return f"{condition.message} {condition.remedy}".strip()
        return ""


def derive(facts: Facts) -> ServiceStatus:
    """The state that follows from the facts."""
    seen = facts.observation
    if seen.trouble is not None and (facts.desired_replicas or seen.alive):
        return _troubled(seen, seen.trouble)
    if not seen.alive:
        return _without_server(facts)
    if not seen.status:
        return _not_ready(
            UNHEALTHY, "ServerNotAnswering", f"{_server(seen)} runs and does not answer.",
            f"Run: modelport service stop {facts.name}; then: modelport service start {facts.name}",
        )  # fmt: skip
    status = _with_server(facts, seen.status)
    warnings = tuple(Condition("Undisturbed", False, w.reason, w.message, w.remedy) for w in seen.warnings)
    return replace(status, conditions=status.conditions + warnings)


def _troubled(seen: Observation, trouble: Trouble) -> ServiceStatus:
    """What the place tells goes before what follows from it; the script's own failure goes with it."""
    status = _not_ready(FAILED if trouble.lasting else UNHEALTHY, trouble.reason, trouble.message, trouble.remedy)
    revision = int(seen.status.get("revision", 0))
    return replace(status, revision=revision, failure=dict(seen.status.get("failure") or {}))


def _without_server(facts: Facts) -> ServiceStatus:
    seen = facts.observation
    start = f"Run: modelport service start {facts.name}"
    if facts.desired_replicas == 0:
        return _not_ready(STOPPED, "Stopped", "The service was stopped.", start)
    if facts.operation_under_way:
        return _not_ready(DEPLOYING, "OperationInProgress", "An operation on the service is under way.")
    if not seen.launched:
        return _not_ready(
            FAILED, "DeployInterrupted", "The deployment was interrupted before the server was started.",
            f"Deploy it again with overwrite, or run: modelport service delete {facts.name}",
        )  # fmt: skip
    if not seen.same_boot:
        return _not_ready(FAILED, "MachineRestarted", "The machine was restarted, which ended the server.", start)
    if facts.stopped_cleanly:
        return _not_ready(FAILED, "ServerStopped", f"{_server(seen)} was told to end.", start)
    return _died(facts, start)


def _server(seen: Observation) -> str:
    """The server, with the number of its process where that is one of this machine.

    >>> _server(Observation(pid=12)), _server(Observation())
    ('The server (process 12)', 'The server')
    """
    return f"The server (process {seen.pid})" if seen.pid else "The server"


def _died(facts: Facts, start: str) -> ServiceStatus:
    """What a dead server left tells how it ended; only signal 9 leaves nothing, as no process can catch it."""
    seen = facts.observation
    moment = datetime.datetime.fromtimestamp(seen.last_seen, datetime.timezone.utc)
    when = f" at {moment:%Y-%m-%dT%H:%M:%SZ}" if seen.last_seen else ""
    crash = seen.crash or facts.broke
    if crash:
        message = f"{_server(seen)} crashed{when}: {crash}. That is a bug; its log has the stack."
        return _not_ready(FAILED, "ServerCrashed", message, start)
    message = (
        f"{_server(seen)} was killed{when} by signal 9 (SIGKILL): by hand, or by the kernel because "
        "memory ran out."
    )
    return _not_ready(FAILED, "ServerKilled", message, start)


def _with_server(facts: Facts, status: Mapping[str, Any]) -> ServiceStatus:
    revision = int(status.get("revision", 0))
    failure = dict(status.get("failure") or {})
    rollout = dict(status.get("rollout") or {})
    state = status.get("state")
    if state == "ready":
        return _serving(revision, rollout)
    if state == "starting":
        return _not_ready(DEPLOYING, "InitRunning", "init() of the script is running.")
    if state == "draining":
        return _not_ready(STOPPING, "Draining", "Requests in flight are answered; new ones are refused.")
    known = UNHEALTHY if state == "unhealthy" else FAILED
    under_way = rollout.get("state") == "running"
    if under_way:
        known = DEPLOYING
    message = str(failure.get("message") or "No worker is ready.")
    remedy = str(failure.get("remedy") or f"Look at the log: modelport service logs {facts.name}")
    condition = Condition("Ready", False, "InitRunning" if under_way else _camel(failure.get("code")), message, remedy)
    return ServiceStatus(known, (condition,), revision, failure)


def _serving(revision: int, rollout: Mapping[str, Any]) -> ServiceStatus:
    ready = Condition("Ready", True, "Serving", f"Revision {revision} answers.")
    if rollout.get("state") == "running":
        message = f"Revision {rollout.get('revision')} is starting; revision {revision} serves until it is ready."
        return ServiceStatus(UPDATING, (ready, Condition("Updated", False, "InitRunning", message)), revision)
    if rollout.get("state") == "failed":
        failure = dict(rollout.get("failure") or {})
        message = f"Revision {rollout.get('revision')} did not become ready; revision {revision} goes on serving."
        told = f"{message} {failure.get('message', '')}".strip()
        updated = Condition("Updated", False, _camel(failure.get("code")), told, str(failure.get("remedy", "")))
        return ServiceStatus(RUNNING, (ready, updated), revision, failure)
    return ServiceStatus(RUNNING, (ready,), revision)


def _not_ready(state: str, reason: str, message: str, remedy: str = "") -> ServiceStatus:
    return ServiceStatus(state, (Condition("Ready", False, reason, message, remedy),))


def _camel(code: object) -> str:
    """A code in the form of a reason.

    >>> _camel("init-failed")
    'InitFailed'
    """
    return "".join(word.capitalize() for word in str(code or "not-ready").split("-"))
