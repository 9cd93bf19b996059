"""The operations that change a service: deploy, roll out, scale, delete; and what a revision's end is recorded as."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from modelport.errors import ConflictError, StorageError, UserError
from modelport.events import EventRecord
from modelport.manifest import Container, Manifest, Places
from modelport.naming import new_id
from modelport.services import keys, serving_lock
from modelport.services.parts import Parts, RealisedEnvironment, Report
from modelport.services.reconciling import settle
from modelport.services.resolving import check_limits
from modelport.services.revision import Revision, revisions_of
from modelport.services.rollout import Ledger, Phase, run_phases
from modelport.services.spec import RevisionPlan, ServiceSpec, manifest_of
from modelport.services.store import ServiceRecord
from modelport.services.target import Observation


@dataclass(frozen=True)
class Change:
    """What is rolled out: the kind of operation (deploy, update, reload) and the spec that is wished."""

    kind: str
    spec: ServiceSpec


def deploy_new(parts: Parts, spec: ServiceSpec, report: Report) -> ServiceRecord:
    """Make a service from a spec; nothing is left but its event record if that fails before init() has begun."""
    check(parts, spec, 0)  # before there is anything that could be left behind
    with parts.store.drafted(spec, "deploy") as record:  # begun before anybody can see it and take it for a killed one
        parts.store.add(record)
        try:
            _Roll(parts, record, Change("deploy", spec), report, 1).run()
        except BaseException:
            with contextlib.suppress(StorageError):  # what is left is taken away by whoever deploys that name next
                parts.store.remove(record)
            raise
    return record


def roll(parts: Parts, record: ServiceRecord, change: Change, report: Report) -> ServiceRecord:
    """Roll a spec out beside what serves now; if that fails before init() has begun, all is as it was."""
    with parts.store.operation(record, change.kind):
        fresh = settle(parts, parts.store.get(record.name))
        _refuse_while_another_starts(parts, fresh)  # before a step could touch what it needs
        _refuse_what_is_outdated(record, fresh, change)
        number = parts.store.begin_revision(fresh, change.spec)
        try:
            _Roll(parts, fresh, change, report, number).run()
        except BaseException:
            with contextlib.suppress(StorageError):  # the next look at the service lets go of the models
                parts.store.commit(fresh, fresh.revision, fresh.spec)
            raise
        return parts.store.set_replicas(fresh, change.spec.limits.workers)


def relabel(parts: Parts, record: ServiceRecord, spec: ServiceSpec) -> ServiceRecord:
    """Record a spec that differs in words alone, which nothing has to be rolled out for."""
    with parts.store.operation(record, "relabel"):
        fresh = settle(parts, parts.store.get(record.name))
        _refuse_while_another_starts(parts, fresh)
        _refuse_what_is_outdated(record, fresh, Change("relabel", spec))
        return parts.store.commit(fresh, fresh.revision, spec)


def _refuse_while_another_starts(parts: Parts, record: ServiceRecord) -> None:
    """Whoever began the rollout may have left (Ctrl-C, kill -9): then the server alone knows that it goes on."""
    rollout = dict(parts.target_of(record.spec).observe(record.place()).status.get("rollout") or {})
    if rollout.get("state") == "running":
        raise ConflictError(
            "operation-in-progress",
            f"Another operation on the service '{record.name}' is under way: revision {rollout.get('revision')} is "
            "still starting.",
            f"Wait until it has ended, then try again; see how far it is: modelport service show {record.name}",
        )


def _refuse_what_is_outdated(record: ServiceRecord, fresh: ServiceRecord, change: Change) -> None:
    """An update is made of the service that its caller saw: it must not undo what another one changed since."""
    if change.kind != "deploy" and fresh.last_revision != record.last_revision:
        raise ConflictError(
            "operation-in-progress",
            f"Another operation changed the service '{record.name}' (revision {fresh.last_revision}) while this "
            f"{change.kind} began, which was meant for revision {record.last_revision}.",
            f"Look at what the service is now, then try again: modelport service show {record.name}",
        )


class _Roll:
    """One revision on its way: what the phases share."""

    def __init__(self, parts: Parts, record: ServiceRecord, change: Change, report: Report, number: int) -> None:
        self._parts = parts
        self._record = record
        self._spec = change.spec
        self._kind = change.kind
        self._revision = Revision(record.directory, number)
        self._before = Revision(record.directory, record.revision) if number > 1 else None
        self._target = parts.target_of(change.spec)
        self._pack = parts.packers.get(change.spec.target)
        self._environment = RealisedEnvironment("")
        self._own_files = False
        self._ledger = Ledger(EventRecord(record.directory, record.id), change.kind, new_id(), number, report)

    def run(self) -> None:
        """Check, solve, place, launch; where the target runs images: check, place, build, launch."""
        had_keys = keys.path_in(self._record.directory).exists()
        place = Phase("place", self._place, self._remove_unless_taken)
        phases = [
            Phase("check", self._check),
            *([place, Phase("build", self._build)] if self._pack else [Phase("solve", self._solve), place]),
            Phase("launch", self._launch, None if self._before else self._end),
        ]
        try:
            run_phases(phases, self._ledger)
        except BaseException:
            if not had_keys:
                keys.path_in(self._record.directory).unlink(missing_ok=True)
            raise

    def _check(self) -> str:
        return check(self._parts, self._spec, self._observed().endpoint[1] if self._before else 0)

    def _observed(self) -> Observation:
        return self._target.observe(self._record.place())

    def _solve(self) -> str:
        facts = self._before.facts() if self._before else None
        if facts and facts[0].environment == self._spec.environment and Path(facts[1].python).exists():
            self._environment = facts[1]
            return f"unchanged: {self._environment.python}"
        self._environment = self._parts.realise(self._spec.environment, self._tell)
        return self._environment.python

    def _build(self) -> str:
        """The image of the revision; a reload runs the one that is there, with the script as it is now."""
        before = self._before.facts() if self._before else None
        if self._kind == "reload" and before is not None and before[1].image:
            self._environment = before[1]
            self._own_files = bool(self._spec.script.entry_script) and not self._spec.container.image
            told = f"unchanged: {self._environment.image_name}"
        elif self._spec.container.image:
            name = self._spec.container.image_name or self._spec.container.image
            self._environment = RealisedEnvironment("", image=self._spec.container.image, image_name=name)
            told = f"given: {name}"
        elif self._pack is not None:
            self._environment = self._pack(self._spec, self._revision.app_directory, self._tell_build)
            told = f"{self._environment.image_name} ({self._environment.image}), log {self._environment.build_log}"
        self._revision.write_facts(self._spec, self._environment)
        return told

    def _container(self) -> Container:
        made = self._environment
        return replace(
            self._spec.container, image=made.image, image_name=made.image_name, own_files=self._own_files
        )

    def _tell(self, line: str) -> None:
        self._ledger.note("solve", "info", line)

    def _tell_build(self, line: str) -> None:
        self._ledger.note("build", "info", line)

    def _place(self) -> str:
        seen = self._observed()
        for old in revisions_of(self._record.directory) if seen.status or not seen.alive else ():
            if old.number not in (self._record.revision, self._revision.number):
                old.remove()  # not while a server that does not answer may still serve it
        unchanged = self._before if self._before and self._same_models() else None
        self._revision.lay_out(self._spec, self._parts.models, unchanged)
        self._revision.write_facts(self._spec, self._environment)
        if self._spec.auth_enabled:
            keys.ensure(self._record.directory)
        return f"script {self._spec.script.served_path}, {len(self._spec.models)} model(s)"

    def _remove_unless_taken(self) -> None:
        """Remove the folder, unless the server was told of it already (Ctrl-C just after that): then it may serve."""
        status = self._observed().status
        taken = (status.get("revision"), dict(status.get("rollout") or {}).get("revision"))
        if self._revision.number not in taken:
            self._revision.remove()

    def _same_models(self) -> bool:
        """Files that the user named by path are read again, but for a reload, which renews the script alone."""
        return self._kind == "reload" or all(model.version for model in self._spec.models)

    def _launch(self) -> str:
        seen = self._target.apply(self._record.place(self._ledger.operation), self._manifest())
        process = f", process {seen.pid}" if seen.pid else ""  # none that is known of a container that starts again
        return f"listening on {seen.endpoint[0]}:{seen.endpoint[1]}{process}"

    def _manifest(self) -> Manifest:
        directory = self._record.directory
        places = Places(
            str(directory), str(self._record.runtime_directory),
            str(keys.path_in(directory)) if self._spec.auth_enabled else "", str(directory / "service.log"),
        )  # fmt: skip
        port = self._spec.listen.port or (self._observed().endpoint[1] if self._before else 0)
        plan = RevisionPlan(
            self._record.id, self._revision.number, self._ledger.operation, self._environment.python,
            str(self._revision.app_directory), self._environment.environment_variables, port, places, self._container(),
        )  # fmt: skip
        return manifest_of(self._spec, plan)

    def _end(self) -> None:
        self._target.delete(self._record.place(self._ledger.operation))


def check(parts: Parts, spec: ServiceSpec, own_port: int) -> str:
    """What can be known before anything is made: the target, the script, what the target's place forbids. `own_port` is
    the one that the service has already (0: none). Returns the path of the script; raises what forbids it."""
    parts.target_of(spec)
    if not spec.nocode and spec.script.entry_script:
        parts.check_script(spec.script.path)
    preflight = parts.preflights.get(spec.target)
    if preflight is not None:
        preflight(spec, own_port)
    return str(spec.script.path)


def scale(parts: Parts, record: ServiceRecord, replicas: int, report: Report) -> ServiceRecord:
    """Run with so many workers; 0 ends the server. A service that runs so already is left as it is."""
    if isinstance(replicas, bool) or not isinstance(replicas, int) or replicas < 0:
        raise UserError(
            "replicas-invalid",
            f"The number of replicas must be a whole number from 0 on; it is {replicas!r}.",
            "0 stops the service; 1 is the default.",
        )
    kind = "start" if replicas and not record.desired_replicas else "scale" if replicas else "stop"
    target = parts.target_of(record.spec)
    with parts.store.operation(record, kind):
        record = settle(parts, parts.store.get(record.name))
        seen = target.observe(record.place())
        if replicas and not seen.alive:
            kind = "start"
        elif replicas == len(seen.status.get("workers", ())) and replicas == record.desired_replicas:
            return record
        ledger = Ledger(EventRecord(record.directory, record.id), kind, new_id(), record.revision, report)
        if not replicas:  # first the wish: a stop that is broken off halfway leaves no service that seems to have died
            parts.store.set_replicas(record, 0)
        run_phases([Phase("drain" if not replicas else "launch", _scaling(parts, record, replicas, ledger))], ledger)
        record = parts.store.set_replicas(record, replicas)
        if replicas and replicas != record.spec.limits.workers:
            spec = replace(record.spec, limits=check_limits({**record.spec.limits.__dict__, "workers": replicas}))
            record = parts.store.commit(record, record.revision, spec)
        return record


def _scaling(parts: Parts, record: ServiceRecord, replicas: int, ledger: Ledger) -> Callable[[], str]:
    def run() -> str:
        parts.target_of(record.spec).scale(record.place(ledger.operation), replicas)
        return f"{replicas} replica(s)"

    return run


def delete(parts: Parts, record: ServiceRecord, report: Report) -> None:
    """End a service, give its name back, remove its files; the event record goes to the archive."""
    with parts.store.operation(record, "delete"):
        ledger = Ledger(EventRecord(record.directory, record.id), "delete", new_id(), record.revision, report)
        ledger.note("delete", "started")
        parts.store.set_replicas(record, 0)  # a catalogue that takes no writes is noticed while the service still runs
        parts.target_of(record.spec).delete(record.place(ledger.operation))
        ledger.try_note("delete", "succeeded")
        parts.store.remove(record)


def take_away_interrupted(parts: Parts, record: ServiceRecord) -> bool:
    """Take away what a deployment left that was killed before it had started a server; False if this is no such one."""
    if parts.store.is_operating(record) or _was_launched(parts, record):
        return False
    with parts.store.operation(record, "delete"):
        if _was_launched(parts, record):
            return False
        parts.target_of(record.spec).delete(record.place())
        parts.store.remove(record)
        return True


def _was_launched(parts: Parts, record: ServiceRecord) -> bool:
    """Whether there is, or ever was, a server, or one is starting: its starter may have been killed, it goes on."""
    return serving_lock.is_held(record.directory) or parts.target_of(record.spec).observe(record.place()).launched
