"""Keeps services: their rows in the catalogue, their folders by id, and one operation at a time for each."""

from __future__ import annotations

import datetime
import json
import os
import shutil
import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from modelport import naming
from modelport.errors import ConflictError, NotFoundError, StorageError, nearest
from modelport.events import now
from modelport.services import serving_lock
from modelport.services.spec import ModelPlacement, ServiceSpec
from modelport.services.target import ServicePlace
from modelport.storage.database import Database
from modelport.storage.files import locked, make_private_directory, storage_failures
from modelport.storage.tables import service_models, services

_LOCK = "operation.lock"
_ATTEMPTS = 10
_ATTEMPT_SECONDS = 0.02


@dataclass(frozen=True)
class ServicePlaces:
    """Where services keep things: `directory` one folder each by id, `archive` the records of deleted ones,
    `runtime_directory` a short folder for sockets."""

    directory: Path
    archive: Path
    runtime_directory: Path


@dataclass(frozen=True)
class ServiceRecord:
    """What is kept of a service: `revision` and `spec` are those that serve, `last_revision` the last number given."""

    id: str
    name: str
    spec: ServiceSpec
    revision: int
    last_revision: int
    desired_replicas: int
    created_at: datetime.datetime
    updated_at: datetime.datetime
    directory: Path
    runtime_directory: Path

    def place(self, operation: str = "") -> ServicePlace:
        """The service as its target sees it."""
        return ServicePlace(self.id, self.name, self.directory, self.runtime_directory, self.revision, operation)


class ServiceStore:
    """The recorded services of one workspace."""

    def __init__(self, database: Database, places: ServicePlaces) -> None:
        self._database = database
        self._places = places

    def create(self, spec: ServiceSpec) -> ServiceRecord:
        """Take the name for a new service, with revision 1; raises `ConflictError` (`service-exists`)."""
        record = self.draft(spec)
        self.add(record)
        return record

    @contextmanager
    def drafted(self, spec: ServiceSpec, kind: str) -> Iterator[ServiceRecord]:
        """A draft whose operation has begun, so that nobody takes it for one that was abandoned."""
        with ExitStack() as stack:
            with locked(self._collecting_lock(), shared=True):
                record = self.draft(spec)
                stack.enter_context(self.operation(record, kind))
            yield record

    def _collecting_lock(self) -> Path:
        make_private_directory(self._places.directory)
        return self._places.directory.with_name("services.lock")

    def abandoned(self, *, remove: bool = False) -> tuple[str, ...]:
        """The folders of no living service, left by a deploy or delete that was killed; `remove` takes them away.

        Their event records go to the archive. What somebody works on right now is left out.
        """
        if not self._places.directory.is_dir():
            return ()
        with locked(self._collecting_lock()):
            known = {record.id for record in self.all()}
            folders = [path for path in sorted(self._places.directory.iterdir()) if path.name not in known]
            return tuple(path.name for path in folders if self._is_abandoned(path, remove=remove))

    def _is_abandoned(self, directory: Path, *, remove: bool) -> bool:
        if not directory.is_dir() or serving_lock.is_held(directory):
            return False
        with locked(directory / _LOCK, wait=False) as alone:
            if alone and remove:
                self._put_away(directory)
                remove_folder(self._places.runtime_directory / directory.name)
            return alone

    def draft(self, spec: ServiceSpec) -> ServiceRecord:
        """A service that nobody can see yet: it has a folder, so that an operation on it can be begun, and no row."""
        moment = _now()
        service_id = naming.new_id()
        directory = make_private_directory(self._places.directory / service_id)
        return ServiceRecord(
            service_id, spec.name, spec, 1, 1, spec.limits.workers, moment, moment,
            directory, self._places.runtime_directory / service_id,
        )  # fmt: skip

    def add(self, record: ServiceRecord) -> None:
        """Take the name for a draft; raises `ConflictError` (`service-exists`), and then its folder is gone."""
        row = {
            "id": record.id,
            "name": record.name,
            "target_kind": record.spec.target,
            "spec": {"revision": 1, "last_revision": 1, "spec": record.spec.to_json()},
            "desired_replicas": record.desired_replicas,
            "created_at": record.created_at,
            "updated_at": record.updated_at,
            "deleted_at": None,
        }
        try:
            with self._database.writing() as connection:
                connection.execute(services.insert().values(row))
                _hold(connection, record.id, record.spec.models)
        except BaseException as error:
            remove_folder(record.directory)
            if not isinstance(error, sa.exc.IntegrityError):
                raise
            raise ConflictError(
                "service-exists",
                f"A service '{record.name}' was made by another process just now.",
                f"Look at it: modelport service show {record.name}",
            ) from error

    def find(self, name: str) -> ServiceRecord | None:
        """The living service of that name, or None."""
        found = self._select(services.c.name == name)
        return found[0] if found else None

    def get(self, name: str) -> ServiceRecord:
        """The living service of that name; raises `NotFoundError` (`service-not-found`)."""
        found = self.find(name)
        if found is not None:
            return found
        names = [record.name for record in self.all()]
        raise NotFoundError(
            "service-not-found",
            f"There is no service '{name}' in this workspace. {nearest(str(name), names)}".rstrip(),
            "List the services: modelport service list",
        )

    def all(self) -> list[ServiceRecord]:
        """Every living service, by name."""
        return self._select(sa.true())

    def _select(self, condition: sa.ColumnElement[bool]) -> list[ServiceRecord]:
        statement = sa.select(services).where(services.c.deleted_at.is_(None), condition).order_by(services.c.name)
        with self._database.reading() as connection:
            return [self._record(row._mapping) for row in connection.execute(statement)]

    def _record(self, row: Any) -> ServiceRecord:
        words = row["spec"]
        return ServiceRecord(
            row["id"], row["name"], ServiceSpec.from_json(words["spec"]), words["revision"], words["last_revision"],
            row["desired_replicas"], row["created_at"], row["updated_at"],
            self._places.directory / row["id"], self._places.runtime_directory / row["id"],
        )  # fmt: skip

    def begin_revision(self, record: ServiceRecord, spec: ServiceSpec) -> int:
        """Give out the next revision number, and hold the models of `spec` beside those that are served."""
        number = record.last_revision + 1
        self._write(replace(record, last_revision=number), spec.models)
        return number

    def commit(
        self, record: ServiceRecord, revision: int, spec: ServiceSpec, replicas: int | None = None
    ) -> ServiceRecord:
        """Record which revision serves from now on, with how many replicas; models of no other are held any more."""
        wanted = record.desired_replicas if replicas is None else replicas
        last = max(record.last_revision, revision)
        served = replace(record, spec=spec, revision=revision, last_revision=last, desired_replicas=wanted)
        self._write(served, ())
        return self.get(record.name)

    def _write(self, record: ServiceRecord, more: tuple[ModelPlacement, ...]) -> None:
        words = {"revision": record.revision, "last_revision": record.last_revision, "spec": record.spec.to_json()}
        values = {"spec": words, "desired_replicas": record.desired_replicas, "updated_at": _now()}
        with self._database.writing() as connection:
            connection.execute(services.update().where(services.c.id == record.id).values(values))
            connection.execute(service_models.delete().where(service_models.c.service_id == record.id))
            _hold(connection, record.id, (*record.spec.models, *more))

    def held(self, record: ServiceRecord) -> frozenset[tuple[str, int]]:
        """The registered models, as (name, version), that cannot be deleted because of this service."""
        columns = (service_models.c.model_name, service_models.c.model_version)
        with self._database.reading() as connection:
            rows = connection.execute(sa.select(*columns).where(service_models.c.service_id == record.id)).all()
        return frozenset((name, version) for name, version in rows)

    def set_replicas(self, record: ServiceRecord, replicas: int) -> ServiceRecord:
        """Record how many replicas are wanted; 0 for a stopped service."""
        values = {"desired_replicas": replicas, "updated_at": _now()}
        with self._database.writing() as connection:
            connection.execute(services.update().where(services.c.id == record.id).values(values))
        return self.get(record.name)

    def remove(self, record: ServiceRecord) -> None:
        """Give the name back and remove the folder; the event record moves to the archive. Twice is no error.

        Once the name is given back the service is gone: files that the disk does not let go of are left to `abandoned`.
        """
        values = {"deleted_at": _now()}
        with self._database.writing() as connection:
            connection.execute(service_models.delete().where(service_models.c.service_id == record.id))
            connection.execute(
                services.update().where(services.c.id == record.id, services.c.deleted_at.is_(None)).values(values)
            )
        with suppress(StorageError):
            self._put_away(record.directory)

    def _put_away(self, directory: Path) -> None:
        remove_folder(directory / "revisions")  # first what is large: on a full disk this makes the room for the rest
        segments = list(directory.glob("events*.jsonl"))
        if segments:
            kept = make_private_directory(self._places.archive / directory.name)
            for segment in segments:
                with storage_failures(kept):
                    segment.replace(kept / segment.name)
        remove_folder(directory)

    # -- one operation at a time -----------------------------------------------------------------------------------

    @contextmanager
    def operation(self, record: ServiceRecord, kind: str) -> Iterator[None]:
        """Be the only one who changes the service; raises `ConflictError` (`operation-in-progress`) naming the other.

        The kernel lets go of the lock when the process ends, however it ends.
        """
        path = _lock_path(record)
        if not path.parent.is_dir():
            self.get(record.name)  # says that it is not there; else it was made anew in the meantime
        for attempt in range(_ATTEMPTS):
            with locked(path, wait=False) as held:
                if held:
                    with storage_failures(path):
                        path.write_text(json.dumps({"kind": kind, "pid": os.getpid(), "since": now()}))
                    yield
                    return
            if attempt < _ATTEMPTS - 1:
                time.sleep(_ATTEMPT_SECONDS)  # whoever only looks whether it is free holds it for a moment
        raise _in_progress(record, path)

    @contextmanager
    def unless_operating(self, record: ServiceRecord) -> Iterator[bool]:
        """Be the only one who changes the service; yields False, at once, where somebody does already."""
        if not record.directory.is_dir():
            yield False
            return
        with locked(_lock_path(record), wait=False) as held:
            yield held

    def is_operating(self, record: ServiceRecord) -> bool:
        """Whether somebody changes the service right now."""
        if not _lock_path(record).exists():
            return False
        with locked(_lock_path(record), shared=True, wait=False) as held:
            return not held


def _lock_path(record: ServiceRecord) -> Path:
    return record.directory / _LOCK


def _in_progress(record: ServiceRecord, path: Path) -> ConflictError:
    try:
        other = json.loads(path.read_text())
        who = f"a '{other['kind']}' by process {other['pid']} since {other['since']}"
    except (OSError, ValueError, KeyError, TypeError):
        who = "another operation"
    return ConflictError(
        "operation-in-progress",
        f"Service '{record.name}' is being changed: {who}.",
        "Wait until it has ended, then try again.",
    )


def _now() -> datetime.datetime:
    return datetime.datetime.now(datetime.timezone.utc)


def registered(models: Iterable[ModelPlacement]) -> frozenset[tuple[str, int]]:
    """The registered models among those of a spec, as (name, version)."""
    return frozenset((model.name, model.version) for model in models if model.version)


def _hold(connection: sa.Connection, service_id: str, models: tuple[ModelPlacement, ...]) -> None:
    held = registered(models)
    if held:
        rows = [{"service_id": service_id, "model_name": n, "model_version": v} for n, v in sorted(held)]
        connection.execute(service_models.insert(), rows)


def remove_folder(path: Path) -> None:
    """Remove a folder with everything in it, read-only files too; gone already is no error."""
    if not path.exists():
        return
    for folder, _, _ in os.walk(path):
        Path(folder).chmod(0o700)
    shutil.rmtree(path, ignore_errors=True)
