"""Kills one of three workers again and again under load: what does each kill cost, and whom?"""

from __future__ import annotations

import json
import os
import random
import signal
import threading
import time
from dataclasses import dataclass
from statistics import median

from benchmarks.contenders import Contender, Setting
from benchmarks.load import Target
from benchmarks.measure import start
from benchmarks.open_loop import Arrival, open_loop
from benchmarks.processes import Running, ask, free_port, scratch_folder
from benchmarks.venvs import VENVS
from benchmarks.workloads import TROUBLE

WORKERS = 3
PER_SECOND = 100
KILLS = 10
SECONDS_OF_EACH = 2.0
RUN_BODY = b'{"data": [[0.015]]}'  # half of the three workers' time
READY_SECONDS_MAX = 10.0


@dataclass(frozen=True)
class Kills:
    """What the crowd saw: `lost` are answers with 502 that name the signal, `most_lost_at_once` by one kill; `broken`
    are connections that broke or were refused, `other_failures` all else that is no 200.

    `ready_seconds` run from each kill to three ready workers; `init_seconds` is the same without load, measured in the
    same run."""

    requests: int
    kills: int
    lost: int
    most_lost_at_once: int
    broken: int
    other_failures: int
    slowest_ms: float
    init_seconds: float
    ready_seconds: tuple[float, ...]

    @property
    def slowest_over_init(self) -> float:
        """The longest return to three workers, without what a worker needs to start."""
        return max(self.ready_seconds) - self.init_seconds


def kills(contender: Contender, count: int = KILLS) -> Kills:
    """Three workers, 100 requests a second; every two seconds a worker that is computing is killed with signal 9."""
    with scratch_folder() as scratch:
        setting = Setting(TROUBLE, free_port(), scratch, VENVS, workers=WORKERS)
        target = Target(setting.port, contender.path, RUN_BODY)
        server = start(contender, setting)
        try:
            server.seconds_to_first_200(target.port, target.path, target.body, target.content_type)
            _wait_for_all(target.port)
            idle = [_kill_one_idle(server, target) for _ in range(3)]
            found: list[tuple[float, float]] = []
            assassin = threading.Thread(target=_kill_many, args=(server, target.port, count, found))
            began = time.monotonic()
            assassin.start()
            arrivals = open_loop(target, PER_SECOND, (count + 0.5) * SECONDS_OF_EACH)
            assassin.join()
        finally:
            server.stop()
    moments = [moment - began for moment, _ in found]
    return judge(arrivals, moments, tuple(seconds for _, seconds in found), median(idle))


def judge(
    arrivals: list[Arrival], moments: list[float], ready_seconds: tuple[float, ...], init_seconds: float
) -> Kills:
    """What each kill (at `moments`, in seconds from the start of the crowd) cost."""
    lost = [arrival for arrival in arrivals if _names_the_signal(arrival)]
    ends = [arrival.due_seconds + arrival.latency_seconds for arrival in lost]
    of_each = [sum(moment <= end < moment + SECONDS_OF_EACH * 0.9 for end in ends) for moment in moments]
    broken = sum(arrival.status == 0 for arrival in arrivals)
    return Kills(
        requests=len(arrivals),
        kills=len(moments),
        lost=len(lost),
        most_lost_at_once=max(of_each, default=0),
        broken=broken,
        other_failures=sum(arrival.status != 200 for arrival in arrivals) - len(lost) - broken,
        slowest_ms=max(arrival.latency_seconds for arrival in arrivals) * 1000,
        init_seconds=init_seconds,
        ready_seconds=ready_seconds,
    )


def _names_the_signal(arrival: Arrival) -> bool:
    if arrival.status != 502:
        return False
    problem = json.loads(arrival.body)
    return problem["code"] == "worker-died" and "SIGKILL" in problem["detail"]


def _kill_many(server: Running, port: int, count: int, found: list[tuple[float, float]]) -> None:
    next_at = time.monotonic() + SECONDS_OF_EACH / 2
    for number in range(count):
        time.sleep(max(0.0, next_at - time.monotonic()))
        found.append((time.monotonic(), _kill_one(server, port, number)))
        next_at += SECONDS_OF_EACH


def _wait_for_all(port: int) -> None:
    deadline = time.monotonic() + READY_SECONDS_MAX
    while _metrics(port)["modelport_workers_ready"] < WORKERS:
        if time.monotonic() > deadline:
            raise RuntimeError(f"{WORKERS} workers were not ready after {READY_SECONDS_MAX:g} s")
        time.sleep(0.02)


def _kill_one_idle(server: Running, target: Target) -> float:
    """Kill a worker while nobody asks; an answered request between two kills keeps the pause before a start at zero."""
    seconds = _kill_one(server, target.port, 0)
    ask(target.port, target.path, target.body)
    return seconds


def _kill_one(server: Running, port: int, number: int) -> float:
    """Kill a worker, any of the three, and return the seconds until one more has become ready and all are there."""
    workers = sorted(set(server.descendants()) - {server.process.pid})
    if len(workers) != WORKERS:
        raise RuntimeError(f"{WORKERS} workers are expected below the server, {len(workers)} processes are there")
    deaths = _metrics(port)["modelport_worker_deaths_total"]
    killed = time.monotonic()
    os.kill(random.Random(number).choice(workers), signal.SIGKILL)
    while time.monotonic() - killed < READY_SECONDS_MAX:
        seen = _metrics(port)
        if seen["modelport_worker_deaths_total"] > deaths and seen["modelport_workers_ready"] == WORKERS:
            return time.monotonic() - killed
        time.sleep(0.01)
    raise RuntimeError(f"{WORKERS} workers were not ready again {READY_SECONDS_MAX:g} s after one was killed")


def _metrics(port: int) -> dict[str, float]:
    lines = ask(port, "/metrics").body.decode().splitlines()
    return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines if line[:1] != "#")}
