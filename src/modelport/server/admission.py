"""The central queue: who waits, in order of arrival, for how long; and how many requests a worker may hold ahead.

Pure bookkeeping: time is an argument, nothing is sent from here.
"""

from __future__ import annotations

from collections import deque

from modelport.server.exchange import Exchange
from modelport.server.problem import Problem

PREFETCH_SECONDS = 0.005  # nothing prefetched may wait longer than this for what runs before it
PREFETCH_DEPTH_MAX = 32
_RECENT = 200
_RECENT_MIN = 4


class ServiceTimes:
    """How long the last requests took to run, and what follows from it for prefetching.

    A request is written ahead into a worker's socket only if everything recent was so fast that it cannot have to wait
    there while another worker is idle: depth = floor(5 ms / slowest of the last 200). A lone worker has no idle
    neighbour: there the mean decides, so that one slow request among many does not bring the sleeping in turn back.

    >>> times = ServiceTimes()
    >>> times.prefetch_depth(workers=2)
    0
    >>> for _ in range(9): times.add(0.001)
    >>> times.prefetch_depth(workers=2)
    5
    >>> times.add(0.011); times.prefetch_depth(workers=2), times.prefetch_depth(workers=1)
    (0, 2)
    """

    def __init__(self) -> None:
        self._recent: deque[float] = deque(maxlen=_RECENT)
        self._slowest = 0.0
        self._age = 0
        self._sum = 0.0

    def add(self, seconds: float) -> None:
        """Take in one more."""
        recent = self._recent
        self._sum += seconds - (recent[0] if len(recent) == _RECENT else 0.0)
        recent.append(seconds)
        self._age += 1
        if seconds >= self._slowest:
            self._slowest = seconds
            self._age = 0
        elif self._age >= _RECENT:  # the slowest may have left the window
            self._slowest = max(recent)
            self._age = 0

    def prefetch_depth(self, workers: int) -> int:
        """How many requests each of so many workers may hold beyond those that it runs."""
        if len(self._recent) < _RECENT_MIN:
            return 0
        seconds = self._slowest if workers > 1 else self.mean_seconds
        return min(int(PREFETCH_SECONDS / max(seconds, 1e-6)), PREFETCH_DEPTH_MAX)

    @property
    def mean_seconds(self) -> float:
        """The mean of the window, 0 where nothing ran yet."""
        return self._sum / len(self._recent) if self._recent else 0.0


class WaitingLine:
    """Requests that no worker has taken yet. Those that were answered or left meanwhile are skipped when met."""

    def __init__(self) -> None:
        self._line: deque[Exchange] = deque()
        self._dead = 0

    def __len__(self) -> int:
        return len(self._line) - self._dead

    def join(self, exchange: Exchange) -> None:
        """Stand at the end."""
        self._line.append(exchange)

    def rejoin(self, exchanges: list[Exchange]) -> None:
        """Put back at the head, in their order, what a dead worker had not begun."""
        self._line.extendleft(reversed(exchanges))

    def leave(self) -> None:
        """One of those who wait has gone (its `gone` or `answered` is set)."""
        self._dead += 1
        if self._dead > 64 and self._dead * 2 > len(self._line):
            self._line = deque(exchange for exchange in self._line if not (exchange.gone or exchange.answered))
            self._dead = 0

    def next(self) -> Exchange | None:
        """Take the first that still waits."""
        while self._line:
            exchange = self._line.popleft()
            if not (exchange.gone or exchange.answered):
                return exchange
            self._dead -= 1
        return None

    def overdue(self, now: float) -> list[Exchange]:
        """Take all whose wait limit has passed. Limits are equal, so that they stand in front; a request that was put
        back to the head is older than those behind it."""
        found = []
        while self._line:
            exchange = self._line[0]
            if exchange.gone or exchange.answered:
                self._line.popleft()
                self._dead -= 1
            elif exchange.begin_before and now >= exchange.begin_before:
                found.append(self._line.popleft())
            else:
                break
        return found

    def wait_until(self, moment: float) -> None:
        """Let everybody wait until `moment`, monotonic seconds."""
        for exchange in self._line:
            exchange.begin_before = moment

    def take_all(self) -> list[Exchange]:
        """Take everyone who still waits."""
        found = [exchange for exchange in self._line if not (exchange.gone or exchange.answered)]
        self._line.clear()
        self._dead = 0
        return found


def overloaded(waited_seconds: float, waiting: int, slots: int, times: ServiceTimes) -> Problem:
    """The problem for a request that no worker began within its wait limit, with the numbers and what to change."""
    mean = times.mean_seconds
    capacity = f"{slots / mean:.3g} requests/s" if mean else "unknown yet"
    clears_after = waiting * mean / max(slots, 1)
    return Problem(
        "overloaded",
        f"Waited {waited_seconds * 1000:.0f} ms for one of {slots} places; {waiting} others wait. run() takes "
        f"{mean * 1000:.3g} ms on average, so the capacity is {capacity}. Add workers, make run() faster, or raise "
        "max_request_wait_time; retrying at once makes it worse.",
        retry_after_seconds=max(1, min(60, round(clears_after + 0.5))),
        numbers={"queue_length": waiting, "places": slots, "mean_run_ms": round(mean * 1000, 3)},
    )
