"""The closed forms, held against known figures."""

from __future__ import annotations

import math

import pytest

from modelport.autoscaling.queueing import Demand, loss, patience_for, rule_of_thumb, slots_for, waits


@pytest.mark.parametrize(
    ("per_second", "per_slot", "slots", "expected"),
    [(8, 5, 2, 0.06617), (12, 5, 2, 0.21763), (14, 1, 20, 0.00140), (18, 1, 20, 0.02478), (25, 1, 20, 0.20480),
     (0.7, 1, 1, 0.31258)],
)  # fmt: skip
def test_loss_with_a_patience_of_half_a_second(per_second, per_slot, slots, expected):
    assert loss(Demand(per_second, 1 / per_slot), slots, 0.5) == pytest.approx(expected, abs=5e-6)


@pytest.mark.parametrize(
    ("load", "service_seconds", "percent"),
    [(0.5, 0.2, 7.7), (0.5, 1, 24), (0.5, 10, 32), (5, 1, 1.4), (5, 10, 5.9)],
)
def test_rule_of_thumb_refuses_many_of_a_small_service(load, service_seconds, percent):
    demand = Demand(load / service_seconds, service_seconds)
    assert 100 * loss(demand, rule_of_thumb(demand), 0.5) == pytest.approx(percent, rel=0.03)


def test_rule_of_thumb_wastes_on_a_large_service():
    demand = Demand(20, 10)
    assert (rule_of_thumb(demand), slots_for(demand, 0.5, 0.001)) == (286, 229)
    assert loss(demand, 286, 0.5) == pytest.approx(3e-11, rel=0.2)
    assert [round(100 * loss(Demand(20 * more, 10), 286, 0.5), 2) for more in (1.3, 1.43)] == [0.18, 2.76]


def test_without_patience_it_is_the_formula_of_erlang_b():
    shares = {1: 0.5, 2: 0.2, 5: 0.0030675}  # a load of one erlang
    assert {slots: loss(Demand(1, 1), slots, 0) for slots in shares} == pytest.approx(shares, rel=1e-4)


def test_with_endless_patience_nobody_is_lost_or_what_does_not_fit():
    assert loss(Demand(8, 0.2), 2, 1e6) == 0
    assert loss(Demand(20, 0.2), 2, 1e6) == pytest.approx(0.5)


def test_very_many_slots_and_very_great_overload_are_no_trouble():
    assert loss(Demand(1000, 10), 5, 0.5) == pytest.approx(0.9995)
    assert loss(Demand(2000, 10), 20_100, 0.5) < 0.01


def test_waits_without_refusals():
    assert waits(Demand(0.1, 1), 1, 0.5) == pytest.approx(0.064, abs=5e-4)
    assert waits(Demand(1, 1), 2, 0.5) == pytest.approx(0.202, abs=5e-4)
    assert waits(Demand(3, 1), 2, 0.5) == 1.0


def test_steadier_service_loses_less():
    assert loss(Demand(2, 0.5, variation=0), 2, 0.5) < loss(Demand(2, 0.5), 2, 0.5) < loss(Demand(2, 0.5, 4), 2, 0.5)


@pytest.mark.parametrize("loss_max", [0.05, 0.001])
def test_patience_and_slots_are_the_least_that_will_do(loss_max):
    demand = Demand(8, 0.2)
    patience = patience_for(demand, 2, loss_max)
    assert loss(demand, 2, patience) <= loss_max < loss(demand, 2, patience * 0.999)
    slots = slots_for(demand, 0.5, loss_max)
    assert loss(demand, slots, 0.5) <= loss_max < loss(demand, slots - 1, 0.5)


def test_no_patience_helps_where_the_work_does_not_fit():
    assert patience_for(Demand(20, 0.2), 2, 0.01) == math.inf


@pytest.mark.parametrize(
    "wrong", [(Demand(0, 1), 1, 1), (Demand(1, 0), 1, 1), (Demand(1, 1), 0, 1), (Demand(1, 1), 1, -1)]
)
def test_figures_that_make_no_sense_are_refused(wrong):
    with pytest.raises(ValueError, match="slots"):
        loss(*wrong)


def test_a_share_that_makes_no_sense_is_refused():
    with pytest.raises(ValueError, match="between 0 and 1"):
        slots_for(Demand(1, 1), 0.5, 0)
