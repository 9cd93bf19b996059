"""The services of one workspace: what doors call to deploy, change, ask and end them.

Every verb works from any process: what a service is stands in the catalogue, its folder and its server, not here.
Operations return when the server has taken the new revision on and init() is under way; `wait` sees it through.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from modelport.errors import ConflictError, ScoringError
from modelport.events import Event, EventRecord
from modelport.naming import SERVICE
from modelport.services import deploying, keys, logs, nocode, reconciling, resolving, watching
from modelport.services.parts import Parts, Report
from modelport.services.request import Labels, ServiceChange, ServiceRequest
from modelport.services.revision import Revision
from modelport.services.service import Service, look
from modelport.services.spec import ModelPlacement, ScriptSpec, ServiceSpec
from modelport.services.status import DEPLOYING, STOPPED
from modelport.services.store import ServiceRecord
from modelport.services.target import Call, LogRequest, Reply
from modelport.v1_kinds import KeysDisabledError

OnEvent = Callable[[Event], None]
_NOT_READY = 503


def _silent(_: Event) -> None:
    """Nobody listens."""
    return


@dataclass(frozen=True)
class Scoring:
    """How a service is called by `run`: headers to send, and the time to wait; None: what the service may take."""

    headers: Mapping[str, str] | None = None
    timeout_seconds: float | None = None


class ServiceManager:
    """Deploys, changes, asks and ends the services of one workspace."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._store = parts.store

    # -- operations ------------------------------------------------------------------------------------------------

    def deploy(self, request: ServiceRequest, *, overwrite: bool = False, report: Report = _silent) -> Service:
        """Make a service; returns when init() is under way. `report` sees each step as an event, when it happens.

        With `overwrite` an existing service of that name is replaced in place: it serves until the new one is ready.
        Raises `UserError`, `ScriptError`, `NotFoundError`, `ResolutionError`, `ConflictError` (`service-exists`,
        `port-in-use`, `operation-in-progress`), `DeploymentError`; then nothing is left behind.
        """
        SERVICE.check(request.name)
        existing = self._store.find(request.name)
        if existing is not None and deploying.take_away_interrupted(self._parts, existing):
            existing = None
        if existing is not None and not overwrite:
            raise ConflictError(
                "service-exists",
                f"There is a service '{request.name}' already (state {self.get(request.name).status.state}).",
                f"Replace it with overwrite=True (--overwrite), or run: modelport service delete {request.name}",
            )
        spec = resolving.resolve(self._parts, request)
        if existing is None:
            record = deploying.deploy_new(self._parts, spec, report)
        else:
            record = deploying.roll(self._parts, self._reconciled(existing), deploying.Change("deploy", spec), report)
        return self._service(record)

    def update(self, name: str, change: ServiceChange, *, report: Report = _silent) -> Service:
        """Roll a change out: the old revision serves until the new one is ready, and stays if it does not become so.

        Returns when init() of the new revision is under way: `wait` tells how it ended. Raises as `deploy` does.
        A change of labels alone takes effect at once, without a new revision.
        """
        record = self._reconciled(self._store.get(name))
        spec = resolving.changed(self._parts, record.spec.settled(record.revision), change)
        if change.labels != Labels() and change == ServiceChange(labels=change.labels):
            return self._service(deploying.relabel(self._parts, record, spec))
        return self._service(deploying.roll(self._parts, record, deploying.Change("update", spec), report))

    def reload(self, name: str, *, report: Report = _silent) -> Service:
        """Copy the script (and its source directory) again from where it was deployed from, and roll it out."""
        record = self._reconciled(self._store.get(name))
        return self._service(deploying.roll(self._parts, record, deploying.Change("reload", record.spec), report))

    def start(self, name: str, *, report: Report = _silent) -> Service:
        """Bring back a service that was stopped, killed or ended by a restart of the machine; running: no change."""
        record = self._reconciled(self._store.get(name))
        return self._service(deploying.scale(self._parts, record, record.spec.limits.workers, report))

    def stop(self, name: str, *, report: Report = _silent) -> Service:
        """Answer what is in flight, then end the server; the service stays and can be started again."""
        return self._service(deploying.scale(self._parts, self._reconciled(self._store.get(name)), 0, report))

    def scale(self, name: str, replicas: int, *, report: Report = _silent) -> Service:
        """Run with so many workers from now on; 0 stops the service. Raises `UserError` (`limit-invalid`)."""
        return self._service(deploying.scale(self._parts, self._reconciled(self._store.get(name)), replicas, report))

    def delete(self, name: str, *, report: Report = _silent) -> None:
        """End a service and remove its files; its event record is kept. Raises `NotFoundError`, `ConflictError`."""
        deploying.delete(self._parts, self._store.get(name), report)

    def wait(
        self, name: str, *, timeout_seconds: float | None = None, on_event: OnEvent | None = None
    ) -> Service:
        """Block until the last operation on the service has ended; `on_event` sees its events from the first on.

        Raises `DeploymentError` with the user's traceback if the revision did not become ready, if the server died, or
        when `timeout_seconds` have passed (`wait-timeout`; the service goes on starting); `NotFoundError`.
        """
        watching.wait(self._parts, self._store.get(name), watching.Watch(timeout_seconds, on_event or _silent))
        return self.get(name)

    def without_script(self, models: tuple[ModelPlacement, ...]) -> tuple[ScriptSpec, Mapping[str, Any]]:
        """The script and the environment that serve one model of a framework which needs none of the user's.

        Raises `UserError` (`script-needed`, `framework-without-script`).
        """
        framework = nocode.framework_of(self._parts.models, models)
        return nocode.script_of(framework), self._parts.curated(framework)

    # -- questions -------------------------------------------------------------------------------------------------

    def get(self, name: str) -> Service:
        """A service and what it is right now; raises `NotFoundError` (`service-not-found`)."""
        return self._service(self._store.get(name))

    def spec_of(self, name: str, revision: int) -> ServiceSpec:
        """What a revision of a service was asked to be, or the present one, if that revision is gone."""
        record = self._store.get(name)
        facts = Revision(record.directory, revision).facts()
        return facts[0] if facts else record.spec

    def pid_of(self, name: str) -> int:
        """The process that serves on this machine; 0 if there is none."""
        record = self._store.get(name)
        return self._parts.target_of(record.spec).observe(record.place()).pid

    def names(self) -> list[str]:
        """The names of all services, sorted; asks no server."""
        return [record.name for record in self._store.all()]

    def running(self, *image_names: str) -> list[str]:
        """The names of the services that run an image which bears one of the names; asks no server."""
        wanted = set(filter(None, image_names))
        facts = {record.name: Revision(record.directory, record.revision).facts() for record in self._store.all()}
        return [name for name, found in facts.items() if found and found[1].image_name in wanted]

    def changing(self) -> list[str]:
        """The names of the services that somebody deploys, changes or deletes right now; asks no server."""
        return [record.name for record in self._store.all() if self._store.is_operating(record)]

    def settle(self, names: Iterable[str]) -> None:
        """Bring the records of services up to what their servers say; each look at a service does so for that one."""
        for record in filter(None, map(self._store.find, names)):
            self._reconciled(record)

    def logs(self, name: str, request: LogRequest | None = None) -> Iterator[str]:
        """The service's log with the steps of its operations between the lines of user code, oldest first.

        With `follow` the iterator goes on until the service is deleted or the caller leaves it.
        """
        record = self._store.get(name)
        return logs.read(self._parts.target_of(record.spec), record, request or LogRequest())

    def events(self, name: str) -> list[Event]:
        """The event record of the service, oldest first."""
        record = self._store.get(name)
        return list(EventRecord(record.directory, record.id).read())

    def run(self, name: str, body: bytes, scoring: Scoring | None = None) -> Reply:
        """Send `body` to the service's script and return the answer; waits first while the service is being deployed.

        The service's own key is sent if it wants one. Raises `ScoringError` for a status other than 200, and where
        there is no answer; `DeploymentError` if the deployment fails while it waits.
        """
        record = self._store.get(name)
        lost: ScoringError | None = None
        if self._parts.builds(record.spec) and record.desired_replicas:
            try:  # without a look at the containers first, which costs more than most answers
                reply = self._send(record, body, scoring or Scoring())
            except ScoringError as error:
                lost = error
            else:
                if reply.status != _NOT_READY or b'"not-ready"' not in reply.body:
                    return _answered(name, reply)
        service = self.get(name)
        if lost is not None and service.status.state not in (DEPLOYING, STOPPED):
            raise lost  # it may have been computed: to send it again is for the caller to decide
        if service.status.state == DEPLOYING:
            service = self.wait(name)
        if service.status.state == STOPPED:
            remedy = f"Run: modelport service start {name}"
            raise ScoringError("service-stopped", f"Service '{name}' is stopped.", remedy)
        return _answered(name, self._send(self._store.get(name), body, scoring or Scoring()))

    def _send(self, record: ServiceRecord, body: bytes, scoring: Scoring) -> Reply:
        headers = {"Content-Type": "application/json", **(scoring.headers or {})}
        if record.spec.auth_enabled:
            headers.setdefault("Authorization", f"Bearer {keys.read(record.directory).primary}")
        limits = record.spec.limits
        patience = (limits.scoring_timeout_ms + limits.max_request_wait_time_ms) / 1000 + 10.0
        call = Call(body, headers, timeout_seconds=scoring.timeout_seconds or patience)
        return self._parts.target_of(record.spec).execute(record.place(), call)

    def keys(self, name: str) -> tuple[str, str]:
        """The primary and the secondary key; raises `ConflictError` (`keys-disabled`) if the service takes none."""
        found = keys.read(self._with_keys(name).directory)
        return found.primary, found.secondary

    def regenerate_key(self, name: str, which: str, value: str | None = None) -> tuple[str, str]:
        """Make a new "primary" or "secondary" key, or set it to `value`; valid at once. Returns both keys."""
        record = self._with_keys(name)
        with self._store.operation(record, "regenerate-key"):
            made = keys.regenerate(record.directory, which, value)
            share = self._parts.key_sharers.get(record.spec.target)
            if share is not None:
                share(record.place())
        return made.primary, made.secondary

    def _with_keys(self, name: str) -> ServiceRecord:
        record = self._store.get(name)
        if not record.spec.auth_enabled:
            raise KeysDisabledError(
                "keys-disabled",
                f"Service '{name}' takes no keys: it was deployed without authentication.",
                "Update it with auth_enabled=True (command line: modelport service update NAME --auth).",
            )
        return record

    # -- how a record becomes a service ----------------------------------------------------------------------------

    def _service(self, record: ServiceRecord) -> Service:
        return look(self._parts, self._reconciled(record))

    def _reconciled(self, record: ServiceRecord) -> ServiceRecord:
        return reconciling.reconcile(self._parts, record)

    def list(self) -> list[Service]:
        """All services, by name."""
        return [self._service(record) for record in self._store.all()]


def _answered(name: str, reply: Reply) -> Reply:
    """The answer, if it is one; raises `ScoringError` for a status other than 200."""
    if reply.status == 200:
        return reply
    raise watching.scoring_error(name, reply)
