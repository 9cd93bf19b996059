"""Sends requests when they are due, whatever the answers: what a crowd does to a service that is too slow for it.

Each latency counts from the moment when the request was due, not from when it could be sent: a generator that waits for
a slow service would otherwise leave out just the times that matter (coordinated omission).
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import cycle, islice
from typing import Protocol

from modelport.measuring.http1 import Connection, request_bytes

PATIENCE_SECONDS = 15.0
_RUN_SECONDS = b"x-ms-run-fn-exec-ms:"


class Address(Protocol):
    """Where requests go: a port of this machine, and a path there."""

    @property
    def port(self) -> int:
        """The port."""

    @property
    def path(self) -> str:
        """The path."""

    @property
    def content_type(self) -> str:
        """What the bodies are."""


@dataclass(frozen=True)
class Scoring:
    """The address of a service on this machine."""

    port: int
    path: str = "/score"
    content_type: str = "application/json"


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

    @property
    def run_seconds(self) -> float:
        """How long `run()` took, as the service tells; the latency where it does not."""
        told = self.head.partition(_RUN_SECONDS)[2].partition(b"\r\n")[0].strip()
        try:
            return float(told) / 1000
        except ValueError:
            return self.latency_seconds


def evenly(bodies: Iterable[bytes], per_second: float, seconds: float) -> list[Due]:
    """The same requests in turn, again and again, at equal distances.

    >>> evenly([b"a", b"b"], 2, 1.5)
    [Due(seconds=0.0, body=b'a'), Due(seconds=0.5, body=b'b'), Due(seconds=1.0, body=b'a')]
    """
    count = int(round(per_second * seconds, 6))  # 1/49 s at 49 each second is one request, not 0.9999999999999999
    return [Due(number / per_second, body) for number, body in enumerate(islice(cycle(bodies), count))]


def send_when_due(
    address: Address, plan: Sequence[Due], *, patience_seconds: float = PATIENCE_SECONDS
) -> list[Arrival]:
    """Send each request of a plan when it is due, on a free connection, and wait for the last answers."""
    return asyncio.run(_send_all(address, plan, patience_seconds))


async def _send_all(address: Address, plan: Sequence[Due], patience_seconds: float) -> list[Arrival]:
    free: list[Connection] = []
    start = time.monotonic()

    async def send(due: Due) -> Arrival:
        connection = free.pop() if free else None
        data = request_bytes(address.path, due.body, address.content_type)
        try:
            connection = connection or await Connection.open(address.port)
            status = await asyncio.wait_for(connection.exchange(data), patience_seconds)
        except (OSError, TimeoutError, asyncio.TimeoutError):
            status = 0
        latency = time.monotonic() - start - due.seconds
        if connection is None or not status:
            if connection is not None:
                connection.close()
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


def send_in_turn(
    address: Address, bodies: Sequence[bytes], seconds: float, *, patience_seconds: float = PATIENCE_SECONDS
) -> list[Arrival]:
    """Send each body, the next when the last was answered, and begin again until `seconds` have passed."""
    return asyncio.run(_send_in_turn(address, bodies, seconds, patience_seconds))


async def _send_in_turn(
    address: Address, bodies: Sequence[bytes], seconds: float, patience_seconds: float
) -> list[Arrival]:
    arrivals: list[Arrival] = []
    start = time.monotonic()
    connection: Connection | None = None
    for body in cycle(bodies):
        due = time.monotonic() - start
        if due >= seconds and len(arrivals) >= len(bodies):
            break
        try:
            if connection is None or not connection.is_open:
                connection = await Connection.open(address.port)
            data = request_bytes(address.path, body, address.content_type)
            status = await asyncio.wait_for(connection.exchange(data), patience_seconds)
        except (OSError, TimeoutError, asyncio.TimeoutError):
            status = 0
            if connection is not None:
                connection.close()
        head = connection.head if connection is not None and status else b""
        answer = connection.body if connection is not None and status else b""
        arrivals.append(Arrival(due, status, time.monotonic() - start - due, head, answer, start + due))
    if connection is not None:
        connection.close()
    return arrivals
