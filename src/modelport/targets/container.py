"""The container target: a gateway that owns the port, and one container for the revision that serves.

What a service is stands in the engine: its containers bear labels, the gateway's configuration says which of them gets
the requests. So every verb works from any program, and goes on where another one was broken off.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import Any

from modelport.errors import EngineError, MissingExtraError, ModelportError, ScoringError
from modelport.events import now
from modelport.manifest import Manifest
from modelport.services import serving_lock
from modelport.services.relay import error_of
from modelport.services.spec import ServiceSpec
from modelport.services.target import Call, LogRequest, Observation, Reply, ServicePlace, Trouble
from modelport.targets import calling, container_logs
from modelport.targets.container_engine import Engine, conversation
from modelport.targets.container_logs import Line
from modelport.targets.container_room import check_room
from modelport.targets.container_seen import (
    Crew,
    ended_at,
    failure_of,
    is_running,
    is_tried_again,
    trouble_of_ended,
    trouble_of_running,
    warnings_of,
)
from modelport.targets.container_shift import ROLLOUT_FILE, Shift
from modelport.targets.container_start import (
    crew_of,
    endpoint_of,
    key_files,
    remove_all,
    remove_namesakes,
    run_gateway,
    tell,
)
from modelport.targets.container_words import STATE, drain_seconds, names_of, revision_of

_LAST_LINES = 400


class ContainerTarget:
    """Runs services in containers. `environ` tells where the engine is, `workspace` is the id of the workspace."""

    def __init__(self, environ: Mapping[str, str], workspace: str) -> None:
        self._environ = environ
        self._workspace = workspace

    def preflight(self, spec: ServiceSpec, own_port: int) -> None:
        """Whether there is an engine, and what the spec asks for can be had on its machine.

        Raises `EngineError`, `MissingExtraError` and what `check_room` does.
        """
        with conversation(self._environ) as engine:
            check_room(engine, spec, own_port)

    # -- what there is -------------------------------------------------------------------------------------------

    def observe(self, place: ServicePlace) -> Observation:
        """What the engine, the gateway's configuration and the server itself say."""
        try:
            with conversation(self._environ) as engine:
                return self._observe(engine, place)
        except (EngineError, MissingExtraError) as error:
            trouble = Trouble("EngineUnavailable", error.message, error.remedy, lasting=False)
            return Observation(launched=True, trouble=trouble)

    def _observe(self, engine: Engine, place: ServicePlace) -> Observation:
        crew = crew_of(engine, names_of(self._workspace, place))
        if not crew.gateway or not crew.serving:
            return self._without_containers(place)
        seen = _seen(engine, crew)
        host, port = crew.endpoint
        endpoint = (engine.host or host, port)
        rollout = _rollout(place, crew)
        status = {**seen.status, "rollout": rollout} if rollout and seen.status else seen.status
        if not is_running(crew.gateway) and seen.alive and seen.trouble is None:
            seen = replace(seen, trouble=trouble_of_ended(crew.gateway, {}, ""))
        return replace(seen, launched=True, status=status, endpoint=endpoint)

    def _without_containers(self, place: ServicePlace) -> Observation:
        if not place.revision or not place.manifest_path().exists():
            return Observation()
        message = f"The containers of service '{place.name}' are gone."
        return Observation(launched=True, trouble=Trouble("ContainerMissing", message, _anew(place)))

    # -- operations ------------------------------------------------------------------------------------------------

    def apply(self, place: ServicePlace, manifest: Manifest) -> Observation:
        """Start the container of a revision; beside another one it takes over when it is ready, or is taken away."""
        with serving_lock.handed_on(place.directory), conversation(self._environ) as engine:
            names = names_of(self._workspace, place)
            shift = Shift(engine, names, manifest, place.directory)
            crew = crew_of(engine, names)
            if crew.gateway and crew.serving:
                shift.take_over(crew)
            else:
                remove_namesakes(engine, names)
                remove_all(engine, names.labels)
                shift.begin()
            manifest.write(place.manifest_path(manifest.revision))
        return self.observe(place)

    def scale(self, place: ServicePlace, replicas: int) -> Observation:
        """0: drain and end the containers, which stay. Else run the place's revision with so many workers."""
        with serving_lock.handed_on(place.directory), conversation(self._environ) as engine:
            crew = crew_of(engine, names_of(self._workspace, place))
            if replicas == 0:
                self._stop(engine, place, crew)
                return self._observe(engine, place)
            manifest = Manifest.read(place.manifest_path())
            manifest = replace(
                manifest, operation=place.operation, limits=replace(manifest.limits, workers=replicas)
            )
            if crew.gateway and crew.serving:
                self._scale(engine, place, crew, manifest)
                manifest.write(place.manifest_path())
                return self._observe(engine, place)
        return self.apply(place, manifest)

    def _scale(self, engine: Engine, place: ServicePlace, crew: Crew, manifest: Manifest) -> None:
        container = str(crew.serving["Id"])
        tell(engine, container, manifest, place.directory / "keys.json")
        if is_running(crew.serving) and engine.ask(container, "status"):
            error = engine.ask(container, "apply").get("error")
            if error:
                raise error_of(error)
        else:
            engine.stop(container, 0)  # one that the engine would start again after a pause
            engine.start(container)
        run_gateway(engine, str(crew.gateway["Id"]))

    def _stop(self, engine: Engine, place: ServicePlace, crew: Crew) -> None:
        patience = _drain_seconds(place)
        for each in (*crew.replicas, crew.gateway):
            if each:
                engine.stop(str(each["Id"]), patience if is_running(each) else 0)

    def delete(self, place: ServicePlace) -> None:
        """Drain, then remove containers, network and volumes."""
        with conversation(self._environ) as engine:
            names = names_of(self._workspace, place)
            self._stop(engine, place, crew_of(engine, names))
            remove_all(engine, names.labels)

    def share_keys(self, place: ServicePlace) -> None:
        """Tell the containers of keys that were made anew: they read them again by themselves."""
        with conversation(self._environ) as engine:
            for each in crew_of(engine, names_of(self._workspace, place)).replicas:
                engine.put(str(each["Id"]), STATE, list(key_files(place.directory / "keys.json")))

    # -- lines and requests ------------------------------------------------------------------------------------------

    def logs(self, place: ServicePlace, request: LogRequest) -> Iterator[str]:
        """What the containers of the service wrote, also those that are gone."""
        since = now()
        last = (self._lines(place, "", request.num_lines) or []) if request.num_lines else []
        lines = list(container_logs.shown(last))[-request.num_lines :] if request.num_lines else []
        coming = container_logs.follow(lambda after: self._lines(place, after, "all"), since) if request.follow else ()
        return chain(lines, coming)

    def _lines(self, place: ServicePlace, since: str, tail: int | str) -> list[Line] | None:
        """The lines after a moment; None once the service is gone."""
        if not place.directory.exists():
            return None
        with conversation(self._environ) as engine:
            crew = crew_of(engine, names_of(self._workspace, place))
            parts = [engine.lines(str(each["Id"]), tail) for each in crew.replicas]
        lines = container_logs.merged([container_logs.kept(place.directory, since), *parts])
        return [pair for pair in lines if pair[0] > since]

    def execute(self, place: ServicePlace, call: Call) -> Reply:
        """POST to the gateway, whatever proxies are set; raises `ScoringError`."""
        with conversation(self._environ) as engine:
            host, port = endpoint_of(engine, names_of(self._workspace, place))
            endpoint = (engine.host or host, port)
        if not port and place.revision and place.manifest_path().exists():
            what = f"Service '{place.name}' cannot be reached: its containers are gone, or do not run."
            raise ScoringError("service-unreachable", what, _anew(place))
        return calling.post(place.name, endpoint, call, _certificate(place))


def _anew(place: ServicePlace) -> str:
    return f"Make them anew: modelport service start {place.name}"


def _seen(engine: Engine, crew: Crew) -> Observation:
    """What the container that serves is, judged by the engine and by its own words."""
    serving = crew.serving
    container, revision = str(serving["Id"]), revision_of(serving)
    pid = int(serving["State"].get("Pid") or 0)
    status: dict[str, Any] = engine.ask(container, "status").get("ok", {}) if is_running(serving) else {}
    if status and not (status.get("state") == "starting" and is_tried_again(serving)):
        return Observation(alive=True, status=status, pid=pid, warnings=warnings_of(status))
    lines = [line for _, line in engine.lines(container, tail=_LAST_LINES)]
    failure = failure_of(lines)
    if is_running(serving) and not (failure and is_tried_again(serving)):
        starting = status or {"state": "starting", "revision": revision}
        trouble = trouble_of_running(serving)
        return Observation(alive=True, status={} if trouble else starting, pid=pid, trouble=trouble)
    trouble = trouble_of_ended(serving, failure, " / ".join(lines[-3:]))
    told = {"state": "failed", "revision": revision, "failure": failure} if failure else {}
    return Observation(
        alive=is_tried_again(serving) and bool(serving["State"].get("Running")),
        status=told, pid=pid, trouble=trouble, last_seen=ended_at(serving),
    )  # fmt: skip


def _rollout(place: ServicePlace, crew: Crew) -> dict[str, Any]:
    """How the last attempt to replace what serves went, or goes; empty where there is nothing to tell."""
    if crew.others:
        revision = max(map(revision_of, crew.others))
        if serving_lock.is_held(place.directory):
            return {"revision": revision, "state": "running"}
        words = {"code": "rollout-interrupted", "message": "The program that replaced the container ended on its way."}
        return {"revision": revision, "state": "failed", "failure": words}
    try:
        words = dict(json.loads((place.directory / ROLLOUT_FILE).read_text()))
    except (OSError, ValueError):
        return {}
    return words if int(words.get("revision", 0)) > revision_of(crew.serving) else {}


def _drain_seconds(place: ServicePlace) -> float:
    try:
        return drain_seconds(Manifest.read(place.manifest_path()))
    except (OSError, ModelportError):
        return 10.0


def _certificate(place: ServicePlace) -> Path | None:
    try:
        found = Manifest.read(place.manifest_path()).container.certificate
    except (OSError, ModelportError):
        return None
    return Path(found) if found else None
