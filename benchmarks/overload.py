"""What happens at twice the capacity, and to the requests of clients that have left."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass

from benchmarks.contenders import Contender, Setting
from benchmarks.load import Target, closed_loop
from benchmarks.measure import start
from benchmarks.open_loop import Arrival, open_loop
from benchmarks.processes import ask, free_port, scratch_folder
from benchmarks.venvs import VENVS
from benchmarks.workloads import TROUBLE
from modelport.measuring.http1 import Connection, request_bytes

SERVICE_BODY = b'{"data": [[0.02]]}'
MAX_WAIT_MS = 500
LEAVERS = 20


@dataclass(frozen=True)
class Overload:
    """`goodput_share` of the capacity that was answered with 200; `latest_refusal_ms` after it was due."""

    capacity_per_second: float
    goodput_share: float
    refusals: int
    other_failures: int
    refusals_without_retry_after: int
    latest_refusal_ms: float
    latest_answer_ms: float
    computed_for_leavers: int


def overload(contender: Contender, seconds: float) -> Overload:
    """20 ms of work, one at a time: find the capacity, send twice as much, then send clients that leave."""
    with scratch_folder() as scratch:
        setting = Setting(TROUBLE, free_port(), scratch, VENVS, max_wait_ms=MAX_WAIT_MS)
        target = Target(setting.port, contender.path, contender.wrap(SERVICE_BODY))
        server = start(contender, setting)
        try:
            server.seconds_to_first_200(target.port, target.path, target.body, target.content_type)
            capacity = max(closed_loop(target, many, seconds / 2, scratch).per_second for many in (4, 48))
            _calls_so_far(contender, target)  # when this is answered, the queue of the loop before is empty
            arrivals = open_loop(target, 2 * capacity, seconds)
            leavers = asyncio.run(_computed_for_leavers(contender, target))
        finally:
            server.stop()
    return _judge(arrivals, capacity, seconds, leavers)


def _judge(arrivals: list[Arrival], capacity: float, seconds: float, leavers: int) -> Overload:
    # The answers that fall into the time of the crowd, without its first half second, when the queue is still empty.
    in_time = [a for a in arrivals if a.status == 200 and 0.5 <= a.due_seconds + a.latency_seconds <= seconds]
    refused = [a.latency_seconds * 1000 for a in arrivals if a.status == 503]
    return Overload(
        capacity_per_second=capacity,
        goodput_share=len(in_time) / (seconds - 0.5) / capacity,
        refusals=len(refused),
        other_failures=sum(a.status not in (200, 503) for a in arrivals),
        refusals_without_retry_after=sum(a.status == 503 and not has_retry_after(a) for a in arrivals),
        latest_refusal_ms=max(refused, default=0.0),
        latest_answer_ms=max(a.latency_seconds * 1000 for a in arrivals),
        computed_for_leavers=leavers,
    )


def has_retry_after(arrival: Arrival) -> bool:
    """Whether the answer says in whole seconds when to come again."""
    return arrival.head.partition(b"\r\nretry-after:")[2].partition(b"\r\n")[0].strip().isdigit()


async def _computed_for_leavers(contender: Contender, target: Target) -> int:
    """One request of 0.4 s keeps the service busy; meanwhile others come and leave. How many ran all the same?"""
    before = _calls_so_far(contender, target)
    busy = await Connection.open(target.port)
    running = asyncio.create_task(busy.exchange(_request(contender, target, b'{"data": [[0.4]]}')))
    await asyncio.sleep(0.1)
    leavers = [await Connection.open(target.port) for _ in range(LEAVERS)]
    for leaver in leavers:
        leaver.send(_request(contender, target, SERVICE_BODY))
    await asyncio.sleep(0.1)
    for leaver in leavers:
        leaver.close()
    await running
    busy.close()
    await asyncio.sleep(LEAVERS * 0.02 + 0.3)  # enough to run them all, one after the other
    return _calls_so_far(contender, target) - before - 2  # the busy one, and the question itself


def _request(contender: Contender, target: Target, body: bytes) -> bytes:
    return request_bytes(target.path, contender.wrap(body), target.content_type)


def _calls_so_far(contender: Contender, target: Target) -> int:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:  # the queue of the crowd may still be long
        answer = ask(target.port, target.path, contender.wrap(b'{"data": [[0]]}'), timeout=30)
        if answer.status == 200:
            value = contender.read(answer.body)
            return int(value[0] if isinstance(value, list) else value)
        time.sleep(0.1)
    raise RuntimeError(f"{contender.title} did not recover from twice its capacity within 30 s")
