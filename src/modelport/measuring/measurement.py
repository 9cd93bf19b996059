"""Measures one service that runs on this machine: first alone with each request, then under a steady load."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from modelport.errors import ScoringError, UserError
from modelport.measuring.figures import Advice, Figures, ServiceTimes, figures_of, recommended, service_times_of
from modelport.measuring.open_loop import Address, Arrival, evenly, send_in_turn, send_when_due
from modelport.measuring.usage import Usage, watched

UTILIZATION = 0.7  # the part of its time in which a replica is to be busy: what v1's autoscaler aims at
PER_SECOND_MAX = 300.0  # more would measure who asks
_ALONE_SECONDS = 2.0
_EXCERPT_BYTES = 300


@dataclass(frozen=True)
class Load:
    """What a service is measured with: the bodies of requests, for how long, how many each second (None: so many that
    it is busy for 70 percent of its time, 300 at most), and how long to wait for an answer."""

    bodies: Sequence[bytes] = field(repr=False)
    seconds: float = 10.0
    per_second: float | None = None
    patience_seconds: float = 75.0

    def check(self) -> None:
        """Raise `UserError` (`load-invalid`) if a number is not greater than zero."""
        for name, value in (("seconds", self.seconds), ("queries_per_second", self.per_second)):
            is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
            if (value is None and name != "seconds") or (is_number and value is not None and 0 < value < math.inf):
                continue
            raise UserError(
                "load-invalid",
                f"The load to measure with cannot be sent: {name} is {value!r}; a number greater than zero is needed.",
                f"Leave {name} out for the default.",
            )


@dataclass(frozen=True)
class Measurement:
    """What one replica can do and what it costs. `alone` is its usage while requests came one after the other,
    `loaded` under the load, in which `asked_per_second` requests came each second."""

    service_times: ServiceTimes
    asked_per_second: float
    figures: Figures
    alone: Usage
    loaded: Usage
    advice: Advice


def measure(address: Address, server_pid: int, load: Load) -> Measurement:
    """Measure the service at an address, whose server is a process of this machine.

    Raises `ScoringError` (`profile-no-answer`) if it answers none of the requests with 200, and `UserError`
    (`measuring-unavailable`).
    """
    patience = load.patience_seconds
    with watched(server_pid) as quiet:
        single = send_in_turn(address, load.bodies, min(_ALONE_SECONDS, load.seconds), patience_seconds=patience)
    times = service_times_of(single)
    if not any(arrival.status == 200 for arrival in single):
        raise _no_answer(single)
    per_second = load.per_second or min(PER_SECOND_MAX, UTILIZATION / figures_of(single).latencies.mean)
    plan = evenly(load.bodies, per_second, max(load.seconds, 1 / per_second))
    with watched(server_pid) as busy:
        arrivals = send_when_due(address, plan, patience_seconds=patience)
    alone, loaded = quiet.usage, busy.usage
    return Measurement(times, per_second, figures_of(arrivals), alone, loaded, recommended(alone, loaded))


def _no_answer(arrivals: Sequence[Arrival]) -> ScoringError:
    last = arrivals[-1]
    body = last.body[:_EXCERPT_BYTES].decode(errors="replace")
    told = f"the last answer had status {last.status}: {body}" if last.status else "no answer came at all"
    return ScoringError(
        "profile-no-answer",
        f"None of {len(arrivals)} requests was answered with 200, so there is nothing to measure; {told}",
        "Deploy the service and try one of the requests: service.run(...); its log says what run() raised.",
        status=last.status,
        body=body,
    )
