"""The check of requests that waited too long for a worker (pure)."""

from __future__ import annotations

import datetime
import math
from collections.abc import Iterator

from modelport.autoscaling.queueing import Demand, loss, patience_for, slots_for
from modelport.diagnosis.facts import Facts, RequestFailure
from modelport.diagnosis.finding import Finding, Severity

LOSS_MAX = 0.001
_SLOTS_MAX = 10_000


def check_overloaded(facts: Facts, request: RequestFailure) -> Iterator[Finding]:
    """A request waited longer than it may: how likely that is, and what would make it rare."""
    places = max(1, int(request.numbers.get("places", 1)))
    seconds = request.numbers.get("mean_run_ms", 0) / 1000 or (facts.service.mean_run_seconds if facts.service else 0.0)
    limit = facts.service.limits.get("max_request_wait_time_ms", 500) / 1000 if facts.service else 0.5
    name = facts.service.name if facts.service else "NAME"
    remedy = f"More workers (modelport service update {name} --replicas {places + 1}), or a longer wait " \
             f"(--max-request-wait-time MILLISECONDS)."  # fmt: skip
    proof: tuple[str, ...] = (f"request {request.id}: {request.message}",)
    demand = _demand(facts, places, seconds)
    if demand is not None:
        at_once = max(1, int(facts.service.limits.get("max_concurrent_requests", 1))) if facts.service else 1
        remedy = f"{_what_holds(demand, places, limit, at_once)} modelport service update {name} ..."
        proof += (
            f"about {demand.per_second:.3g} requests/s, {seconds * 1000:.3g} ms each, for {places} at once: "
            f"{loss(demand, places, limit):.2%} wait longer than {limit * 1000:g} ms",
        )
    yield Finding(
        "overloaded", Severity.ERROR, "capacity",
        f"Requests waited longer than {limit * 1000:g} ms for a worker and were answered 503.", proof, remedy,
    )  # fmt: skip


def _demand(facts: Facts, places: int, seconds: float) -> Demand | None:
    """What was asked while requests were refused: all places were busy, and the refused came on top."""
    if seconds <= 0:
        return None
    refused = [each for each in facts.requests if each.code == "overloaded"]
    count = sum(1 + each.numbers.get("left_out_before", 0) for each in refused)
    moments = [datetime.datetime.fromisoformat(each.time.replace("Z", "+00:00")) for each in refused if each.time]
    span = (max(moments) - min(moments)).total_seconds() if moments else 0.0
    return Demand(places / seconds + count / max(span, 1.0), seconds)


def _what_holds(demand: Demand, places: int, limit_seconds: float, at_once: int) -> str:
    """The replicas, and the wait limit if one helps, that keep refusals below `LOSS_MAX`."""
    if demand.load > _SLOTS_MAX:
        return f"No number of workers is reasonable for this ({demand.load:.0f} at once): make run() faster."
    wait = patience_for(demand, places, LOSS_MAX)
    longer = f", or --max-request-wait-time {math.ceil(wait * 1000)}" if wait < math.inf else ""
    slots = slots_for(demand, limit_seconds, LOSS_MAX)
    return f"Fewer than {LOSS_MAX:.1%} are refused with --replicas {math.ceil(slots / at_once)}{longer}:"
