"""`modelport plan`: how many replicas a load needs, by the documented rule, by arithmetic, and by simulation."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import click

from modelport.autoscaling.capacity import Goal, Plan, Size
from modelport.autoscaling.capacity import plan as plan_for
from modelport.autoscaling.queueing import Demand
from modelport.cli.doors import Door, session_of
from modelport.cli.output import Column, Output
from modelport.cli.quantities import DURATION, POSITIVE, SHARE, load_too_large, percent
from modelport.cli.session import Session
from modelport.errors import UserError


def _percent_or_none(share: float | None) -> str:
    return "-" if share is None else percent(share)


_COLUMNS = (
    Column("size"), Column("replicas"), Column("utilization", "Busy", percent),
    Column("loss_by_formula", "503s by formula", percent),
    Column("loss_by_simulation", "503s simulated", _percent_or_none),
)  # fmt: skip


@click.command(
    cls=Door,
    examples=[
        "modelport plan --rps 20 --service-time 10s",
        "modelport plan --rps 4 --service-time 1s --wait 500ms --loss 0.1%",
        "modelport plan --rps 50 --service-time 200ms --variation 0 --concurrency 4 --output json",
        "modelport plan --rps 50 --profile churn-profile",
    ],
)
@click.option("--rps", "per_second", type=POSITIVE, required=True, help="Requests per second, coming at random.")
@click.option("--service-time", type=DURATION, help="How long run() takes on average: 200ms, 10s.")
@click.option(
    "--variation", type=click.FloatRange(min=0),
    help="How much it varies: variance / mean². 0: always the same; 1 (default): exponential.",
)  # fmt: skip
@click.option("--profile", metavar="NAME", help="Take both from a profile that was measured (Model.profile).")
@click.option(
    "--wait", "--p99-wait", "wait", type=DURATION, default="500ms", show_default=True,
    help="Longest wait for a free worker (max_request_wait_time); then 503.",
)  # fmt: skip
@click.option("--loss", type=SHARE, default="0.1%", show_default=True, help="Share of requests that may get a 503.")
@click.option("--target-utilization", type=SHARE, default="70%", show_default=True, help="Target of the known rule.")
@click.option(
    "--concurrency", type=click.IntRange(min=1), default=1, show_default=True,
    help="Requests that one replica runs at once (max_concurrent_requests).",
)  # fmt: skip
@click.pass_context
def plan(context: click.Context, /, **options: Any) -> None:
    """Say how many replicas a load needs.

    The known rule is replicas = requests per second x service time / 0.7. It is linear; waiting is not. Both answers
    stand side by side with the share of requests that either refuses.
    """
    demand = _demand(session_of(context), options)
    goal = Goal(options["wait"], options["loss"], options["target_utilization"], options["concurrency"])
    output = session_of(context).output
    try:
        with output.working("Planning"):
            found = plan_for(demand, goal)
    except ValueError as error:
        raise load_too_large(str(error)) from error
    _show(found, output)


def _demand(session: Session, options: dict[str, Any]) -> Demand:
    """The demand that the options describe. Raises `UserError` (`service-time-needed`), `NotFoundError`."""
    seconds, variation = options["service_time"], options["variation"]
    if (seconds is None) == (options["profile"] is None):
        raise UserError(
            "service-time-needed",
            "How long run() takes is not clear: it is either given (--service-time) or was measured (--profile).",
            "For example: modelport plan --rps 20 --service-time 200ms",
        )
    if options["profile"] is not None:
        times = session.workspace.profiles.get(options["profile"]).measured.get("service_times") or {}
        seconds = float(times.get("mean_seconds") or 0.0)
        variation = float(times.get("variation") or 0.0) if variation is None else variation
        if not seconds:
            raise UserError(
                "profile-incomplete",
                f"The profile '{options['profile']}' failed, and holds no times.",
                "See why, and measure it again under its name: modelport explain profile-incomplete",
            )
    return Demand(options["per_second"], seconds, 1.0 if variation is None else variation)


def _show(found: Plan, output: Output) -> None:
    if output.as_json:
        output.record({**asdict(found), "load": found.demand.load, "advice": found.advice})
        return
    demand, goal = found.demand, found.goal
    output.text(
        f"{demand.per_second:g} requests/s of {demand.service_seconds:g} s each: {demand.load:g} at once on average.\n"
    )
    rule, enough = f"by the {percent(goal.target_utilization)} rule", f"for at most {percent(goal.loss_max)}"
    rows = [_row(rule, found.by_rule), _row(enough, found.enough)]
    if found.one_lost is not None:
        rows.append(_row("the same, one replica lost", found.one_lost))
    output.rows(rows, _COLUMNS)
    output.text(f"\n{found.advice}")


def _row(name: str, size: Size) -> dict[str, Any]:
    return {"size": name, **asdict(size)}
