"""The rule of the original's front end."""

from __future__ import annotations

from modelport.autoscaling.utilization import Quiet, UtilizationRule, decide


def over_time(rule, in_service, replicas, seconds):
    memory, found = Quiet(), []
    for second in range(seconds):
        replicas, memory = decide(rule, memory, in_service(second), replicas, float(second))
        found.append(replicas)
    return found


def test_replicas_are_added_at_once_and_within_the_bounds():
    rule = UtilizationRule(min_replicas=2, max_replicas=6)
    assert [decide(rule, Quiet(), load, 2, 0.0)[0] for load in (0, 1, 2, 3, 4, 100)] == [2, 2, 3, 5, 6, 6]


def test_replicas_go_after_a_minute_without_need():
    found = over_time(UtilizationRule(), lambda second: 7 if second < 5 else 0, 1, 70)
    assert found[:65] == [10] * 65
    assert found[65:] == [1] * 5


def test_what_was_needed_within_the_minute_stays():
    found = over_time(UtilizationRule(), lambda second: 7 if second < 5 else 3 if second == 30 else 0, 1, 130)
    assert (found[64], found[65], found[124], found[125]) == (10, 5, 5, 1)


def test_need_within_the_minute_begins_it_anew():
    found = over_time(UtilizationRule(), lambda second: 7 if second in (0, 30) else 0, 1, 95)
    assert (found[90], found[91]) == (10, 1)


def test_replicas_that_run_several_at_once_count_as_several():
    rule = UtilizationRule(concurrent_per_replica=4)
    assert decide(rule, Quiet(), 14, 1, 0.0)[0] == 5
