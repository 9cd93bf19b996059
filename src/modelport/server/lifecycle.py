"""The life of a replica: start, ready, update, worker deaths, drain, end.

One revision is active; an update starts the next beside it, and only when all its workers are ready do requests go
there. If they do not become ready the old ones simply stay.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from modelport.errors import ConflictError, ModelportError
from modelport.events import Event
from modelport.manifest import Manifest
from modelport.server.admission import ServiceTimes
from modelport.server.answers import AnswerWriter
from modelport.server.exchange import Exchange
from modelport.server.failure_count import FailureCount
from modelport.server.journal import Journal
from modelport.server.launching import launch
from modelport.server.metrics import Metrics
from modelport.server.pool import Pool, PoolEvents
from modelport.server.problem import Problem
from modelport.server.restart import RestartPause
from modelport.server.rollout import Rollout
from modelport.server.worker_process import READY, STARTING, Failure, Worker

_QUIT_SECONDS_MAX = 5.0  # for a worker that has answered everything to end by itself


@dataclass
class Surroundings:
    """What the life cycle writes to, and how it ends."""

    journal: Journal
    environ: dict[str, str]
    stop: Callable[[int], None]


class Lifecycle:
    """Owns the workers; the pool only borrows those that may take requests."""

    def __init__(self, manifest: Manifest, surroundings: Surroundings, metrics: Metrics) -> None:
        self.manifest = manifest
        self.rollout: Rollout | None = None
        self.workers: list[Worker] = []
        self.description: dict[str, Any] = {}
        self.was_ready = False
        self.draining = False
        self.failure: Failure | None = None
        self.logs_failures = True  # False where whoever runs this process tells of them
        self._surroundings = surroundings
        self._metrics = metrics
        self._pause = RestartPause()
        self._restart: asyncio.TimerHandle | None = None
        self._launched = 0
        self._last_death: dict[str, Any] | None = None
        self._failures = FailureCount()
        self._refusals = FailureCount()  # of their own: whoever floods a service without a key hides no failure
        events = PoolEvents(self._condemned, self._request_failed, self.request_refused, self._answered)
        self.answers = AnswerWriter(manifest.debug, manifest.listen.cors_origins)
        self.pool = Pool(manifest.limits, events, metrics, self.answers)

    # -- the state in words --------------------------------------------------------------------------------------

    @property
    def state(self) -> str:
        """starting, ready, unhealthy (was ready, and no worker is), failed (never was ready) or draining."""
        if self.draining:
            return "draining"
        if self.pool.active:
            return "ready"
        if self.rollout is not None and self.rollout.under_way and not self.was_ready:
            return "starting"
        return "unhealthy" if self.was_ready else "failed"

    def status(self) -> dict[str, Any]:
        """Everything a target or a person asks for, as JSON-ready words."""
        return {
            "state": self.state,
            "revision": self.manifest.revision,
            "replicas": self.manifest.limits.workers,
            "failure": self.failure.to_dict() if self.failure else None,
            "rollout": self.rollout.to_dict() if self.rollout else None,
            "queue_length": len(self.pool.line),
            "mean_run_ms": round(self.pool.times.mean_seconds * 1000, 3),
            "restart_pending": self._restart is not None,
            "last_death": self._last_death,
            "workers": [
                {"name": w.name, "pid": w.child.pid, "state": w.state, "revision": w.manifest.revision,
                 "answered": w.answered, "in_flight": len(w.in_flight), "debugger": w.debugger_words}
                for w in self.workers
            ],
        }  # fmt: skip

    # -- revisions -----------------------------------------------------------------------------------------------

    def apply(self, manifest: Manifest) -> Rollout:
        """Start the workers of a new revision; they take over when all are ready. Raises `ConflictError`."""
        if self.draining:
            raise ConflictError("service-draining", f"The service '{manifest.service_name}' is shutting down.")
        if self.rollout is not None and self.rollout.under_way:
            raise ConflictError(
                "operation-in-progress",
                f"Another operation on the service '{manifest.service_name}' is under way: revision "
                f"{self.rollout.manifest.revision} has been starting for {self.rollout.seconds:.1f} s.",
                "Wait until it has ended, then try again.",
            )
        rollout = Rollout(manifest)
        self.rollout = rollout
        if not self.was_ready:
            self.pool.refuse_all(Problem("not-ready", "init() of the script is still running.", retry_after_seconds=1))
        self.note(Event("init", "started", f"{manifest.limits.workers} worker(s)", revision=manifest.revision))
        try:
            for _ in range(manifest.limits.workers):
                rollout.workers.append(self._launch(manifest))
        except ModelportError as error:
            self._abandon(rollout, Failure(error.code, error.message, error.remedy, step="launch"))
        return rollout

    def _launch(self, manifest: Manifest) -> Worker:
        self._launched += 1
        self._metrics.worker_starts += 1
        environ = worker_environ(self._surroundings.environ, manifest)
        worker = launch(f"worker-{self._launched}", manifest, self, self._surroundings.journal, environ)
        self.workers.append(worker)
        loop = asyncio.get_running_loop()
        worker.init_clock = loop.call_later(manifest.limits.init_timeout_seconds, worker.expire_init)
        return worker

    def worker_ready(self, worker: Worker) -> None:
        """One more worker has finished init()."""
        self.note(
            Event(
                "init", "succeeded", worker=worker.name, revision=worker.manifest.revision,
                duration_seconds=float(worker.ready.get("init_seconds", 0.0)),
                data={"python": worker.ready.get("python", ""), "pid": worker.child.pid},
            )
        )  # fmt: skip
        rollout = self.rollout
        if rollout is not None and worker in rollout.workers and rollout.under_way:
            if rollout.all_ready():
                self._shift(rollout)
        elif worker.manifest is self.manifest:
            self.failure = None
            self.pool.add([worker])

    def _shift(self, rollout: Rollout) -> None:
        """All workers of the new revision are ready: requests go there from now on, the old ones drain."""
        old = [worker for worker in self.workers if worker not in rollout.workers]
        self.manifest = rollout.manifest
        self.description = rollout.workers[0].ready.get("description", {})
        self.pool.limits = rollout.manifest.limits
        self.pool.times = ServiceTimes()
        self.answers.debug = rollout.manifest.debug
        self.answers.cors_origins = rollout.manifest.listen.cors_origins
        self.pool.add(rollout.workers)
        self.pool.retire([worker for worker in old if worker.exit is None])
        self._pause.reset()
        self._cancel_restart()
        self.failure = None
        self.was_ready = True
        rollout.succeeded = True
        self.note(
            Event("ready", "succeeded", revision=rollout.manifest.revision, duration_seconds=round(rollout.seconds, 6))
        )

    def _abandon(self, rollout: Rollout, failure: Failure) -> None:
        """The new revision did not become ready: its workers are killed, whatever served before goes on."""
        rollout.succeeded = False
        rollout.failure = failure
        rollout.kill_workers("the revision that it belongs to did not become ready")
        self.note(
            Event("init", "failed", failure.message, revision=rollout.manifest.revision, code=failure.code,
                  data={"traceback": failure.traceback, "remedy": failure.remedy})
        )  # fmt: skip
        if self.logs_failures:
            self._write_to_log(failure)
        if self.was_ready:
            return
        self.failure = failure
        self._refuse_for(failure)
        if self.manifest.exit_on_init_failure:
            self._surroundings.stop(3)

    def _write_to_log(self, failure: Failure) -> None:
        """The log has to tell of it too; what a worker printed before it died is there already."""
        told = failure.message if failure.code == "init-died" else failure.traceback or failure.message
        for line in told.splitlines():
            self._surroundings.journal.write("server", "stderr", "", line)

    def _refuse_for(self, failure: Failure) -> None:
        self.pool.refuse_all(
            Problem("not-ready", f"No worker is ready. {failure.message} See the log.", retry_after_seconds=5)
        )

    # -- workers come to their end -------------------------------------------------------------------------------

    def worker_answered(self, worker: Worker, kind: int, flags: int, request: int, payload: bytes) -> None:
        """A frame that belongs to a request. Raises `WireError`."""
        self.pool.take_frame(worker, kind, flags, request, payload)

    def worker_lost(self, worker: Worker) -> None:
        """Give it no more requests: they would wait until its process has ended."""
        worker.lost = self.pool.lose(worker)

    def worker_ended(self, worker: Worker) -> None:
        """A worker process is gone: was that wanted, and what follows?"""
        self.workers.remove(worker)
        was_active = worker.lost or worker in self.pool.active
        rollout = self.rollout
        if rollout is not None and worker in rollout.workers and rollout.under_way:
            if self.draining:  # it was ended because the service ends; that is no failure of the script
                rollout.succeeded = False
                return
            self._abandon(rollout, worker.failure or Failure("init-died", "The worker ended by itself."))
            return
        self.pool.bury(worker)
        retried = self.was_ready and not self.draining and worker.manifest is self.manifest
        if was_active or (retried and worker.failure is not None):
            self._note_death(worker)
            self._replace(worker)

    def _note_death(self, worker: Worker) -> None:
        self._metrics.worker_deaths += 1
        words = _exit_words(worker)
        out_of_memory = bool(worker.exit and worker.exit.out_of_memory)
        self._last_death = {"message": words, "out_of_memory": out_of_memory, "time": time.time()}
        code = worker.failure.code if worker.failure else "worker-died"
        revision = worker.manifest.revision
        self.note(Event("worker-died", "failed", words, worker=worker.name, code=code, revision=revision))
        self._surroundings.journal.write("server", "stderr", "", f"{worker.name} died: {words}")

    def _replace(self, worker: Worker) -> None:
        """Start a successor after the pause that this death costs."""
        pause = self._pause.after_death(time.monotonic() - worker.started)
        if worker.failure is not None:
            self.failure = worker.failure
        if not self.pool.active and pause:
            words = worker.failure.message if worker.failure else f"The last worker died: {_exit_words(worker)}."
            next_try = max(1, round(pause))
            self.pool.refuse_all(Problem("not-ready", f"{words} The next try is in {pause:g} s.", next_try))
        if self._restart is None:
            self._restart = asyncio.get_running_loop().call_later(pause, self._fill_up)

    def _fill_up(self) -> None:
        """Start as many workers as are missing."""
        self._restart = None
        if self.draining:
            return
        living = [w for w in self.workers if w.manifest is self.manifest and w.state in (STARTING, READY)]
        try:
            for _ in range(self.manifest.limits.workers - len(living)):
                worker = self._launch(self.manifest)
                self.note(Event("restart", worker=worker.name, revision=self.manifest.revision))
        except ModelportError as error:
            self.failure = Failure(error.code, error.message, error.remedy, step="launch")
            self._refuse_for(self.failure)
            self._restart = asyncio.get_running_loop().call_later(self._pause.after_death(0.0), self._fill_up)

    def _cancel_restart(self) -> None:
        if self._restart is not None:
            self._restart.cancel()
            self._restart = None

    def _condemned(self, worker: Worker, reason: str) -> None:
        self._metrics.deadlines += 1
        self.note(Event("kill", worker=worker.name, message=reason, code="deadline-exceeded"))
        self._surroundings.journal.write("server", "stderr", "", f"{worker.name} is replaced: {reason}")
        self._fill_up()

    def _answered(self, worker: Worker) -> None:
        if worker.manifest is self.manifest:
            self._pause.reset()

    def _request_failed(self, exchange: Exchange, code: str, detail: str) -> None:
        event = self._failures.event(exchange.request_id.decode("latin-1"), code, detail)
        if event is not None:
            self.note(event)

    def request_refused(self, exchange: Exchange, problem: Problem) -> None:
        """Keep on the record that a request was not served, for a reason that lies outside the script."""
        request_id = exchange.request_id.decode("latin-1")
        event = self._refusals.event(request_id, problem.code, problem.detail, problem.numbers)
        if event is not None:
            self.note(event)

    # -- the end -------------------------------------------------------------------------------------------------

    async def drain(self) -> None:
        """Answer what has been accepted, refuse what comes, then end the workers; within the drain time limit."""
        self.draining = True
        self._cancel_restart()
        self.note(Event("drain", "started"))
        started = time.monotonic()
        deadline = started + self.manifest.limits.drain_timeout_seconds
        if self.rollout is not None and self.rollout.under_way:
            self.rollout.kill_workers("the service is shutting down")
        while self._busy() and time.monotonic() < deadline:
            await asyncio.sleep(0.01)
        self.pool.retire(list(self.pool.active))
        for worker in self.workers:
            if worker.state == STARTING:  # a successor that is not ready yet: it holds nothing, and nobody waits for it
                worker.kill("the service is shutting down")
        patience = min(deadline, time.monotonic() + _QUIT_SECONDS_MAX)
        while self.workers and time.monotonic() < patience:
            await asyncio.sleep(0.005)
        for worker in self.workers:
            worker.kill("it had not ended when the drain time limit passed")
        self.note(Event("drain", "succeeded", duration_seconds=round(time.monotonic() - started, 6)))

    def _busy(self) -> int:
        return len(self.pool.line) + sum(len(worker.in_flight) for worker in self.workers)

    def note(self, event: Event) -> None:
        """Append an event to the record, with the operation and revision it belongs to."""
        manifest = self.rollout.manifest if self.rollout else self.manifest
        words = {**event.__dict__, "operation": event.operation or manifest.operation}
        words["revision"] = event.revision or manifest.revision
        self._surroundings.journal.append(Event(**words))


def _exit_words(worker: Worker) -> str:
    if worker.kill_reason:
        return worker.kill_reason
    return worker.exit.words if worker.exit else "it is not known how"


_OWN_SECRETS = frozenset({"MODELPORT_SECRET_KEY"})  # opens the workspace's secrets; user code has no use for it


def worker_environ(environ: dict[str, str], manifest: Manifest) -> dict[str, str]:
    """The environment of a worker: the server's own, then the user's variables, then v1's names for places."""
    program = manifest.program
    names = {
        "AML_APP_ROOT": program.app_directory,
        "AZUREML_ENTRY_SCRIPT": program.entry_script,
        "SERVICE_NAME": manifest.service_name,
    }
    if program.model_directory:
        names["AZUREML_MODEL_DIR"] = program.model_directory
    inherited = {name: value for name, value in environ.items() if name not in _OWN_SECRETS}
    return {**inherited, **program.environment_variables, **names}
