"""From what was measured to figures and a recommendation: pure functions."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from modelport.measuring.open_loop import Arrival
from modelport.measuring.usage import Usage
from modelport.units import BYTES_OF_GB

HEADROOM = 1.2
SMALLEST_CORES, SMALLEST_GIGABYTES = 0.1, 0.1
_STEPS_OF_ONE = 10  # tenths of a core, tenths of a gigabyte


@dataclass(frozen=True)
class ServiceTimes:
    """How long `run()` takes: the mean in seconds, and how much it varies (variance / mean²)."""

    mean_seconds: float
    variation: float


@dataclass(frozen=True)
class Latencies:
    """How long answers took, in seconds; what the named share of them took at most."""

    mean: float = 0.0
    percentile_50: float = 0.0
    percentile_90: float = 0.0
    percentile_95: float = 0.0
    percentile_99: float = 0.0
    percentile_999: float = 0.0


@dataclass(frozen=True)
class Figures:
    """What a load met: how many requests, how many of them were answered with 200, how many of these each second."""

    total: int
    succeeded: int
    per_second: float
    latencies: Latencies

    @property
    def success_rate(self) -> float:
        """The share of requests that were answered with 200, in percent."""
        return 100 * self.succeeded / self.total if self.total else 0.0


@dataclass(frozen=True)
class Advice:
    """What one replica should be given: cores, and gigabytes (2^30 bytes) of memory."""

    cpu_cores: float
    memory_gb: float


def service_times_of(arrivals: Sequence[Arrival]) -> ServiceTimes:
    """How long `run()` took in requests that met no other; those that failed are left out."""
    times = [arrival.run_seconds for arrival in arrivals if arrival.status == 200]
    if not times:
        return ServiceTimes(0.0, 0.0)
    mean = sum(times) / len(times)
    variance = sum((value - mean) ** 2 for value in times) / len(times)
    return ServiceTimes(mean, variance / mean**2 if mean else 0.0)


def figures_of(arrivals: Sequence[Arrival]) -> Figures:
    """The figures of a load; latencies are those of requests that were answered with 200."""
    good = [arrival for arrival in arrivals if arrival.status == 200]
    ended = max((arrival.due_seconds + arrival.latency_seconds for arrival in good), default=0.0)
    return Figures(
        len(arrivals), len(good), len(good) / ended if ended else 0.0, _latencies([one.latency_seconds for one in good])
    )


def _latencies(seconds: Sequence[float]) -> Latencies:
    if not seconds:
        return Latencies()
    ordered = sorted(seconds)
    shares = (0.5, 0.9, 0.95, 0.99, 0.999)
    return Latencies(sum(ordered) / len(ordered), *(percentile(ordered, share) for share in shares))


def percentile(ordered: Sequence[float], share: float) -> float:
    """The smallest of the ordered values that at least `share` of them do not exceed.

    >>> percentile([1.0, 2.0, 3.0, 4.0], 0.5)
    2.0
    >>> percentile([1.0, 2.0, 3.0, 4.0], 0.99)
    4.0
    """
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def recommended(alone: Usage, loaded: Usage) -> Advice:
    """What one replica should be given, so that it is as fast as it was measured, with a fifth to spare.

    Cores are what it used while requests came one after the other without a pause (what one request takes while it
    runs), or within any second under load; memory is the most that it held. Both in tenths, rounded up.

    >>> recommended(Usage(10, 9.0), Usage(10, 7.0, cpu_cores_max=0.95, memory_bytes_max=2**29))
    Advice(cpu_cores=1.2, memory_gb=0.6)
    """
    cores = HEADROOM * max(alone.cpu_cores, loaded.cpu_cores_max)
    gigabytes = HEADROOM * max(alone.memory_bytes_max, loaded.memory_bytes_max) / BYTES_OF_GB
    return Advice(max(SMALLEST_CORES, _rounded_up(cores)), max(SMALLEST_GIGABYTES, _rounded_up(gigabytes)))


def _rounded_up(value: float) -> float:
    return math.ceil(round(value * _STEPS_OF_ONE, 6)) / _STEPS_OF_ONE
