"""Traffic to simulate: a steady rate, a spike upon it, or a recorded trace; as moments of requests (pure)."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import takewhile

from modelport.autoscaling.capacity import poisson_arrivals

REQUESTS_MAX = 5_000_000
SECONDS_MAX = 31 * 24 * 3600.0


@dataclass(frozen=True)
class Spike:
    """For `seconds` from the moment `at_seconds` on there are `factor` times as many requests."""

    factor: float = 1.0
    at_seconds: float = 0.0
    seconds: float = 0.0

    def holds(self, moment: float) -> bool:
        """Whether the moment lies within it."""
        return self.at_seconds <= moment < self.at_seconds + self.seconds


def spiked(per_second: float, seconds: float, spike: Spike, source: random.Random) -> Iterator[float]:
    """Moments of requests at a random, steady rate with a spike, for so many seconds.

    Made from requests at the highest rate, of which outside the spike only some happen (thinning: Lewis and Shedler,
    1979).
    """
    for moment in takewhile(lambda at: at < seconds, poisson_arrivals(per_second * spike.factor, source)):
        if spike.holds(moment) or source.random() * spike.factor < 1:
            yield moment


def traced(lines: Iterable[str]) -> Iterator[float]:
    """Moments from a trace: a line each, either the moment of one request in seconds, or a second and how many requests
    came in it, which are spread evenly over it. A first line without numbers is a heading; empty lines are left out.

    Raises `ValueError` that names the line for anything else, for moments that go back or lie more than a month ahead,
    and for more than `REQUESTS_MAX` requests.

    >>> list(traced(["second,requests", "0,2", "1,0", "2,1"]))
    [0.0, 0.5, 2.0]
    """
    before, known = 0.0, 0
    for number, line in enumerate(lines, start=1):
        words = line.replace(",", " ").split()
        if not words or (number == 1 and not _is_number(words[0])):
            continue
        if len(words) > 2 or not all(map(_is_number, words)):
            raise ValueError(f"line {number} is {line.strip()!r}, not a moment in seconds or a second and a number")
        moment, requests = float(words[0]), int(float(words[1])) if len(words) == 2 else 1
        if moment < before:
            raise ValueError(f"line {number} goes back in time: {moment:g} s comes after {before:g} s")
        before, known = moment, known + requests
        if known > REQUESTS_MAX or moment > SECONDS_MAX:
            raise ValueError(f"line {number} is one too many: {REQUESTS_MAX:,} requests within 31 days are the most")
        yield from (moment + share / requests for share in range(requests))


def _is_number(word: str) -> bool:
    try:
        return float(word) >= 0
    except ValueError:
        return False
