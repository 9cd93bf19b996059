"""Knative's rule, held against the figures of Knative's own tests of it (pkg/autoscaler/scaling, bucketing)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from modelport.autoscaling.concurrency import Window
from modelport.autoscaling.knative import KnativeRule, Panic, Seen, Wish, at_start, decide, knative_rule

MINUTE = 60.0
UTILIZATION = 0.75  # the share of a replica's total that Knative's tests take for the target


CALM = Panic()


def rule(target, burst=0.0, **changed):
    settings = {"max_scale_up_rate": 10, "max_scale_down_rate": 10, "target_burst_capacity": burst, **changed}
    return KnativeRule(target=target, total=target / UTILIZATION, **settings)


def wished(settings, stable, panic, ready, memory=CALM, now=0.0):
    return decide(settings, memory, Seen(stable, panic, ready), now)


@pytest.mark.parametrize(
    ("settings", "stable", "panic", "ready", "replicas", "excess"),
    [
        pytest.param(rule(10, 100), 0, 0, 1, 0, -87, id="nothing to do"),
        pytest.param(rule(181, -1), 21, 26, 1, 1, -1, id="unlimited burst"),
        pytest.param(rule(10, 0), 50, 49, 1, 5, 0, id="no burst"),
        pytest.param(rule(10, 100), 50, 50, 1, 5, -137, id="up"),
        pytest.param(rule(10, 100), 50, 50, 5, 5, -84, id="stays"),
        pytest.param(rule(1, 1982, max_scale_up_rate=1.1), 3, 3.1, 2, 3, -1983, id="a small rate up still gives one"),
        pytest.param(rule(10, 1982, max_scale_down_rate=1.1), 1, 1, 100, 90, -650, id="a small rate down"),
        pytest.param(
            rule(10, 1982, max_scale_down_rate=1.1, reachable=False), 1, 1, 100, 1, -650, id="unreachable: no rate down"
        ),
        pytest.param(rule(10, 84), 50, 100, 1, 10, -171, id="the panic window doubles it"),
        pytest.param(rule(10, 101), 100, 10, 1, 10, -98, id="the stable window alone"),
        pytest.param(rule(10, 98), 100, 100, 8, 10, -92, id="down from ten: before"),
        pytest.param(rule(10, 98), 50, 50, 8, 5, -42, id="down from ten: after"),
        pytest.param(rule(10, 75), 1, 0, 1, 1, -62, id="a little"),
        pytest.param(rule(10, 75), 0, 0, 1, 0, -62, id="to zero"),
        pytest.param(rule(10, 75, activation_scale=2), 0, 0, 1, 0, -62, id="activation scale, nothing to do"),
        pytest.param(rule(10, 75, activation_scale=2), 1, 0, 1, 2, -62, id="activation scale"),
        pytest.param(rule(10, 61), 1000, 1001, 1, 10, -1049, id="ten times as many at most"),
        pytest.param(rule(10, 61), 1000, 1001, 10, 100, -929, id="ten times as many again"),
        pytest.param(rule(10, 61), 1, 1, 100, 10, 1271, id="a tenth at least"),
        pytest.param(rule(10, 61), 1, 1, 10, 1, 71, id="a tenth again"),
        pytest.param(rule(10, 81), 1000, 888, 0, 10, -969, id="none ready counts as one"),
    ],
)
def test_one_decision(settings, stable, panic, ready, replicas, excess):
    wish, _ = wished(settings, stable, panic, ready)
    assert (wish.replicas, wish.excess_burst_capacity) == (replicas, pytest.approx(excess, abs=1))


def test_in_panic_the_larger_of_both_windows_holds():
    panicking = Panic(since=-5.0, most_replicas=5)
    assert wished(rule(1, 100), 50, 30, 5, panicking)[0].replicas == 50
    assert wished(rule(1, 100), 20, 30, 5, panicking)[0].replicas == 30


def test_a_slow_increase_ends_the_panic_after_the_stable_window():
    wish, memory = wished(rule(1, 98), 11, 25, 10)
    assert (wish.replicas, memory.since) == (25, 0.0)
    wish, memory = wished(rule(1, 98), 30, 41, 40, memory, 30.0)
    assert (wish.replicas, memory.since) == (41, 0.0)
    wish, memory = wished(rule(1, 98), 50, 56, 55, memory, 62.0)
    assert (wish.replicas, memory) == (50, Panic())


def test_another_surge_extends_the_panic():
    _, memory = wished(rule(1, 98), 11, 25, 10)
    wish, memory = wished(rule(1, 98), 30, 80, 40, memory, 30.0)
    assert (wish.replicas, memory.since) == (80, 30.0)


def test_exponential_growth_is_followed_and_held():
    memory = Panic()
    for at, (ready, load) in enumerate([(1, 6), (6, 36), (36, 216), (216, 1296)]):
        wish, memory = wished(rule(1, 101), load, load, ready, memory, float(at))
        assert (wish.replicas, memory.since) == (load, float(at))
    assert wished(rule(1, 101), 1296, 1296, 1296, memory, 5.0)[0].replicas == 1296


def test_in_panic_nothing_is_taken_away_until_it_ends():
    _, memory = wished(rule(10, 93), 100, 100, 1)
    wish, memory = wished(rule(10, 93), 100, 1000, 10, memory, 1.0)
    assert wish.replicas == 100
    wish, memory = wished(rule(10, 93), 1, 1, 10, memory, 31.0)
    assert wish.replicas == 100
    wish, _ = wished(rule(10, 93), 1, 1, 10, memory, 62.0)
    assert wish.replicas == 1


def test_a_new_target_holds_at_once():
    _, memory = wished(rule(10, 77), 100, 101, 1)
    wish, _ = wished(rule(1, 71), 100, 101, 10, memory)
    assert (wish.replicas, wish.excess_burst_capacity) == (100, pytest.approx(-159, abs=1))


def test_with_several_replicas_ready_it_starts_in_panic():
    assert [at_start(ready, 7.0) for ready in (0, 1, 2)] == [Panic(None, 0), Panic(None, 1), Panic(7.0, 2)]


DELAYED = rule(10, panic_threshold=100, scale_down_delay_seconds=5 * MINUTE)


def replicas_over_time(settings, steps):
    memory, found = Panic(), []
    for at, load in steps:
        wish, memory = wished(settings, load, load, 0, memory, at)
        found.append(wish.replicas)
    return found


def test_scaling_down_waits_for_the_delay():
    assert replicas_over_time(DELAYED, [(2, 40), (5 * MINUTE, 0), (5 * MINUTE + 2, 0)]) == [4, 4, 0]


def test_what_was_wanted_meanwhile_scrolls_out_step_by_step():
    steps = [(9 * MINUTE, 40), (10 * MINUTE, 30), (11 * MINUTE, 0), (14 * MINUTE, 0), (15 * MINUTE, 0)]
    assert replicas_over_time(DELAYED, steps) == [4, 4, 4, 3, 0]


def test_nothing_is_delayed_without_a_delay():
    steps = [(0, 40), (0.5, 20)]
    assert replicas_over_time(rule(10, panic_threshold=100), steps) == [4, 2]


def test_a_revision_that_nobody_reaches_is_not_delayed():
    _, memory = wished(DELAYED, 40, 40, 0, Panic(), 2.0)
    assert wished(replace(DELAYED, reachable=False), 0, 0, 0, memory, 4.0)[0].replicas == 0


def test_step_response_of_one_request_at_a_time():
    """10 at once from the moment 0 on, 0.5 before: the panic window is full and no rate limits."""
    window, memory, ready, found = Window(6), Panic(), 1, []
    for second in range(-6, 0):
        window.record(second, 0.5)
    for second in range(7):
        if second % 2 == 0 and second:
            panic = window.mean(second - 1)
            wish, memory = decide(knative_rule(1), memory, Seen(0.0, panic, ready), second)
            found.append((panic, wish.replicas))
        window.record(second, 10.0)
    assert found == [(pytest.approx(22 / 6, abs=1e-6), 6), (pytest.approx(41 / 6, abs=1e-6), 10), (10.0, 15)]


def test_values_of_one_second_are_added_and_gaps_count_as_nothing():
    window = Window(60)
    for at in (0.0, 0.1, 1.0, 3.0):
        window.record(at, 1.0)
    assert window.mean(3.0) == 1.0  # 4 within 4 seconds


def test_trailing_silence_shortens_the_window_and_ends_it():
    window = Window(5)
    for at in range(5):
        window.record(at, 10.0 if at < 4 else 20.0)
    assert [window.mean(at) for at in (4, 6, 8, 9)] == [12.0, round(40 / 3, 6), 20.0, None]


def test_after_a_silence_of_a_window_it_begins_anew():
    window = Window(5)
    window.record(0, 100.0)
    window.record(7, 3.0)
    assert window.mean(7) == 3.0


@pytest.mark.parametrize(
    ("arguments", "target", "total"),
    [((1,), 0.7, 1), ((0,), 70, 100), ((10, 0.7, 20), 7, 10), ((0, 0.7, 20), 14, 20), ((1, 0.001), 0.01, 1)],
)
def test_target_of_a_revision(arguments, target, total):
    made = knative_rule(*arguments)
    assert (made.target, made.total) == (pytest.approx(target), total)


def test_wish_tells_whether_the_activator_is_in_the_way():
    assert wished(knative_rule(1), 0.5, 0.5, 1)[0] == Wish(1, -211)
