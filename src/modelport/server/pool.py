"""The pool: gives waiting requests to workers, watches deadlines, and deals with workers that hang or die."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from modelport.manifest import Limits
from modelport.server.admission import ServiceTimes, WaitingLine
from modelport.server.answers import AnswerWriter
from modelport.server.deadlines import DeadlineWatch
from modelport.server.exchange import Exchange
from modelport.server.metrics import Metrics
from modelport.server.problem import Problem
from modelport.server.worker_process import CONDEMNED, READY, Worker
from modelport.worker import wire

_PLAIN_JSON = (b"application/json", b"application/json; charset=utf-8")


@dataclass
class PoolEvents:
    """What the pool tells the life cycle: a worker was condemned and needs a successor; a request failed; one was
    refused; one was answered."""

    condemned: Callable[[Worker, str], None]
    request_failed: Callable[[Exchange, str, str], None]
    request_refused: Callable[[Exchange, Problem], None]
    answered: Callable[[Worker], None]


@dataclass
class Pool:
    """Requests on one side, the workers of the active revision on the other.

    `active` are the workers that may take requests; a worker that drains or is condemned is no longer among them but
    may still hold requests. `refusal` answers requests at once while there is nobody to wait for.
    """

    limits: Limits
    events: PoolEvents
    metrics: Metrics
    answers: AnswerWriter
    line: WaitingLine = field(default_factory=WaitingLine)
    times: ServiceTimes = field(default_factory=ServiceTimes)
    active: list[Worker] = field(default_factory=list)
    leaving: list[Worker] = field(default_factory=list)
    refusal: Problem | None = None
    _last_wire_id: int = 0
    _owners: dict[Exchange, Worker] = field(default_factory=dict)
    watch: DeadlineWatch = field(init=False)

    def __post_init__(self) -> None:
        self.watch = DeadlineWatch(self)

    def is_busy(self) -> bool:
        """Whether anyone waits or is being served."""
        return bool(len(self.line) or self._owners)

    # -- requests come -------------------------------------------------------------------------------------------

    def submit(self, exchange: Exchange) -> None:
        """Take on a request whose body is complete."""
        if self.refusal is not None:
            self.answers.problem(exchange, self.refusal)
            return
        now = time.monotonic()
        exchange.arrived = now
        exchange.begin_before = now + self.limits.max_request_wait_time_ms / 1000
        self.watch.wake()
        worker = self._free_worker() if not len(self.line) else None
        if worker is not None:
            self._give(worker, exchange)
        else:
            self.line.join(exchange)

    def leave(self, exchange: Exchange) -> None:
        """The client of a request has gone: it is not computed if it has not begun; a stream ends."""
        worker = self._owners.get(exchange)
        if worker is not None:
            worker.link.send(wire.pack(wire.CANCEL, exchange.wire_id))
        elif exchange.arrived and not exchange.answered:  # one that was never submitted does not stand in the line
            self.line.leave()
        exchange.release()

    def give_credit(self, exchange: Exchange, size: int) -> None:
        """The client took `size` bytes of a stream: the worker may send as many more."""
        worker = self._owners.get(exchange)
        if worker is not None:
            worker.link.send(wire.pack(wire.CREDIT, exchange.wire_id, wire.CREDIT_BYTES.pack(size)))

    def _free_worker(self) -> Worker | None:
        """An idle worker, else one that may prefetch; the least loaded of them."""
        best: Worker | None = None
        load = 0
        for worker in self.active:
            held = len(worker.in_flight)
            if best is None or held < load:
                best, load = worker, held
        if best is None or (load and load >= best.threads + self._prefetch_depth(best)):
            return None
        return best

    def _prefetch_depth(self, worker: Worker) -> int:
        """How many requests it may hold ahead: none where it may stand at a breakpoint at any time."""
        return 0 if worker.debugged else self.times.prefetch_depth(len(self.active))

    def dispatch(self) -> None:
        """Give out what waits while there is room."""
        while len(self.line):
            worker = self._free_worker()
            if worker is None:
                return
            exchange = self.line.next()
            if exchange is None:
                return
            self._give(worker, exchange)

    def _give(self, worker: Worker, exchange: Exchange) -> None:
        self._last_wire_id += 1
        exchange.wire_id = wire_id = self._last_wire_id
        worker.in_flight[wire_id] = exchange
        self._owners[exchange] = worker
        exchange.sent_at = time.monotonic()
        head = _request_head(exchange, worker)
        spool = exchange.spool
        if spool is None:
            frame = wire.pack_request(wire_id, exchange.body, exchange.request_id, exchange.begin_before, head)
            worker.link.send(frame)
        else:
            frame = wire.pack_request(wire_id, b"", exchange.request_id, exchange.begin_before, head, descriptor=True)
            worker.link.send_with_descriptor(frame, spool.descriptor)

    # -- answers come --------------------------------------------------------------------------------------------

    def take_frame(self, worker: Worker, kind: int, flags: int, request: int, payload: wire.Bytes) -> None:
        """Deal with a frame that belongs to a request. Raises `WireError` for one that belongs to none, or that cannot
        be where it is; the request is then taken for begun, whatever the worker says."""
        exchange = worker.in_flight.get(request)
        if exchange is None:
            raise wire.WireError(f"a frame of kind {kind} for request {request}, which it does not have")
        try:
            self._take(worker, exchange, kind, flags, payload)
        except wire.WireError:
            worker.blamed = request
            raise

    def _take(self, worker: Worker, exchange: Exchange, kind: int, flags: int, payload: wire.Bytes) -> None:
        if exchange.streaming and not exchange.gone and kind in (wire.ANSWER, wire.SKIPPED):
            raise wire.WireError("a stream ended in an answer")
        if kind == wire.ANSWER:
            seconds, problem = self.answers.whole(exchange, flags, payload)
            if problem is not None and problem.status >= 500:
                self.events.request_failed(exchange, problem.code, problem.detail)
            elif problem is not None:
                self.events.request_refused(exchange, problem)
            self._done(worker, exchange, seconds)
        elif kind == wire.SKIPPED:
            self._done(worker, exchange, None)
            if not exchange.answered and not exchange.gone:
                self.watch.refuse_overdue(exchange, time.monotonic())
        elif kind == wire.STREAM:
            self.answers.begin_stream(exchange, flags, payload)
            if not exchange.streaming:  # a cancellation that came while run() still computed was too early
                worker.link.send(wire.pack(wire.CANCEL, exchange.wire_id))
        elif kind == wire.CHUNK:
            self.answers.chunk(exchange, payload)
        elif not (exchange.streaming or exchange.answered or exchange.gone):
            raise wire.WireError("a stream ended that had not begun")
        elif kind == wire.END:
            self._done(worker, exchange, time.monotonic() - exchange.sent_at)
            self.answers.end_stream(exchange)
        else:  # ABORT: the frame reader lets nothing else through
            self.events.request_failed(exchange, "run-failed", str(wire.unpack_object(payload).get("detail", "")))
            self._done(worker, exchange, None)
            self.answers.abort_stream(exchange)

    def _done(self, worker: Worker, exchange: Exchange, seconds: float | None) -> None:
        del worker.in_flight[exchange.wire_id]
        self._owners.pop(exchange, None)
        if seconds is not None:
            worker.answered += 1
            self.times.add(seconds)
            self.metrics.run_seconds.observe(seconds)
            self.events.answered(worker)
        if len(self.line):
            self.dispatch()
        if not worker.in_flight and worker.state != READY:
            self._release(worker)

    # -- workers come and go -------------------------------------------------------------------------------------

    def add(self, workers: list[Worker]) -> None:
        """Let these workers take requests from now on."""
        self.active.extend(workers)
        self.refusal = None
        self.dispatch()

    def retire(self, workers: list[Worker]) -> None:
        """Give these workers nothing more; each ends when it has answered what it holds."""
        for worker in workers:
            if worker in self.active:
                self.active.remove(worker)
            if worker not in self.leaving:
                self.leaving.append(worker)
            worker.state = CONDEMNED if worker.state == READY else worker.state
            if not worker.in_flight:
                self._release(worker)

    def _release(self, worker: Worker) -> None:
        if worker.kill_reason or worker.exit is not None:
            return
        worker.quit()

    def lose(self, worker: Worker) -> bool:
        """Give this worker nothing more, for it cannot answer; returns whether it was to be given something."""
        if worker not in self.active:
            return False
        self.active.remove(worker)
        self.leaving.append(worker)
        return True

    def bury(self, worker: Worker) -> None:
        """The worker is dead: what it ran is answered, what it had not begun goes back to the head of the line."""
        for workers in (self.active, self.leaving):
            if worker in workers:
                workers.remove(worker)
        begun = worker.slots.begun()
        waiting = []
        for wire_id, exchange in sorted(worker.in_flight.items()):
            self._owners.pop(exchange, None)
            if exchange.gone or (exchange.answered and not exchange.streaming):
                continue
            if wire_id in begun or wire_id == worker.blamed:
                self._answer_death(worker, exchange)
            else:
                waiting.append(exchange)
        worker.in_flight.clear()
        if self.refusal is None:
            self.line.rejoin(waiting)
            self.dispatch()
        else:
            self._refuse_all(waiting, self.refusal)

    def refuse_all(self, problem: Problem) -> None:
        """Answer everyone who waits with `problem`, and everyone who comes until a worker is added."""
        self.refusal = problem
        self._refuse_all(self.line.take_all(), problem)

    def _refuse_all(self, exchanges: list[Exchange], problem: Problem) -> None:
        for exchange in exchanges:
            self.answers.problem(exchange, problem)

    def _answer_death(self, worker: Worker, exchange: Exchange) -> None:
        words = worker.exit.words if worker.exit else "an unknown end"
        if exchange.streaming:
            self.answers.abort_stream(exchange)
        elif not exchange.answered:
            self.answers.problem(
                exchange, Problem("worker-died", f"The worker that ran this request died: {words}.")
            )
        self.events.request_failed(exchange, "worker-died", words)


def _request_head(exchange: Exchange, worker: Worker) -> bytes:
    """What the script needs to know beside the body; nothing for the common request: POST, JSON, no headers asked."""
    if not worker.needs_head and exchange.method == "POST" and exchange.content_type in _PLAIN_JSON:
        return b""
    words: dict[str, object] = {
        "m": exchange.method,
        "t": exchange.target,
        "c": exchange.content_type.decode("latin-1"),
    }
    if worker.needs_head:
        words["h"] = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in exchange.headers]
    return json.dumps(words).encode()


