"""Short requests with a few slow ones among them, on two workers: does anyone wait while a worker is idle?

The control is a simulation of one central queue, first come first served, with the arrivals of the run and the service
times that it measured; another of two queues, one for each worker, shows what the bar tells apart.
"""

from __future__ import annotations

import heapq
import json
import random
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.contenders import Contender, Setting
from benchmarks.load import Target
from benchmarks.measure import start
from benchmarks.open_loop import Arrival, Due, send_when_due
from benchmarks.processes import free_port, scratch_folder
from benchmarks.venvs import VENVS
from benchmarks.workloads import SLOW_AND_SHORT

WORKERS = 2
SHORT_SECONDS, SLOW_SECONDS, SLOW_SHARE = 0.001, 0.500, 0.05
LOAD = 0.60
WAIT_MS = 60_000  # long queues are part of the work here, refusals are not
LONG_WAIT_SECONDS = 0.1  # beside an idle worker: far above noise, far below a slow request


@dataclass(frozen=True)
class CentralQueue:
    """Latencies of the short requests in milliseconds: as measured, of one central queue, of a queue for each worker;
    and the time for which requests waited while a worker was idle."""

    requests: int
    failed: int
    p99_ms: float
    one_queue_p99_ms: float
    two_queues_p99_ms: float
    beside_idle_p99_ms: float
    beside_idle_longest_ms: float
    long_waits_beside_idle: int

    @property
    def over_one_queue_ms(self) -> float:
        """How much later than one central queue the slowest hundredth was."""
        return self.p99_ms - self.one_queue_p99_ms


@dataclass(frozen=True)
class Served:
    """One answered request; `due`, `began` and `ended` on the machine's monotonic clock."""

    due: float
    began: float
    ended: float
    latency: float
    worker: int
    slow: bool


def central_queue(contender: Contender, seconds: float) -> CentralQueue:
    """Two workers at 60 % load: Poisson arrivals of 1 ms, one in twenty of 500 ms, the same in every run."""
    plan = make_plan(seconds)
    with scratch_folder() as scratch:
        port = free_port()
        setting = Setting(SLOW_AND_SHORT, port, scratch, VENVS, workers=WORKERS, max_wait_ms=WAIT_MS)
        target = Target(port, contender.path, plan[0].body)
        server = start(contender, setting)
        try:
            server.seconds_to_first_200(port, target.path, target.body, target.content_type)
            send_when_due(target, _warm_up())
            arrivals = send_when_due(target, plan)
        finally:
            server.stop()
    return judge(plan, arrivals)


def make_plan(seconds: float) -> list[Due]:
    """The arrivals of a run: the same for the same length."""
    chance = random.Random(7)
    mean = SHORT_SECONDS * (1 - SLOW_SHARE) + SLOW_SECONDS * SLOW_SHARE
    rate = LOAD * WORKERS / mean
    plan, now = [], chance.expovariate(rate)
    while now < seconds:
        plan.append(Due(now, _body(SLOW_SECONDS if chance.random() < SLOW_SHARE else SHORT_SECONDS)))
        now += chance.expovariate(rate)
    return plan


def _warm_up() -> list[Due]:
    """Both workers have run, and the server has seen that some requests are slow."""
    return [Due(0.0, _body(SLOW_SECONDS)), Due(0.0, _body(SLOW_SECONDS)), *(Due(0.6, _body(SHORT_SECONDS)),) * 10]


def _body(seconds: float) -> bytes:
    return json.dumps({"data": [[seconds]]}).encode()


def judge(plan: Sequence[Due], arrivals: Sequence[Arrival]) -> CentralQueue:
    """What the run shows beside the two simulations."""
    slow_body = _body(SLOW_SECONDS)
    answered = [(due, arrival) for due, arrival in zip(plan, arrivals, strict=True) if arrival.status == 200]
    served = []
    for due, arrival in answered:
        worker, began, ended = json.loads(arrival.body)
        slow = due.body == slow_body
        served.append(Served(arrival.due_on_clock, began, ended, arrival.latency_seconds, worker, slow))
    jobs = [(each.due, each.ended - each.began) for each in served]
    shorts = [at for at, each in enumerate(served) if not each.slow]
    one, two = one_queue(jobs, WORKERS), queue_for_each(jobs, WORKERS)
    waits = waits_beside_idle(served)
    return CentralQueue(
        requests=len(plan),
        failed=len(plan) - len(served),
        p99_ms=_p99([served[at].latency for at in shorts]) * 1000,
        one_queue_p99_ms=_p99([one[at] for at in shorts]) * 1000,
        two_queues_p99_ms=_p99([two[at] for at in shorts]) * 1000,
        beside_idle_p99_ms=_p99(waits) * 1000,
        beside_idle_longest_ms=max(waits, default=0.0) * 1000,
        long_waits_beside_idle=sum(wait > LONG_WAIT_SECONDS for wait in waits),
    )


def one_queue(jobs: Sequence[tuple[float, float]], workers: int) -> list[float]:
    """The latency of each job (arrival, service; in order of arrival) where whoever is idle takes the first in line."""
    free_at = [0.0] * workers
    latencies = []
    for arrival, service in jobs:
        end = max(arrival, heapq.heappop(free_at)) + service
        heapq.heappush(free_at, end)
        latencies.append(end - arrival)
    return latencies


def queue_for_each(jobs: Sequence[tuple[float, float]], workers: int) -> list[float]:
    """The same where jobs are dealt out to the workers in turn, and wait for theirs."""
    free_at = [0.0] * workers
    latencies = []
    for number, (arrival, service) in enumerate(jobs):
        worker = number % workers
        free_at[worker] = max(arrival, free_at[worker]) + service
        latencies.append(free_at[worker] - arrival)
    return latencies


def waits_beside_idle(served: Sequence[Served]) -> list[float]:
    """For each request, the longest time without a break for which it waited while a worker had nothing to do.

    Handing a request over takes a moment; the moments of all those before it in the line are no wait of its own."""
    busy: dict[int, list[tuple[float, float]]] = {}
    for each in served:
        busy.setdefault(each.worker, []).append((each.began, each.ended))
    if len(busy) < WORKERS:
        return [each.began - each.due for each in served]  # a worker that never ran was idle all the time
    idle = _union([gap for runs in busy.values() for gap in _gaps(sorted(runs))])
    starts = [first for first, _ in idle]
    waits = []
    for each in served:
        first = max(0, bisect_left(starts, each.due) - 1)
        longest = 0.0
        for gap_start, gap_end in idle[first:]:
            if gap_start >= each.began:
                break
            longest = max(longest, min(gap_end, each.began) - max(gap_start, each.due))
        waits.append(longest)
    return waits


def _gaps(runs: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    ends = [0.0, *(end for _, end in runs)]
    begins = [*(begin for begin, _ in runs), float("inf")]
    return [(end, begin) for end, begin in zip(ends, begins, strict=True) if begin > end]


def _union(spans: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    merged: list[tuple[float, float]] = []
    for first, last in sorted(spans):
        if merged and first <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], last))
        else:
            merged.append((first, last))
    return merged


def _p99(values: Sequence[float]) -> float:
    return sorted(values)[int(len(values) * 0.99)] if values else 0.0
