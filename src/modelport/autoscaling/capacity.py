"""How many replicas a service needs: the documented rule beside the arithmetic of waiting, both checked by simulation.

The 70 % rule is linear in the load. Chance is not: what evens out among many slots does not among few, so that the rule
refuses several per cent of the requests of a small slow service, and pays for slots that a large one never needs.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count, islice
from statistics import fmean, pvariance

from modelport.autoscaling.queueing import Demand, loss, rule_of_thumb, slots_for
from modelport.autoscaling.simulation import refused_share

SIMULATED_REQUESTS = 200_000
SIMULATED_LOAD_MAX = 2_000.0
"""Above so many requests at once the simulated ones would not fill the service; there the formula is as good."""
LOAD_MAX = 1e6
_SEED = 20190501  # the same plan twice is the same plan


@dataclass(frozen=True)
class Goal:
    """What is wanted, with the original's defaults: nobody waits longer than the patience, and at most this share of
    the requests is refused for it. `concurrent_per_replica` requests run at once in a replica."""

    patience_seconds: float = 0.5
    loss_max: float = 0.001
    target_utilization: float = 0.7
    concurrent_per_replica: int = 1


@dataclass(frozen=True)
class Size:
    """A number of replicas and what comes of it: how busy they are, and the share of requests that is refused, by the
    formula and in the simulation (None: the load is too large for one)."""

    replicas: int
    utilization: float
    loss_by_formula: float
    loss_by_simulation: float | None


@dataclass(frozen=True)
class Plan:
    """What a demand needs: the size that the documented rule gives, the least that reaches the goal in the simulation,
    and what is left of that when one replica fails."""

    demand: Demand
    goal: Goal
    by_rule: Size
    enough: Size
    one_lost: Size | None

    @property
    def advice(self) -> str:
        """Why the two differ, in a sentence."""
        rule, enough = self.by_rule.replicas, self.enough.replicas
        if rule < enough:
            return (
                f"The {self.goal.target_utilization:.0%} rule is too small here: with so few slots the chance that all "
                f"of them are busy for longer than {self.goal.patience_seconds:g} s is too high."
            )
        if rule > enough:
            return (
                f"The {self.goal.target_utilization:.0%} rule is generous here: among so many slots one is soon free, "
                f"so {rule - enough} fewer will do."
            )
        return f"The {self.goal.target_utilization:.0%} rule is right here."


def measured_demand(per_second: float, service_seconds: Sequence[float]) -> Demand:
    """The demand of requests whose times of service were measured; raises `ValueError` if there are none.

    >>> measured_demand(10.0, [1.0, 3.0])
    Demand(per_second=10.0, service_seconds=2.0, variation=0.25)
    """
    if not service_seconds:
        raise ValueError("no time of service was measured")
    mean = fmean(service_seconds)
    return Demand(per_second, mean, pvariance(service_seconds, mean) / mean**2)


def plan(demand: Demand, goal: Goal, measured: Sequence[float] = ()) -> Plan:
    """The plan for a demand; the simulation draws from the times of service that were measured, where there are any.

    Raises `ValueError` for a load above `LOAD_MAX`.
    """
    if demand.load > LOAD_MAX:
        raise ValueError(f"{demand.load:g} requests at once are more than can be planned ({LOAD_MAX:g})")
    trial = _Trial(demand, goal, measured)
    rule = rule_of_thumb(demand, goal.target_utilization, goal.concurrent_per_replica)
    formula = slots_for(demand, goal.patience_seconds, goal.loss_max)
    enough = trial.least_replicas(math.ceil(formula / goal.concurrent_per_replica))
    one_lost = trial.size(enough - 1) if enough > 1 else None
    return Plan(demand, goal, trial.size(rule), trial.size(enough), one_lost)


class _Trial:
    """One demand played again and again, each time with the same arrivals."""

    def __init__(self, demand: Demand, goal: Goal, measured: Sequence[float]) -> None:
        self._demand = demand
        self._goal = goal
        self._measured = measured
        self._seen: dict[int, float] = {}

    def size(self, replicas: int) -> Size:
        slots = replicas * self._goal.concurrent_per_replica
        by_formula = loss(self._demand, slots, self._goal.patience_seconds)
        lost = self._simulated(replicas) if self._is_playable else None
        served = 1 - (by_formula if lost is None else lost)
        return Size(replicas, self._demand.load * served / slots, by_formula, lost)

    @property
    def _is_playable(self) -> bool:
        return self._demand.load <= SIMULATED_LOAD_MAX

    def least_replicas(self, first: int) -> int:
        """The fewest replicas that reach the goal in the simulation, looked for from the formula's answer on."""
        if not self._is_playable:
            return first
        good = next(number for number in count(first) if self._simulated(number) <= self._goal.loss_max)
        while good > 1 and self._simulated(good - 1) <= self._goal.loss_max:
            good -= 1
        return good

    def _simulated(self, replicas: int) -> float:
        if replicas not in self._seen:
            arrivals = islice(poisson_arrivals(self._demand.per_second, chance(0)), SIMULATED_REQUESTS)
            times = service_times(self._demand, chance(1), self._measured)
            slots = replicas * self._goal.concurrent_per_replica
            self._seen[replicas] = refused_share(arrivals, times, slots, self._goal.patience_seconds)
        return self._seen[replicas]


def chance(number: int) -> random.Random:
    """A source of chance of its own for each number, and the same each time."""
    return random.Random(_SEED + number)  # noqa: S311 - to be repeated, not to keep a secret


def poisson_arrivals(per_second: float, source: random.Random) -> Iterator[float]:
    """Moments of requests that come at random and independently, without end."""
    moment = 0.0
    while True:
        moment += source.expovariate(per_second)
        yield moment


def service_times(demand: Demand, source: random.Random, measured: Sequence[float] = ()) -> Callable[[], float]:
    """A source of times of service: drawn from those that were measured, else from a gamma distribution with the mean
    and the variation of the demand (exponential where the variation is 1, constant where it is 0)."""
    if measured:
        return lambda: source.choice(measured)
    if demand.variation < 1e-9:
        return lambda: demand.service_seconds
    shape = 1 / demand.variation
    scale = demand.service_seconds / shape
    return lambda: source.gammavariate(shape, scale)
