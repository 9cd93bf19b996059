"""Watches the clock of every request: the wait limit until it begins, the deadline once it has begun.

While a debugger is attached to a worker the deadlines of its requests stand still; where that is so of every worker,
the wait limits do, too.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from modelport.server.admission import overloaded
from modelport.server.exchange import Exchange
from modelport.server.problem import Problem
from modelport.server.worker_process import CONDEMNED, Worker
from modelport.worker import wire

if TYPE_CHECKING:
    from modelport.server.pool import Pool

SWEEP_SECONDS = 0.01
CLOCK_GRACE_SECONDS = 1.0  # how far what a worker says of time may be off before it is not believed


class DeadlineWatch:
    """Looks at all requests every 10 ms while there are any; an idle replica costs nothing."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._awake = False

    def wake(self) -> None:
        """There is a request to watch."""
        if not self._awake:
            self._awake = True
            asyncio.get_running_loop().call_later(SWEEP_SECONDS, self._sweep)

    def _sweep(self) -> None:
        self._awake = False
        pool = self._pool
        now = time.monotonic()
        for worker in [*pool.active, *pool.leaving]:
            worker.look_for_debugger(now)
        if pool.active and all(worker.debugged for worker in pool.active):
            pool.line.wait_until(now + pool.limits.max_request_wait_time_ms / 1000)
        for exchange in pool.line.overdue(now):
            self.refuse_overdue(exchange, now)
        for worker in [*pool.active, *pool.leaving]:
            if worker.in_flight:
                self._sweep_worker(worker, now)
        if pool.is_busy():
            self.wake()

    def _sweep_worker(self, worker: Worker, now: float) -> None:
        if worker.debugged:
            for exchange in worker.in_flight.values():
                exchange.late_since = 0.0
            return
        begun = worker.slots.begun()
        timeout_seconds = worker.manifest.limits.scoring_timeout_ms / 1000
        idle = worker.in_flight.keys().isdisjoint(begun)
        running = late = 0
        for wire_id, exchange in list(worker.in_flight.items()):
            since = begun.get(wire_id)
            if is_late(exchange, since, idle, Clock(now, timeout_seconds, worker.debugged_until)):
                late += 1
                self._expire(worker, exchange, now, timeout_seconds)
            elif since is None:
                self._sweep_prefetched(worker, exchange, now)
            else:
                running += 1
        if late and not running and worker.state == CONDEMNED and not worker.kill_reason:
            worker.kill_showing_stack("run() did not answer within the deadline")

    def _sweep_prefetched(self, worker: Worker, exchange: Exchange, now: float) -> None:
        if exchange.begin_before <= now and not (exchange.answered or exchange.gone):
            worker.link.send(wire.pack(wire.CANCEL, exchange.wire_id))
            self.refuse_overdue(exchange, now)

    def _expire(self, worker: Worker, exchange: Exchange, now: float, timeout_seconds: float) -> None:
        """Answer a request that ran past its deadline, and take its worker out of rotation."""
        if not exchange.late_since:
            # Looked at twice: a slot is two words, and this may be the new request's id with the old one's time.
            exchange.late_since = now
            return
        pool = self._pool
        milliseconds = f"{timeout_seconds * 1000:.0f} ms"
        if not exchange.answered:
            text = (
                f"run() had not answered after {milliseconds} (scoring_timeout_ms). Its worker is replaced. "
                "Make run() faster, or raise scoring_timeout_ms."
            )
            pool.answers.problem(exchange, Problem("deadline-exceeded", text))
            pool.events.request_failed(exchange, "deadline-exceeded", milliseconds)
        elif exchange.streaming and not exchange.gone:
            pool.answers.abort_stream(exchange)
            pool.events.request_failed(exchange, "deadline-exceeded", f"{milliseconds} between two chunks of a stream")
        if worker in pool.active:
            pool.retire([worker])
            pool.events.condemned(worker, "a request ran past its deadline")

    def refuse_overdue(self, exchange: Exchange, now: float) -> None:
        """Answer a request that no worker began within its wait limit."""
        pool = self._pool
        places = sum(worker.threads for worker in pool.active)
        pool.metrics.refused += 1
        if places:
            problem = overloaded(now - exchange.arrived, len(pool.line), places, pool.times)
        else:
            problem = Problem("not-ready", "Every worker is being replaced.", retry_after_seconds=1)
        pool.events.request_refused(exchange, problem)
        pool.answers.problem(exchange, problem)


@dataclass(frozen=True)
class Clock:
    """What time it is, how long run() may take, and until when time did not count; in monotonic seconds."""

    now: float
    timeout_seconds: float
    stood_until: float = 0.0

    def passed(self, since: float) -> float:
        """The seconds that count from `since` on."""
        return self.now - max(since, self.stood_until)


def is_late(exchange: Exchange, since: float | None, idle: bool, clock: Clock) -> bool:
    """Whether a worker has had a request for too long: run() passed its deadline, or what the worker says of the
    request cannot be true. `since` is when it began (0: its clock stands still, None: it has not begun); `idle` says
    that the worker has begun none of what it holds.
    """
    overstays = clock.passed(exchange.begin_before) > clock.timeout_seconds + CLOCK_GRACE_SECONDS
    if since is None:
        return idle and overstays
    if overstays and not (exchange.streaming or exchange.gone):
        return True
    if since:  # a time that is not a number, or lies in the future, is late as well
        return not -CLOCK_GRACE_SECONDS <= clock.passed(since) <= clock.timeout_seconds
    if exchange.streaming and exchange.unsent_bytes and not exchange.gone:
        exchange.late_since = 0.0
        return False  # it waits for its reader
    exchange.late_since = exchange.late_since or clock.now
    return clock.passed(exchange.late_since) > clock.timeout_seconds
