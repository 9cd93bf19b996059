"""Sends requests when they are due, whatever the answers: what a crowd does to a service that is too slow for it.

Each latency counts from the moment when the request was due, not from when it could be sent: a generator that waits for
a slow service would otherwise leave out just the times that matter (coordinated omission).
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.http1 import Connection, request_bytes
from benchmarks.load import Target

PATIENCE_SECONDS = 15.0


@dataclass(frozen=True)
class Due:
    """One request to come: when (seconds from the start), and with which body."""

    seconds: float
    body: bytes


@dataclass(frozen=True)
class Arrival:
    """One request of the crowd: when it was due (seconds from the start), its status (0: none came), its latency, the
    head (in lower case) and body of its answer, and when it was due on the machine's monotonic clock."""

    due_seconds: float
    status: int
    latency_seconds: float
    head: bytes = b""
    body: bytes = b""
    due_on_clock: float = 0.0


def open_loop(target: Target, per_second: float, seconds: float) -> list[Arrival]:
    """Send `per_second` requests each second, each on a free connection, and wait for the last answers."""
    return send_when_due(target, evenly(target.body, per_second, seconds))


def evenly(body: bytes, per_second: float, seconds: float) -> list[Due]:
    """The same request again and again, at equal distances."""
    return [Due(number / per_second, body) for number in range(int(per_second * seconds))]


def send_when_due(target: Target, plan: Sequence[Due]) -> list[Arrival]:
    """Send each request of a plan when it is due (not the target's own body), and wait for the last answers."""
    return asyncio.run(_send_all(target, plan))


async def _send_all(target: Target, plan: Sequence[Due]) -> list[Arrival]:
    free: list[Connection] = []
    start = time.monotonic()

    async def send(due: Due) -> Arrival:
        connection = free.pop() if free else None
        data = request_bytes(target.path, due.body, target.content_type)
        try:
            connection = connection or await Connection.open(target.port)
            status = await asyncio.wait_for(connection.exchange(data), PATIENCE_SECONDS)
        except (OSError, TimeoutError, asyncio.TimeoutError):
            status = 0
        latency = time.monotonic() - start - due.seconds
        if connection is None or not status:
            return Arrival(due.seconds, 0, latency)
        if connection.is_open:
            free.append(connection)
        return Arrival(due.seconds, status, latency, connection.head, connection.body, start + due.seconds)

    tasks = []
    for due in plan:
        await asyncio.sleep(max(0.0, start + due.seconds - time.monotonic()))
        tasks.append(asyncio.create_task(send(due)))
    arrivals = await asyncio.gather(*tasks)
    for connection in free:
        connection.close()
    return list(arrivals)
