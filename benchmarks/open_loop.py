"""Sends requests at a fixed rate, whatever the answers: what a crowd does to a service that is too slow for it.

Each latency counts from the moment when the request was due, not from when it could be sent: a generator that waits for
a slow service would otherwise leave out just the times that matter (coordinated omission).
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass

from benchmarks.http1 import Connection, request_bytes
from benchmarks.load import Target

PATIENCE_SECONDS = 15.0


@dataclass(frozen=True)
class Arrival:
    """One request of the crowd: when it was due (seconds from the start), its status (0: none came), its latency."""

    due_seconds: float
    status: int
    latency_seconds: float


def open_loop(target: Target, per_second: float, seconds: float) -> list[Arrival]:
    """Send `per_second` requests each second, each on a free connection, and wait for the last answers."""
    return asyncio.run(_send_all(target, per_second, seconds))


async def _send_all(target: Target, per_second: float, seconds: float) -> list[Arrival]:
    data = request_bytes(target.path, target.body, target.content_type)
    free: list[Connection] = []
    start = time.perf_counter()

    async def send(due: float) -> Arrival:
        connection = free.pop() if free else None
        try:
            connection = connection or await Connection.open(target.port)
            status = await asyncio.wait_for(connection.exchange(data), PATIENCE_SECONDS)
        except (OSError, TimeoutError, asyncio.TimeoutError):
            status = 0
        if connection is not None and connection.is_open and status:
            free.append(connection)
        return Arrival(due, status, time.perf_counter() - start - due)

    tasks = []
    for number in range(int(per_second * seconds)):
        due = number / per_second
        await asyncio.sleep(max(0.0, start + due - time.perf_counter()))
        tasks.append(asyncio.create_task(send(due)))
    arrivals = await asyncio.gather(*tasks)
    for connection in free:
        connection.close()
    return list(arrivals)
