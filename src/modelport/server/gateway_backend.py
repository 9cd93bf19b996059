"""The gateway's side towards a backend: its pool of idle connections, and who is on the way there."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from modelport.server.gateway_forwarding import Forwarding
    from modelport.server.gateway_upstream import Upstream

IDLE_SECONDS_MAX = 30.0  # below the 75 s after which a replica closes: so we close first, and never race with it
_IDLE_CONNECTIONS_MAX = 256


class Backend:
    """One server behind the gateway. `in_flight` are the requests that it has not answered yet."""

    def __init__(self, host: str, port: int) -> None:
        self.host = host
        self.port = port
        self.in_flight: set[Forwarding] = set()
        self.closed = False
        self._idle: list[Upstream] = []
        self._unoccupied = asyncio.Event()
        self._unoccupied.set()

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    def enter(self, forwarding: Forwarding) -> None:
        """One more request is on its way."""
        self.in_flight.add(forwarding)
        self._unoccupied.clear()

    def leave(self, forwarding: Forwarding) -> None:
        """One request is done, however."""
        self.in_flight.discard(forwarding)
        if not self.in_flight:
            self._unoccupied.set()

    async def wait_drained(self, seconds: float) -> bool:
        """Wait until none is in flight, at most so long; returns whether it came to that."""
        with contextlib.suppress(TimeoutError, asyncio.TimeoutError):
            await asyncio.wait_for(self._unoccupied.wait(), seconds)
        return not self.in_flight

    def take_idle(self) -> Upstream | None:
        """The connection that was used last, if one is open and idle."""
        while self._idle:
            upstream = self._idle.pop()
            if upstream.is_open():
                return upstream
        return None

    def give_back(self, upstream: Upstream) -> None:
        """Keep a connection for the next request, unless there will be none."""
        if self.closed or len(self._idle) >= _IDLE_CONNECTIONS_MAX:
            upstream.close()
        else:
            self._idle.append(upstream)

    def forget(self, upstream: Upstream) -> None:
        """A connection is gone."""
        if upstream in self._idle:
            self._idle.remove(upstream)

    def close(self) -> None:
        """Close what is idle now, and later what becomes idle."""
        self.closed = True
        self.close_idle_since(float("inf"))

    def close_idle_since(self, moment: float) -> None:
        """Close connections that have been idle since before `moment` (monotonic seconds)."""
        for upstream in [each for each in self._idle if each.idle_since <= moment]:
            self._idle.remove(upstream)
            upstream.close()
