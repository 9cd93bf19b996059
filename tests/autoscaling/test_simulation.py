"""The simulator, held against the closed forms, against balances, and against rules worked out by hand."""

from __future__ import annotations

import random
from itertools import accumulate, takewhile

import pytest

from modelport.autoscaling.knative import knative_rule
from modelport.autoscaling.queueing import Demand, loss
from modelport.autoscaling.scaling import ByKnative, ByUtilization
from modelport.autoscaling.simulation import Service, play, refused_share
from modelport.autoscaling.utilization import UtilizationRule


def poisson(per_second, number, seed=1):
    chance = random.Random(seed)
    return accumulate(chance.expovariate(per_second) for _ in range(number))


def exponential(mean, seed=2):
    chance = random.Random(seed)
    return lambda: chance.expovariate(1 / mean)


@pytest.mark.parametrize(
    ("per_second", "per_slot", "slots", "number"),
    [(8, 5, 2, 60_000), (12, 5, 2, 40_000), (18, 1, 20, 60_000), (25, 1, 20, 30_000), (0.7, 1, 1, 30_000)],
)
def test_refusals_of_fixed_slots_agree_with_the_formula(per_second, per_slot, slots, number):
    share = refused_share(poisson(per_second, number), exponential(1 / per_slot), slots, 0.5)
    assert share == pytest.approx(loss(Demand(per_second, 1 / per_slot), slots, 0.5), rel=0.08)


def test_both_simulators_see_the_same():
    service = Service(replicas=3, patience_seconds=0.5)
    played = play(poisson(4, 5000), exponential(1.0), service)
    # The order in which service times are drawn is that of the starts in both.
    assert played.loss == refused_share(poisson(4, 5000), exponential(1.0), 3, 0.5)


def test_whatever_arrives_is_served_or_refused_and_busy_slots_obey_littles_law():
    chance = exponential(0.5)
    drawn = []

    def service_seconds():
        drawn.append(chance())
        return drawn[-1]

    played = play(poisson(5, 4000), service_seconds, Service(replicas=3))
    assert played.arrived == 4000
    assert len(played.waits_seconds) + played.refused == 4000
    assert len(drawn) == len(played.waits_seconds)
    assert max(played.waits_seconds) <= 0.5
    busy = sum(drawn) / len(played.seconds)
    assert busy == pytest.approx(5 * (1 - played.loss) * 0.5, rel=0.05)


def test_seconds_count_what_happened_in_them():
    played = play([0.1, 0.2, 0.3, 2.0], lambda: 10.0, Service(replicas=1, patience_seconds=0.5))
    assert [(second.arrived, second.refused) for second in played.seconds[:3]] == [(3, 2), (0, 0), (1, 1)]


def test_a_request_whose_turn_comes_in_the_last_moment_is_served():
    played = play([0.0, 0.5], lambda: 1.0, Service(replicas=1, patience_seconds=0.5))
    assert (played.refused, played.waits_seconds) == (0, (0.0, 0.5))


def test_replicas_by_utilisation_come_after_their_start_and_go_after_a_minute():
    arrivals = [i / 10 for i in range(300)]  # 10 a second of 1 s each, for half a minute
    rule = ByUtilization(UtilizationRule(min_replicas=1, max_replicas=20))
    played = play(arrivals, lambda: 1.0, Service(replicas=1, start_seconds=5.0), rule)
    ready = [second.ready for second in played.seconds]
    wanted = [second.wanted for second in played.seconds]
    assert wanted[1] > 5  # as soon as the first look
    assert ready[5] == 1  # it takes five seconds until one is there
    assert ready[12] >= 10
    assert played.refused > 20
    assert sum(second.refused for second in played.seconds[15:]) == 0
    assert ready[-1] == max(ready)  # nothing goes within a minute


def test_replicas_go_when_there_is_little_to_do():
    arrivals = [*(i / 10 for i in range(100)), *(10.0 + i for i in range(120))]
    played = play(arrivals, lambda: 0.5, Service(replicas=10), ByUtilization(UtilizationRule(max_replicas=10)))
    assert played.seconds[-1].ready <= 2
    assert played.replica_seconds < 10 * len(played.seconds)


def test_replicas_by_knative_panic_at_a_step():
    arrivals = takewhile(lambda moment: moment < 120, poisson(20, 10_000))
    rule = ByKnative(knative_rule(1), min_replicas=1, max_replicas=100)
    played = play(arrivals, lambda: 0.5, Service(replicas=1, patience_seconds=5.0), rule)
    assert max(second.wanted for second in played.seconds[:8]) >= 12
    assert 13 <= played.seconds[70].ready <= 40  # 10 at once by 0.7; panic takes nothing away
    assert sum(second.refused for second in played.seconds[10:]) == 0


def test_no_arrivals_are_no_trouble():
    played = play([], lambda: 1.0, Service(replicas=1), ByUtilization(UtilizationRule()))
    assert (played.arrived, played.loss) == (0, 0.0)
