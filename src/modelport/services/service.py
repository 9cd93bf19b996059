"""A service as doors see it: the wish that serves, and what it is right now."""

from __future__ import annotations

import datetime
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from modelport.events import Event, EventRecord
from modelport.services import serving_lock
from modelport.services.spec import ServiceSpec
from modelport.services.status import Facts, ServiceStatus, derive
from modelport.services.store import ServiceRecord, ServiceStore
from modelport.services.target import Observation, Target

_LAST_EVENTS = 50
_WORDS_OF_SERVER = ("server-stopped", "server-failed", "ready", "init", "worker-died", "restart")


@dataclass(frozen=True)
class Service:
    """One service at one moment.

    `revision` is the one that serves, or last did; `host` and `port` where it listens (port 0: not known yet).
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

    @property
    def scoring_uri(self) -> str:
        """Where requests go; empty while the port is not known."""
        return f"http://{self._shown_host}:{self.port}/score" if self.port else ""

    @property
    def swagger_uri(self) -> str:
        """Where the description of the interface is; empty while the port is not known."""
        return f"http://{self._shown_host}:{self.port}/swagger.json" if self.port else ""

    @property
    def _shown_host(self) -> str:
        return "localhost" if self.host in ("127.0.0.1", "") else self.host

    def to_dict(self) -> dict[str, Any]:
        """The service as JSON-ready words."""
        return {
            "id": self.id,
            "name": self.name,
            "target": self.spec.target,
            "state": self.status.state,
            "reason": self.status.reason,
            "message": self.status.message,
            "revision": self.revision,
            "replicas": self.desired_replicas,
            "models": [model.id for model in self.spec.models],
            "entry_script": str(self.spec.script.path),
            "port": self.port,
            "scoring_uri": self.scoring_uri,
            "swagger_uri": self.swagger_uri,
            "auth_enabled": self.spec.auth_enabled,
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


def look(eyes: Eyes, record: ServiceRecord) -> Service:
    """Observe a service and judge what it is."""
    seen = eyes.target_of(record.spec).observe(record.place())
    status = judge(eyes, record, seen)
    host, port = seen.endpoint
    return Service(
        record.id, record.name, record.spec, status, status.revision or record.revision, record.desired_replicas,
        host, port or record.spec.listen.port, record.created_at, record.updated_at,
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
