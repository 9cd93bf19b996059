"""The simulations are exact, and a wait beside an idle worker is seen."""

from __future__ import annotations

import json

import pytest


@pytest.mark.parametrize(
    ("jobs", "latencies"),
    [
        ([(0.0, 1.0), (0.5, 1.0)], [1.0, 1.0]),
        ([(0.0, 5.0), (0.0, 1.0), (0.0, 1.0), (1.5, 1.0)], [5.0, 1.0, 2.0, 1.5]),
        ([(0.0, 1.0), (9.0, 1.0)], [1.0, 1.0]),
    ],
)
def test_one_queue_gives_the_first_in_line_to_whoever_is_idle(jobs, latencies):
    from benchmarks.central_queue import one_queue

    assert one_queue(jobs, workers=2) == latencies


def test_a_queue_for_each_lets_short_ones_wait_behind_a_slow_one():
    from benchmarks.central_queue import queue_for_each

    assert queue_for_each([(0.0, 5.0), (0.0, 1.0), (1.0, 1.0)], workers=2) == [5.0, 1.0, 5.0]


def test_a_wait_beside_an_idle_worker_is_seen():
    from benchmarks.central_queue import Served, waits_beside_idle

    slow = Served(due=0.0, began=0.0, ended=5.0, latency=5.0, worker=1, slow=True)
    other = Served(due=0.0, began=0.0, ended=1.0, latency=1.0, worker=2, slow=False)
    behind = Served(due=0.5, began=5.0, ended=5.1, latency=4.6, worker=1, slow=False)
    assert waits_beside_idle([slow, other, behind]) == [0.0, 0.0, 4.0]


def test_a_wait_while_all_workers_are_busy_is_none():
    from benchmarks.central_queue import Served, waits_beside_idle

    first = Served(due=0.0, began=0.0, ended=2.0, latency=2.0, worker=1, slow=False)
    second = Served(due=0.0, began=0.0, ended=1.0, latency=1.0, worker=2, slow=False)
    third = Served(due=0.5, began=1.0, ended=2.0, latency=1.5, worker=2, slow=False)
    assert waits_beside_idle([first, second, third]) == [0.0, 0.0, 0.0]


def test_the_plan_is_the_same_each_time_and_loads_two_workers_to_sixty_percent():
    from benchmarks.central_queue import make_plan

    plan = make_plan(200.0)
    assert plan == make_plan(200.0)
    work = sum(json.loads(due.body)["data"][0][0] for due in plan)
    assert work / (2 * 200.0) == pytest.approx(0.60, abs=0.06)
