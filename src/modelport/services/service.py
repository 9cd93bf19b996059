"""A service as doors see it: the wish that serves, and what it is right now."""

from __future__ import annotations

import datetime
from collections import deque
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Protocol

from modelport.events import Event, EventRecord
from modelport.services import serving_lock
from modelport.services.parts import RealisedEnvironment
from modelport.services.revision import Revision
from modelport.services.spec import ServiceSpec
from modelport.services.status import Facts, ServiceStatus, derive
from modelport.services.store import ServiceRecord, ServiceStore
from modelport.services.target import Observation, Target

_LAST_EVENTS = 50
_WORDS_OF_SERVER = ("server-stopped", "server-failed", "ready", "init", "worker-died", "restart")


@dataclass(frozen=True)
class Service:
    """One service at one moment.

    `revision` is the one that serves, or last did; `host` and `port` where it listens (port 0: not known yet); `built`
    tells of the image that it runs, if it runs one.
    """

    id: str
    name: str
    spec: ServiceSpec
    status: ServiceStatus
    revision: int
    desired_replicas: int
    host: str
    port: int
    created_at: datetime.datetime
    updated_at: datetime.datetime
    built: RealisedEnvironment | None = None

    @property
    def scoring_uri(self) -> str:
        """Where requests go; empty while the port is not known."""
        return f"{self._address}/score" if self.port else ""

    @property
    def swagger_uri(self) -> str:
        """Where the description of the interface is; empty while the port is not known."""
        return f"{self._address}/swagger.json" if self.port else ""

    @property
    def _address(self) -> str:
        local = "localhost" if self.host in ("127.0.0.1", "0.0.0.0", "") else self.host  # noqa: S104 - is shown
        scheme = "https" if self.spec.container.certificate else "http"
        return f"{scheme}://{self.spec.container.host_name or local}:{self.port}"

    def to_dict(self) -> dict[str, Any]:
        """The service as JSON-ready words."""
        return {
            "id": self.id,
            "name": self.name,
            "target": self.spec.target,
            "state": self.status.state,
            "reason": self.status.reason,
            "message": self.status.message,
            "conditions": [asdict(condition) for condition in self.status.conditions],
            "revision": self.revision,
            "replicas": self.desired_replicas,
            "models": [model.id for model in self.spec.models],
            "entry_script": str(self.spec.script.path) if self.spec.script.entry_script else "",
            "port": self.port,
            "scoring_uri": self.scoring_uri,
            "swagger_uri": self.swagger_uri,
            "auth_enabled": self.spec.auth_enabled,
            "image": self.built.image_name if self.built else "",
            "image_id": self.built.image if self.built else "",
            "build_log": self.built.build_log if self.built else "",
            "cpu_cores": self.spec.container.cpu_cores,
            "memory_bytes": self.spec.container.memory_bytes,
            "tags": dict(self.spec.tags),
            "properties": dict(self.spec.properties),
            "description": self.spec.description,
            "created_at": self.created_at.isoformat(),
            "updated_at": self.updated_at.isoformat(),
        }


class Eyes(Protocol):
    """What is needed to look at a service."""

    @property
    def store(self) -> ServiceStore:
        """Where services are recorded."""

    @property
    def targets(self) -> Mapping[str, Target]:
        """Where they run."""

    def target_of(self, spec: ServiceSpec) -> Target:
        """Where one runs."""

    def builds(self, spec: ServiceSpec) -> bool:
        """Whether it runs from an image."""


def look(eyes: Eyes, record: ServiceRecord) -> Service:
    """Observe a service and judge what it is."""
    seen = eyes.target_of(record.spec).observe(record.place())
    status = judge(eyes, record, seen)
    host, port = seen.endpoint
    facts = Revision(record.directory, status.revision or record.revision).facts() if eyes.builds(record.spec) else None
    return Service(
        record.id, record.name, record.spec, status, status.revision or record.revision, record.desired_replicas,
        host, port or record.spec.listen.port, record.created_at, record.updated_at,
        facts[1] if facts else None,
    )  # fmt: skip


def judge(eyes: Eyes, record: ServiceRecord, seen: Observation) -> ServiceStatus:
    """The status that follows from an observation, the record and the lock."""
    last = None if seen.alive else _last_word(record)
    clean = last is not None and last.kind == "server-stopped"
    broke = last.message if last is not None and last.kind == "server-failed" else ""
    busy = not seen.alive and (eyes.store.is_operating(record) or serving_lock.is_held(record.directory))
    return derive(Facts(record.name, record.desired_replicas, seen, clean, broke, busy))


def _last_word(record: ServiceRecord) -> Event | None:
    """The last thing that the server wrote: how it ended, if it could."""
    last: deque[Event] = deque(EventRecord(record.directory).read(), _LAST_EVENTS)
    return next((event for event in reversed(last) if event.kind in _WORDS_OF_SERVER), None)
