"""What the doctor says of requests that waited too long for a worker."""

from __future__ import annotations

import re

from modelport.autoscaling.queueing import Demand, loss
from modelport.diagnosis.checks_load import LOSS_MAX, check_overloaded
from modelport.diagnosis.facts import Facts, RequestFailure, ServiceFacts


def overloaded(seconds_apart, count=11):
    return tuple(
        RequestFailure(
            "overloaded", "Waited 100 ms", id=str(number), time=f"2026-11-20T21:38:{seconds_apart * number:06.3f}Z",
            numbers={"places": 1, "mean_run_ms": 300},
        )
        for number in range(count)
    )  # fmt: skip


def found(requests):
    service = ServiceFacts("churn", limits={"max_request_wait_time_ms": 100})
    (finding,) = check_overloaded(Facts(service=service, requests=requests), requests[-1])
    return finding


def test_replicas_that_are_named_hold_refusals_below_a_thousandth():
    finding = found(overloaded(seconds_apart=1.0))
    replicas = int(re.search(r"--replicas (\d+)", finding.remedy)[1])
    demand = Demand(1 / 0.3 + 11 / 10, 0.3)
    assert loss(demand, replicas, 0.1) <= LOSS_MAX < loss(demand, replicas - 1, 0.1)


def test_wait_limit_is_named_only_where_waiting_helps():
    assert "--max-request-wait-time" not in found(overloaded(seconds_apart=1.0)).remedy


def test_without_service_times_one_more_worker_is_proposed():
    request = RequestFailure("overloaded", "Waited 100 ms", numbers={"places": 2})
    assert "--replicas 3" in found((request,)).remedy
