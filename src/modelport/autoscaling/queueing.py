"""How many requests are refused where each waits for a limited time: closed forms (pure).

Requests arrive at random (Poisson), `slots` of them run at once, and one that would wait longer than the patience of
the service is answered 503. The formula for exponential service times is exact: M/M/c with deterministic patience
(Gnedenko and Kovalenko, Introduction to Queueing Theory). For other service times patience counts as longer or shorter,
by how much they vary, after the heavy-traffic law of Kingman (1962); a simulation tells how good that is.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

EXPONENTIAL = 1.0
"""The squared coefficient of variation of exponential service times; 0 is a service that always takes as long."""
_EXPONENT_MAX = 700.0  # what exp() bears


@dataclass(frozen=True)
class Demand:
    """What a service is asked for.

    `per_second` requests arrive at random, each runs for `service_seconds` on average, with the squared coefficient of
    variation `variation` (variance divided by the square of the mean).
    """

    per_second: float
    service_seconds: float
    variation: float = EXPONENTIAL

    @property
    def load(self) -> float:
        """How many slots are busy on average if nobody is refused, in erlangs.

        >>> Demand(per_second=20.0, service_seconds=10.0).load
        200.0
        """
        return self.per_second * self.service_seconds


def loss(demand: Demand, slots: int, patience_seconds: float) -> float:
    """The share of requests that are refused because they would wait longer than their patience.

    Raises `ValueError` where a figure is below what makes sense.

    >>> round(loss(Demand(8, 0.2), slots=2, patience_seconds=0.5), 5)
    0.06617
    >>> round(loss(Demand(0.7, 1.0), slots=1, patience_seconds=0.5), 5)
    0.31258
    """
    if slots < 1 or patience_seconds < 0 or demand.per_second <= 0 or demand.service_seconds <= 0:
        raise ValueError(f"loss of {demand} with {slots} slots and a patience of {patience_seconds} s")
    patience = 2 * patience_seconds / (1 + demand.variation)
    spare = slots / demand.service_seconds - demand.per_second  # completions per second that are left, or missing
    if -spare * patience > _EXPONENT_MAX:
        return 1 - slots / demand.load  # to the last digit: whatever fits is served, the rest is not
    # All weights as shares of that of `slots - 1` busy, so that no power or factorial is ever too large for a float.
    waiting_mass = demand.per_second * _integral(spare, patience)
    refused = demand.load / slots * math.exp(-spare * patience)
    return refused / (_weights_below(demand.load, slots) + waiting_mass + refused)


def _integral(rate: float, until: float) -> float:
    """The integral of exp(-rate x) from 0 to `until`."""
    if abs(rate * until) < 1e-12:
        return until
    return -math.expm1(-rate * until) / rate


def _weights_below(load: float, slots: int) -> float:
    """The sum over j < slots of load^j / j!, divided by its last term."""
    total, term = 1.0, 1.0
    for busy in range(slots - 1, 0, -1):
        term *= busy / load
        total += term
        if term < 1e-17 * total:
            break
    return total


def slots_for(demand: Demand, patience_seconds: float, loss_max: float) -> int:
    """The fewest slots that refuse no more than `loss_max` of the requests.

    >>> slots_for(Demand(20, 10), patience_seconds=0.5, loss_max=0.001)
    229
    """
    if not 0 < loss_max < 1:
        raise ValueError(f"a share of refusals between 0 and 1 is asked for, not {loss_max}")
    low = max(0, math.floor(demand.load * (1 - loss_max)) - 1)  # fewer serve less than is asked for
    step = 1
    while loss(demand, low + step, patience_seconds) > loss_max:
        low, step = low + step, 2 * step
    high = low + step
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if loss(demand, middle, patience_seconds) > loss_max else (low, middle)
    return high


def patience_for(demand: Demand, slots: int, loss_max: float) -> float:
    """The shortest patience, in seconds, with which no more than `loss_max` are refused; infinite if none will do.

    >>> round(patience_for(Demand(8, 0.2), slots=2, loss_max=0.01), 2)
    1.35
    """
    if loss(demand, slots, 0) <= loss_max:
        return 0.0
    high = demand.service_seconds
    while loss(demand, slots, high) > loss_max:
        high *= 2
        if high > 1e6 * demand.service_seconds:
            return math.inf
    low = 0.0
    while high - low > 1e-6 * high:
        middle = (low + high) / 2
        low, high = (middle, high) if loss(demand, slots, middle) > loss_max else (low, middle)
    return high


def waits(demand: Demand, slots: int, longer_than_seconds: float = 0.0) -> float:
    """The share of requests that wait longer than this where nobody is ever refused (Erlang C; 1 if it cannot keep up).

    >>> round(waits(Demand(0.5, 1), slots=1, longer_than_seconds=0.5), 3)
    0.389
    """
    if demand.load >= slots:
        return 1.0
    others = _weights_below(demand.load, slots)
    queued = demand.load / (slots - demand.load)
    spare = slots / demand.service_seconds - demand.per_second
    patience = 2 * longer_than_seconds / (1 + demand.variation)
    return queued / (others + queued) * math.exp(-spare * patience)


def rule_of_thumb(demand: Demand, target_utilization: float = 0.7, slots_per_replica: int = 1) -> int:
    """The replicas that the rule of the original's documentation gives: load / utilisation, rounded up.

    >>> rule_of_thumb(Demand(20, 10))
    286
    """
    return math.ceil(demand.load / target_utilization / slots_per_replica - 1e-9)
