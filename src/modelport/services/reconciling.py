"""Brings the record of a service up to what its server says, where nobody was left to do so.

Whoever changes a service may leave at any moment (Ctrl-C, kill -9, a full disk): a rollout goes on in the server, which
alone knows how it ends. So each look at a service, and each operation before it begins, settles the record first: the
revision that serves, the number of replicas, and the models that it holds against deletion.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from modelport.events import EventRecord
from modelport.services.parts import Parts
from modelport.services.revision import Revision
from modelport.services.spec import ServiceSpec
from modelport.services.store import ServiceRecord, registered
from modelport.services.target import Observation


@dataclass(frozen=True)
class _Truth:
    """What the record should say."""

    revision: int
    spec: ServiceSpec
    replicas: int


def reconcile(parts: Parts, record: ServiceRecord) -> ServiceRecord:
    """Settle the record; while somebody changes the service it is left as it is, and theirs to write."""
    if _unsettled(parts, record) is None:
        return record
    with parts.store.unless_operating(record) as alone:
        present = parts.store.find(record.name) if alone else None
        if present is None or present.id != record.id:  # being changed, or gone by now
            return record
        return settle(parts, present)


def settle(parts: Parts, record: ServiceRecord) -> ServiceRecord:
    """Settle the record; only for whoever is alone with the service."""
    truth = _unsettled(parts, record)
    return record if truth is None else parts.store.commit(record, truth.revision, truth.spec, truth.replicas)


def _unsettled(parts: Parts, record: ServiceRecord) -> _Truth | None:
    """What the record should say and does not; None where it is right, and while nobody can tell."""
    truth = _truth(parts, record)
    if truth is None:
        return None
    if (truth.revision, truth.replicas, truth.spec) != (record.revision, record.desired_replicas, record.spec):
        return truth
    if record.last_revision == record.revision:  # no other revision was ever begun since
        return None
    return None if parts.store.held(record) == registered(record.spec.models) else truth


def _truth(parts: Parts, record: ServiceRecord) -> _Truth | None:
    seen = parts.target_of(record.spec).observe(record.place())
    serving = _serving(record, seen)
    if not serving:
        return None
    spec = record.spec
    if serving != record.revision:
        facts = Revision(record.directory, serving).facts()
        if facts is None:
            return None
        spec = facts[0]
    workers = int(seen.status.get("replicas", 0))  # a server of an earlier version does not tell; one that ended cannot
    if not workers:
        return _Truth(serving, spec, record.desired_replicas)
    return _Truth(serving, replace(spec, limits=replace(spec.limits, workers=workers)), workers)


def _serving(record: ServiceRecord, seen: Observation) -> int:
    """The revision that serves, or did when the server ended; 0 while it cannot be told."""
    rollout = seen.status.get("rollout") or {}
    if seen.status.get("state") == "ready" and rollout.get("state") != "running":
        return int(seen.status.get("revision", 0))
    if seen.alive or record.last_revision == record.revision:
        return 0
    events = EventRecord(record.directory).read()
    ready = [event.revision for event in events if event.kind == "ready" and event.status == "succeeded"]
    return ready[-1] if ready else 0
