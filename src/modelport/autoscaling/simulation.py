"""Plays a service in virtual time: requests arrive, wait, run or are refused; replicas come and go by a rule (pure).

The same rules decide here and for real services. Nothing is random but what the caller hands in: arrivals, and a
function that tells how long the next request runs.
"""

from __future__ import annotations

import heapq
import math
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Protocol

# Of events at one moment the first of these comes first: a place that becomes free is still in time for who waits.
_LEAVE, _READY, _ARRIVE, _TICK, _EXPIRE = range(5)


class Scaling(Protocol):
    """A rule with its memory: asked every `refresh_seconds`, it answers how many replicas there should be."""

    refresh_seconds: float

    def replicas(self, now_seconds: float, seen: Load) -> int:
        """How many replicas there should be, bounds included."""


@dataclass(frozen=True)
class Load:
    """What a rule sees: requests running and waiting, replicas ready and on their way, and the mean number of requests
    in the service since the rule was last asked."""

    running: int
    waiting: int
    ready: int
    starting: int
    mean_in_service: float


@dataclass(frozen=True)
class Service:
    """What is played: replicas at the start, how many requests each runs at once, how long one waits at most, and how
    long a new replica takes until it is ready (image, start, init())."""

    replicas: int
    patience_seconds: float = 0.5
    concurrent_per_replica: int = 1
    start_seconds: float = 0.0


@dataclass
class Second:
    """What happened in one second, and the replicas that were ready at its end."""

    arrived: int = 0
    refused: int = 0
    ready: int = 0
    wanted: int = 0


@dataclass(frozen=True)
class Played:
    """What came out: each second, the waits of those that ran (seconds), and the replica-seconds that were paid for."""

    seconds: Sequence[Second]
    waits_seconds: Sequence[float] = field(repr=False)
    replica_seconds: float

    @property
    def arrived(self) -> int:
        """All requests."""
        return sum(second.arrived for second in self.seconds)

    @property
    def refused(self) -> int:
        """Those that were answered 503."""
        return sum(second.refused for second in self.seconds)

    @property
    def loss(self) -> float:
        """The share that was refused."""
        return self.refused / self.arrived if self.arrived else 0.0


def refused_share(
    arrivals: Iterable[float], service_seconds: Callable[[], float], slots: int, patience_seconds: float
) -> float:
    """The share of requests that are refused by a fixed number of slots, served in order of arrival.

    >>> refused_share([0.0, 0.1, 0.2], lambda: 1.0, slots=1, patience_seconds=0.95)
    0.3333333333333333
    """
    free_at = [0.0] * slots
    arrived = refused = 0
    for moment in arrivals:
        arrived += 1
        start = max(moment, free_at[0])
        if start - moment > patience_seconds:
            refused += 1
        else:
            heapq.heapreplace(free_at, start + service_seconds())
    return refused / arrived if arrived else 0.0


def play(
    arrivals: Iterable[float], service_seconds: Callable[[], float], service: Service, scaling: Scaling | None = None
) -> Played:
    """Play all arrivals (moments in seconds, ascending) to the last answer; without a rule the replicas stay.

    A replica that is no longer wanted ends when it is idle; one that is on its way is given up first.
    """
    return _Game(service_seconds, service, scaling).play(iter(arrivals))


class _Game:
    """The state of one play. Replicas are alike, so only their numbers matter: places are ready replicas times their
    concurrency, and a replica leaves as soon as its places are free."""

    def __init__(self, service_seconds: Callable[[], float], service: Service, scaling: Scaling | None) -> None:
        self._service_seconds = service_seconds
        self._service = service
        self._scaling = scaling
        self._arrivals: Iterator[float] = iter(())
        self._events: list[tuple[float, int, int]] = []
        self._numbers = count()
        self._waiting: deque[float] = deque()
        self._running = 0
        self._ready = self._wanted = service.replicas
        self._starting = 0
        self._given_up = 0  # of those whose moment to be ready is still to come
        self._now = 0.0
        self._last_tick = 0.0
        self._in_service_seconds = 0.0
        self._replica_seconds = 0.0
        self._seconds: list[Second] = []
        self._waits: list[float] = []
        self._acts = {
            _ARRIVE: self._arrive, _LEAVE: self._leave, _READY: self._become_ready, _TICK: self._tick,
            _EXPIRE: self._expire,
        }  # fmt: skip

    def play(self, arrivals: Iterator[float]) -> Played:
        self._arrivals = arrivals
        self._next_arrival()
        if self._scaling is not None:
            self._at(self._scaling.refresh_seconds, _TICK)
        while self._events:
            moment, kind, _ = heapq.heappop(self._events)
            if kind == _TICK and not self._events:
                break  # nothing else will ever happen
            self._pass_time(moment)
            self._acts[kind]()
            self._serve()
            self._retire()
        self._second()
        return Played(tuple(self._seconds), tuple(self._waits), self._replica_seconds)

    def _at(self, moment: float, kind: int) -> None:
        heapq.heappush(self._events, (moment, kind, next(self._numbers)))

    def _next_arrival(self) -> None:
        moment = next(self._arrivals, None)
        if moment is not None:
            self._at(moment, _ARRIVE)

    def _pass_time(self, moment: float) -> None:
        passed = moment - self._now
        self._in_service_seconds += passed * (self._running + len(self._waiting))
        self._replica_seconds += passed * (self._ready + self._starting)
        self._now = moment

    def _second(self) -> Second:
        """The second that it is; those before it keep the replicas that there were at their end."""
        while len(self._seconds) <= math.floor(self._now):
            self._seconds.append(Second(ready=self._ready, wanted=self._wanted))
        return self._seconds[-1]

    def _arrive(self) -> None:
        self._second().arrived += 1
        self._waiting.append(self._now)
        self._at(self._now + self._service.patience_seconds, _EXPIRE)
        self._next_arrival()

    def _leave(self) -> None:
        self._running -= 1

    def _expire(self) -> None:
        if self._waiting and self._waiting[0] + self._service.patience_seconds <= self._now:
            self._waiting.popleft()
            self._second().refused += 1

    def _serve(self) -> None:
        """Give free places to those that wait, in order of arrival."""
        while self._waiting and self._running < self._ready * self._service.concurrent_per_replica:
            self._waits.append(self._now - self._waiting.popleft())
            self._running += 1
            self._at(self._now + self._service_seconds(), _LEAVE)

    def _tick(self) -> None:
        if self._scaling is None:
            return
        mean = self._in_service_seconds / (self._now - self._last_tick)
        self._in_service_seconds, self._last_tick = 0.0, self._now
        seen = Load(self._running, len(self._waiting), self._ready, self._starting, mean)
        self._scale(self._scaling.replicas(self._now, seen))
        self._at(self._now + self._scaling.refresh_seconds, _TICK)

    def _scale(self, wanted: int) -> None:
        self._second()
        self._wanted = self._seconds[-1].wanted = wanted
        for _ in range(wanted - self._ready - self._starting):
            self._starting += 1
            self._at(self._now + self._service.start_seconds, _READY)
        surplus = max(0, min(self._starting, self._ready + self._starting - wanted))
        self._starting -= surplus
        self._given_up += surplus

    def _become_ready(self) -> None:
        if self._given_up:
            self._given_up -= 1
        else:
            self._starting -= 1
            self._set_ready(self._ready + 1)

    def _retire(self) -> None:
        """Take away replicas that are not wanted, as far as the requests that run leave some idle."""
        busy = math.ceil(self._running / self._service.concurrent_per_replica)
        if self._ready > max(self._wanted, busy):
            self._set_ready(max(self._wanted, busy))

    def _set_ready(self, replicas: int) -> None:
        self._second()
        self._ready = self._seconds[-1].ready = replicas
