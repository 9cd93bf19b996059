"""The central queue and the prefetch rule, with time as a number."""

from __future__ import annotations

from typing import Any, cast

from modelport.server.admission import PREFETCH_DEPTH_MAX, ServiceTimes, WaitingLine, overloaded
from modelport.server.exchange import Exchange


def waiting(begin_before: float = 1.0) -> Exchange:
    exchange = Exchange(cast(Any, None), "POST", b"/score", [])
    exchange.begin_before = begin_before
    return exchange


def test_serves_in_order_of_arrival() -> None:
    line = WaitingLine()
    first, second = waiting(), waiting()
    line.join(first)
    line.join(second)
    assert [line.next(), line.next(), line.next()] == [first, second, None]


def test_puts_back_at_the_head_in_the_old_order() -> None:
    line = WaitingLine()
    first, second, third = waiting(), waiting(), waiting()
    line.join(third)
    line.rejoin([first, second])
    assert [line.next(), line.next(), line.next()] == [first, second, third]


def test_forgets_those_who_left() -> None:
    line = WaitingLine()
    exchanges = [waiting() for _ in range(200)]
    for exchange in exchanges:
        line.join(exchange)
    for exchange in exchanges[:150]:
        exchange.gone = True
        line.leave()
    assert len(line) == 50
    assert line.next() is exchanges[150]


def test_finds_those_whose_limit_has_passed_and_leaves_the_others() -> None:
    line = WaitingLine()
    late, gone, early = waiting(1.0), waiting(1.0), waiting(3.0)
    for exchange in (late, gone, early):
        line.join(exchange)
    gone.gone = True
    line.leave()
    assert line.overdue(0.5) == []
    assert line.overdue(2.0) == [late]
    assert len(line) == 1 and line.next() is early


def test_prefetches_nothing_before_it_knows_how_long_requests_take() -> None:
    assert ServiceTimes().prefetch_depth(workers=2) == 0


def test_prefetches_as_many_as_run_in_five_milliseconds() -> None:
    times = ServiceTimes()
    for _ in range(20):
        times.add(0.002)
    assert times.prefetch_depth(workers=2) == 2


def test_one_slow_request_stops_prefetching_until_it_leaves_the_window() -> None:
    times = ServiceTimes()
    for _ in range(300):
        times.add(0.0005)
    times.add(0.5)
    assert times.prefetch_depth(workers=2) == 0
    for _ in range(199):
        times.add(0.0005)
    assert times.prefetch_depth(workers=2) == 0
    for _ in range(5):
        times.add(0.0005)
    assert times.prefetch_depth(workers=2) == 10


def test_a_lone_worker_goes_by_the_mean_because_nobody_is_idle_beside_it() -> None:
    times = ServiceTimes()
    for _ in range(99):
        times.add(0.0005)
    times.add(0.04)
    assert times.prefetch_depth(workers=1) == 5
    assert times.prefetch_depth(workers=2) == 0


def test_bounds_the_depth_for_requests_that_take_no_time() -> None:
    times = ServiceTimes()
    for _ in range(10):
        times.add(0.0)
    assert times.prefetch_depth(workers=2) == PREFETCH_DEPTH_MAX


def test_the_refusal_carries_the_numbers() -> None:
    times = ServiceTimes()
    times.add(0.1)
    problem = overloaded(0.5, waiting=20, slots=2, times=times)
    assert problem.status == 503
    assert problem.retry_after_seconds == 2
    assert problem.numbers == {"queue_length": 20, "places": 2, "mean_run_ms": 100.0}
