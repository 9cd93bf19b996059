"""What the engine's description of a container means for a service (pure)."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from modelport.events import Event, events_from_lines
from modelport.exits import Exit
from modelport.services.target import Trouble
from modelport.targets.container_words import PORT, backend_of, revision_of

_INIT_FAILED = 3


@dataclass(frozen=True)
class Crew:
    """The containers of a service: `gateway` owns its port, `replicas` run its revisions, `serving` is the one that
    the gateway passes requests on to (0: none yet). All are descriptions of the engine, empty where there is none."""

    gateway: Mapping[str, Any] = field(default_factory=dict)
    replicas: tuple[Mapping[str, Any], ...] = ()
    backend: str = ""

    @property
    def serving(self) -> Mapping[str, Any]:
        """The container that requests go to, or would."""
        return next((each for each in self.replicas if backend_of(revision_of(each)) == self.backend), {})

    @property
    def others(self) -> tuple[Mapping[str, Any], ...]:
        """Those that no request goes to."""
        return tuple(each for each in self.replicas if each is not self.serving)

    @property
    def endpoint(self) -> tuple[str, int]:
        """Where the gateway is published."""
        bindings = (self.gateway.get("HostConfig", {}).get("PortBindings") or {}).get(f"{PORT}/tcp") or [{}]
        return str(bindings[0].get("HostIp") or "127.0.0.1"), int(bindings[0].get("HostPort") or 0)


def is_running(described: Mapping[str, Any]) -> bool:
    """Whether its process runs right now."""
    state = described.get("State", {})
    return bool(state.get("Running")) and not state.get("Restarting")


def is_tried_again(described: Mapping[str, Any]) -> bool:
    """Whether the engine has started it again after it ended by itself, or is about to."""
    return bool(described.get("State", {}).get("Restarting")) or int(described.get("RestartCount") or 0) > 0


def health_of(described: Mapping[str, Any]) -> str:
    """starting, healthy, unhealthy, or empty for an image without a check."""
    return str((described.get("State", {}).get("Health") or {}).get("Status", ""))


def ended_at(described: Mapping[str, Any]) -> float:
    """When its process ended last, in seconds since the epoch; 0 if it never did."""
    text = str(described.get("State", {}).get("FinishedAt", ""))[:19]
    try:
        moment = datetime.datetime.fromisoformat(text).replace(tzinfo=datetime.timezone.utc)
    except ValueError:
        return 0.0
    return max(moment.timestamp(), 0.0)


def failure_of(lines: Iterable[str]) -> dict[str, Any]:
    """Why init() failed last, from the output of a container; empty if it has become ready since, or never failed."""
    last: Event | None = None
    for event in events_from_lines(lines):
        if event.kind == "ready" or (event.kind == "init" and event.status == "failed"):
            last = event
    if last is None or last.kind == "ready":
        return {}
    return {
        "code": last.code or "init-failed",
        "message": last.message,
        "remedy": str(last.data.get("remedy", "")),
        "traceback": str(last.data.get("traceback", "")),
        "step": "init",
    }


def trouble_of_ended(described: Mapping[str, Any], failure: Mapping[str, Any], last_lines: str) -> Trouble:
    """Why a container does not run, in the word that Kubernetes has for it."""
    state = described.get("State", {})
    code = int(state.get("ExitCode") or 0)
    again = f" The engine has started it {count} times." if (count := int(described.get("RestartCount") or 0)) else ""
    if state.get("OOMKilled"):
        limit = int(described.get("HostConfig", {}).get("Memory") or 0)
        words = f" of {limit >> 20} MB" if limit else ""
        message = f"The container was killed because it needed more memory than its limit{words}.{again}"
        return Trouble("OOMKilled", message, _MORE_MEMORY)
    if state.get("Error"):
        return Trouble("ContainerCannotRun", f"The engine could not start the container: {state['Error']}.")
    if failure:
        message = f"{failure['message']}{again}"
        return Trouble("CrashLoopBackOff", message, str(failure.get("remedy", "")))
    if code == 0:
        return Trouble("ContainerStopped", "The container was told to end, and not by Modelport.", "Start the service.")
    how = Exit(code if code < 129 else 128 - code).words
    words = f" Its last words: {last_lines}" if last_lines else ""
    return Trouble("CrashLoopBackOff", f"The container ended: {how}.{again}{words}")


_MORE_MEMORY = "Give it more memory (memory_gb=…, --memory), fewer workers, or a smaller model."


def warnings_of(status: Mapping[str, Any]) -> tuple[Trouble, ...]:
    """What the server tells beside its state: a worker that the kernel killed because memory ran out."""
    death = status.get("last_death") or {}
    if not death.get("out_of_memory"):
        return ()
    message = f"A worker was killed while it ran a request: {death.get('message')}. Another took its place."
    return (Trouble("OOMKilled", message, _MORE_MEMORY, lasting=False),)


def trouble_of_running(described: Mapping[str, Any]) -> Trouble | None:
    """Why a container that runs does not say how it is; None while it is starting."""
    if health_of(described) in ("starting", ""):
        return None
    checks = (described.get("State", {}).get("Health") or {}).get("Log") or [{}]
    seen = str(checks[-1].get("Output", "")).strip() or "no answer"
    return Trouble(
        "ContainerNotAnswering", f"The container runs and does not answer; its health check says: {seen}.",
        "Look at its log, or stop and start the service.", lasting=False,
    )  # fmt: skip
