"""Large bodies are read in turn, so that whoever sends little does not wait behind those who send much.

Left to itself the loop reads up to 8 MB of one client before it looks at the next: with 50 bodies of 100 MB at once a
small request waited six seconds. Now it reads one piece (256 KiB at most, half a millisecond) before it looks at all
others, and always of the body that began first and has something to read: so those that began are soon complete and
few are in memory. The rest waits in the network, where it costs nothing. A client that is alone loses no speed by it.
Who waits is known from the first read on: with three before it, 50 who came at once took 20 ms of everybody's time.
"""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Callable
from itertools import count

IN_TURN_FROM_BYTES = 128 * 1024  # what has come of a body before it is read in turn


class Turns:
    """Who waits to read the next piece. A waiter is told by `go` when it is its turn, and waits anew for the next."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._waiting: list[tuple[float, int, Callable[[], None]]] = []
        self._numbers = count()
        self._awake = False

    def wait(self, since: float, go: Callable[[], None]) -> None:
        """Wait for a turn; those come first who have been at it longest (`since`, monotonic seconds)."""
        heapq.heappush(self._waiting, (since, next(self._numbers), go))
        self._wake()

    def _wake(self) -> None:
        if not self._awake:
            self._awake = True
            self._loop.call_soon(self._give)

    def _give(self) -> None:
        self._awake = False
        heapq.heappop(self._waiting)[-1]()
        if self._waiting:
            self._wake()
