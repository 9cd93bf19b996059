"""Plans, held against the known figures of small and large services."""

from __future__ import annotations

import pytest

from modelport.autoscaling.capacity import Goal, measured_demand, plan
from modelport.autoscaling.queueing import Demand


@pytest.mark.parametrize(
    ("per_second", "service_seconds", "by_rule", "one_per_cent", "one_per_mille"),
    [(0.1, 1, 1, 2, 3), (0.5, 1, 1, 3, 4), (1, 1, 2, 4, 5), (2, 0.5, 2, 3, 4), (4, 1, 6, 8, 9), (20, 0.1, 3, 3, 3),
     (20, 1, 29, 24, 27)],
)  # fmt: skip
def test_replicas_of_the_rule_and_of_the_simulation(per_second, service_seconds, by_rule, one_per_cent, one_per_mille):
    demand = Demand(per_second, service_seconds)
    loose, strict = (plan(demand, Goal(loss_max=loss_max)) for loss_max in (0.01, 0.001))
    assert loose.by_rule.replicas == by_rule
    # The figures come from plays of 40,000 to 60,000 requests; ours is longer, and may land beside them by one.
    assert (loose.enough.replicas, strict.enough.replicas) == (
        pytest.approx(one_per_cent, abs=1), pytest.approx(one_per_mille, abs=1),
    )  # fmt: skip


def test_what_is_enough_reaches_the_goal_and_one_less_does_not():
    made = plan(Demand(4, 1), Goal())
    assert made.enough.loss_by_simulation <= 0.001 < made.one_lost.loss_by_simulation
    assert made.one_lost.replicas == made.enough.replicas - 1


def test_formula_and_simulation_agree_where_service_is_exponential():
    for demand in (Demand(0.5, 1), Demand(8, 0.2), Demand(4, 1)):
        size = plan(demand, Goal()).by_rule
        assert size.loss_by_simulation == pytest.approx(size.loss_by_formula, rel=0.1)


@pytest.mark.parametrize(("demand", "word"), [(Demand(0.5, 1), "too small"), (Demand(20, 1), "generous")])
def test_advice_says_why_the_rule_is_wrong(demand, word):
    assert word in plan(demand, Goal()).advice


def test_a_replica_that_runs_several_at_once_counts_as_several():
    alone, shared = (plan(Demand(20, 1), Goal(concurrent_per_replica=number)).enough.replicas for number in (1, 4))
    assert shared == -(-alone // 4)


def test_measured_times_are_drawn_in_the_simulation():
    times = [0.01] * 19 + [2.0]
    demand = measured_demand(5, times)
    assert demand.service_seconds == pytest.approx(0.1095)
    assert demand.variation > 10
    made = plan(demand, Goal(), times)
    assert made.enough.replicas > plan(Demand(5, demand.service_seconds), Goal()).enough.replicas


def test_plans_are_the_same_every_time():
    assert plan(Demand(1, 1), Goal()) == plan(Demand(1, 1), Goal())


def test_nothing_measured_is_no_demand():
    with pytest.raises(ValueError, match="measured"):
        measured_demand(1, [])
