"""Replaces the container of one revision by that of the next without a lost request, or leaves all as it was."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from modelport.errors import DeploymentError, ModelportError
from modelport.manifest import Manifest
from modelport.targets import container_logs
from modelport.targets.container_engine import Engine
from modelport.targets.container_seen import Crew, failure_of, is_running, trouble_of_ended
from modelport.targets.container_start import run_gateway, start_gateway, start_replica, tell_gateway
from modelport.targets.container_words import GATEWAY_FILE, STATE, Names, backend_of, drain_seconds

ROLLOUT_FILE = "rollout.json"
_POLL_SECONDS = 0.2
_SHARE_OF_ASKING = 3  # times as long as asking took
_START_SECONDS = 60.0  # for the container and its server, beyond the time that init() may take
_ASK_SECONDS = 20.0
_LAST_LINES = 400


@dataclass(frozen=True)
class Shift:
    """One revision that is to take over: what is talked to, whose it is, what it is told, and the service's folder."""

    engine: Engine
    names: Names
    manifest: Manifest
    directory: Path

    @property
    def keys(self) -> Path:
        """The accepted keys, as the service's folder has them."""
        return self.directory / "keys.json"

    def begin(self) -> None:
        """The first revision: its container and the gateway, which passes requests on from the first moment."""
        start_replica(self.engine, self.names, self.manifest, self.keys, keep=True)
        start_gateway(self.engine, self.names, self.manifest, backend_of(self.manifest.revision))

    def take_over(self, crew: Crew) -> None:
        """A further revision: started beside the one that serves, which is left alone if it does not become ready."""
        for leftover in crew.others:  # of an operation that was killed, or lost the engine
            self._remove(leftover)
        made = start_replica(self.engine, self.names, self.manifest, self.keys, keep=False)
        try:
            failure = self._wait_ready(made)
        except BaseException:  # Ctrl-C too
            with contextlib.suppress(ModelportError):
                self._remove({"Id": made})
            raise
        if failure:
            self._remove({"Id": made})
            self._note(failure)
            return
        self._switch(crew)
        self.engine.keep_running(made)
        if crew.serving:
            self.engine.stop(str(crew.serving["Id"]), drain_seconds(self.manifest))
            self._remove(crew.serving)
        (self.directory / ROLLOUT_FILE).unlink(missing_ok=True)

    def _note(self, failure: Mapping[str, Any]) -> None:
        words = {"revision": self.manifest.revision, "state": "failed", "failure": failure}
        (self.directory / ROLLOUT_FILE).write_text(json.dumps(words))

    def _remove(self, described: Mapping[str, Any]) -> None:
        """Remove a container and its volume; what it wrote is kept."""
        container = str(described["Id"])
        seen = self.engine.inspect(container)
        if seen:
            container_logs.keep(self.engine, self.directory, container)
            self.engine.remove(container)
            self.engine.remove_volume(str(seen["Name"]).lstrip("/"))

    # -- is it ready? ------------------------------------------------------------------------------------------------

    def _wait_ready(self, container: str) -> dict[str, Any]:
        """Empty once it is ready, else why it did not become so."""
        patience = self.manifest.limits.init_timeout_seconds + _START_SECONDS
        deadline = time.monotonic() + patience
        while time.monotonic() < deadline:
            seen = self.engine.inspect(container)
            if not is_running(seen):
                return self._why(seen)
            asked = time.monotonic()
            status = self.engine.ask(container, "status").get("ok", {})
            if status.get("state") == "ready":
                return {}
            if any(worker.get("debugger") == "attached" for worker in status.get("workers", ())):
                deadline = time.monotonic() + patience  # somebody stands at a breakpoint in init()
            # Asking costs processor time of the very container that is to become ready, which may have little of it.
            time.sleep(max(_POLL_SECONDS, _SHARE_OF_ASKING * (time.monotonic() - asked)))
        message = "The container did not become ready in time."
        return {"code": "server-start-timeout", "message": message, "step": "init"}

    def _why(self, seen: Mapping[str, Any]) -> dict[str, Any]:
        lines = [line for _, line in self.engine.lines(str(seen["Id"]), tail=_LAST_LINES)] if seen else []
        told = failure_of(lines)
        trouble = trouble_of_ended(seen, told, " / ".join(lines[-3:]))
        if told and trouble.reason != "OOMKilled":
            return told
        return {"code": "container-ended", "message": trouble.message, "remedy": trouble.remedy, "step": "init"}

    # -- who gets the requests -----------------------------------------------------------------------------------------

    def _switch(self, crew: Crew) -> None:
        """Send requests to the new container from now on; returns when none is left at the old one."""
        backend = backend_of(self.manifest.revision)
        if not self._fits(crew):
            self._move(crew, backend)
            return
        gateway = str(crew.gateway["Id"])
        tell_gateway(self.engine, gateway, self.manifest, backend)
        if not is_running(crew.gateway):
            run_gateway(self.engine, gateway)
            return
        deadline = time.monotonic() + drain_seconds(self.manifest)
        answer = self.engine.ask(gateway, "apply", _ASK_SECONDS)
        if "ok" not in answer:
            words = (answer.get("error") or {}).get("message") or "it does not answer"
            raise DeploymentError(
                "gateway-not-answering",
                f"The gateway of service '{self.names.service}' could not be told of revision "
                f"{self.manifest.revision}: {words}.",
                "Run the update again; nothing was changed.",
                step="shift",
            )
        while answer.get("ok", {}).get("leaving") and time.monotonic() < deadline:
            time.sleep(_POLL_SECONDS)
            answer = self.engine.ask(gateway, "status")

    def _fits(self, crew: Crew) -> bool:
        """Whether the gateway listens where, and how, the new revision is to be reached."""
        host, port = crew.endpoint
        config = self.engine.read(str(crew.gateway["Id"]), f"{STATE}/{GATEWAY_FILE}") if crew.gateway else b""
        speaks_tls = bool(json.loads(config or b"{}").get("tls"))
        wished = self.manifest.listen
        same_place = wished.port in (0, port) and wished.host == host
        return bool(crew.gateway) and same_place and speaks_tls == bool(self.manifest.container.certificate)

    def _move(self, crew: Crew, backend: str) -> None:
        """Another gateway: beside the old one where both can listen, else after it."""
        beside = self.manifest.listen.port not in (0, crew.endpoint[1])
        if crew.gateway and not beside:
            self._remove(crew.gateway)
        start_gateway(self.engine, self.names, self.manifest, backend)
        if crew.gateway and beside:
            self.engine.stop(str(crew.gateway["Id"]), drain_seconds(self.manifest))
            self._remove(crew.gateway)
