"""The load generators count what came back, and when it was due."""

from __future__ import annotations

import asyncio


def test_closed_loop_of_our_own_counts_answers(serve):
    from benchmarks.load import Target, _own_loop

    rate = asyncio.run(_own_loop(Target(serve(0.01, 200), "/score", b"{}"), 2, 0.3))
    assert 10 <= rate.requests <= 34
    assert rate.failures == 0
    assert rate.p50_ms >= 10


def test_closed_loop_of_our_own_counts_refusals_apart(serve):
    from benchmarks.load import Target, _own_loop

    rate = asyncio.run(_own_loop(Target(serve(0.01, 503), "/score", b"{}"), 1, 0.1))
    assert rate.requests == 0
    assert rate.failures >= 3


def test_open_loop_counts_latency_from_when_a_request_was_due(serve):
    from benchmarks.load import Target
    from benchmarks.open_loop import open_loop

    arrivals = open_loop(Target(serve(0.04, 200), "/score", b"{}"), per_second=50, seconds=0.4)
    assert [arrival.status for arrival in arrivals] == [200] * 20
    # 20 requests of 40 ms that are due within 400 ms: the last one waits for all before it.
    assert arrivals[-1].latency_seconds > 0.35 > arrivals[0].latency_seconds


def test_open_loop_reports_a_server_that_is_gone():
    from benchmarks.load import Target
    from benchmarks.open_loop import open_loop
    from benchmarks.processes import free_port

    arrivals = open_loop(Target(free_port(), "/score", b"{}"), per_second=10, seconds=0.2)
    assert [arrival.status for arrival in arrivals] == [0, 0]
