"""Counts for /metrics: plain numbers on the hot path, turned into the Prometheus text format when asked."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from modelport.server.pool import Pool

_BOUNDS_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)


class Histogram:
    """Counts per bucket and a sum, in seconds."""

    def __init__(self) -> None:
        self._counts = [0] * (len(_BOUNDS_SECONDS) + 1)
        self.sum_seconds = 0.0

    def observe(self, seconds: float) -> None:
        """Count one."""
        self._counts[bisect_left(_BOUNDS_SECONDS, seconds)] += 1
        self.sum_seconds += seconds

    def cumulative(self) -> list[tuple[str, float]]:
        """(upper bound, count up to it), ending with +Inf."""
        total = 0
        rows: list[tuple[str, float]] = []
        for bound, count in zip([*map(str, _BOUNDS_SECONDS), "+Inf"], self._counts, strict=True):
            total += count
            rows.append((bound, total))
        return rows


@dataclass
class Metrics:
    """What the replica counts about itself."""

    answers: Counter[int] = field(default_factory=Counter)
    run_seconds: Histogram = field(default_factory=Histogram)
    refused: int = 0
    worker_deaths: int = 0
    worker_starts: int = 0
    deadlines: int = 0


class _Collector:
    """Presents the counts the way the Prometheus client wants them."""

    def __init__(self, metrics: Metrics, pool: Pool, connections: int) -> None:
        self._metrics = metrics
        self._pool = pool
        self._connections = connections

    def collect(self) -> Iterator[Any]:
        """All families."""
        from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily

        metrics, pool = self._metrics, self._pool
        answers = CounterMetricFamily("modelport_http_requests", "HTTP answers by status.", labels=["status"])
        for status, count in sorted(metrics.answers.items()):
            answers.add_metric([str(status)], count)
        yield answers
        run = HistogramMetricFamily("modelport_run_seconds", "Seconds that run() took.")
        run.add_metric([], metrics.run_seconds.cumulative(), metrics.run_seconds.sum_seconds)
        yield run
        for name, text, value in (
            ("modelport_requests_refused", "Requests that waited too long for a worker.", metrics.refused),
            ("modelport_deadlines_exceeded", "Requests whose run() passed its deadline.", metrics.deadlines),
            ("modelport_worker_deaths", "Workers that died or were killed.", metrics.worker_deaths),
            ("modelport_worker_starts", "Workers that were started.", metrics.worker_starts),
        ):
            yield CounterMetricFamily(name, text, value=value)
        depth = pool.times.prefetch_depth(len(pool.active))
        for name, text, value in (
            ("modelport_queue_length", "Requests that wait for a worker.", len(pool.line)),
            ("modelport_workers_ready", "Workers that may take requests.", len(pool.active)),
            ("modelport_requests_in_flight", "Requests that workers hold.", sum(len(w.in_flight) for w in pool.active)),
            ("modelport_prefetch_depth", "Requests that a worker may hold ahead.", depth),
            ("modelport_connections", "Open client connections.", self._connections),
        ):
            yield GaugeMetricFamily(name, text, value=value)


def render(metrics: Metrics, pool: Pool, connections: int) -> bytes:
    """The Prometheus text format of all counts."""
    from prometheus_client import CollectorRegistry, generate_latest

    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Collector(metrics, pool, connections))
    return bytes(generate_latest(registry))
