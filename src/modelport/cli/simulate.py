"""`modelport simulate`: what a scaling rule does to a load, second by second, in virtual time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from modelport.autoscaling.capacity import chance, service_times
from modelport.autoscaling.knative import knative_rule
from modelport.autoscaling.queueing import Demand
from modelport.autoscaling.scaling import ByKnative, ByUtilization
from modelport.autoscaling.simulation import Played, Scaling, Second, Service, play
from modelport.autoscaling.traffic import REQUESTS_MAX, SECONDS_MAX, Spike, spiked, traced
from modelport.autoscaling.utilization import UtilizationRule
from modelport.cli.doors import Door, session_of
from modelport.cli.output import Column, Output
from modelport.cli.plot import save_plot
from modelport.cli.quantities import DURATION, FACTOR, POSITIVE, SHARE, load_too_large, percent
from modelport.errors import UserError

_ROWS = 24  # what a screen shows of a curve
_BAR = 30
_COLUMNS = (
    Column("from_second", "From"), Column("per_second", "Requests/s"), Column("ready", "Replicas"),
    Column("refused", "503s"), Column("bar", " "),
)  # fmt: skip


@click.command(
    cls=Door,
    examples=[
        "modelport simulate --rps 2 --spike 10x --service-time 500ms --max 20 --start-time 15s",
        "modelport simulate --rps 2 --spike 10x --service-time 500ms --max 20 --rule knative --plot spike.svg",
        "modelport simulate --trace requests.csv --service-time 1s --max 8 --price-per-hour 0.12 --output json",
    ],
)
@click.option("--rps", "per_second", type=POSITIVE, help="Requests per second before and after the spike.")
@click.option("--spike", "factor", type=FACTOR, default="1x", help="How many times as many there are in the spike.")
@click.option("--spike-at", type=DURATION, default="1m", show_default=True, help="When the spike begins.")
@click.option("--spike-for", type=DURATION, default="2m", show_default=True, help="How long it lasts.")
@click.option("--duration", type=DURATION, default="6m", show_default=True, help="How long the whole takes.")
@click.option(
    "--trace", type=click.Path(path_type=Path, dir_okay=False),
    help="Play this file instead: a line per request (seconds), or lines of second,requests.",
)  # fmt: skip
@click.option("--service-time", type=DURATION, required=True, help="How long run() takes on average.")
@click.option("--variation", type=click.FloatRange(min=0), default=1.0, help="variance / mean² of it; 0: constant.")
@click.option("--wait", type=DURATION, default="500ms", show_default=True, help="Longest wait for a free worker.")
@click.option(
    "--rule", type=click.Choice(["utilization", "knative", "none"]), default="utilization", show_default=True,
    help="What scales: the 70 % rule of the original, Knative's autoscaler, or nothing.",
)  # fmt: skip
@click.option("--min", "lowest", type=click.IntRange(min=1), default=1, show_default=True, help="Fewest replicas.")
@click.option("--max", "highest", type=click.IntRange(min=1), default=10, show_default=True, help="Most replicas.")
@click.option("--target-utilization", type=SHARE, default="70%", show_default=True, help="Target of the rule.")
@click.option("--start-time", type=DURATION, default="10s", show_default=True, help="From wish to ready: pull, init().")
@click.option("--concurrency", type=click.IntRange(min=1), default=1, help="Requests that a replica runs at once.")
@click.option("--price-per-hour", type=click.FloatRange(min=0), help="Price of one replica for an hour, for the cost.")
@click.option("--plot", type=click.Path(path_type=Path, dir_okay=False), help="Draw it into a .svg, .png or .pdf file.")
@click.pass_context
def simulate(context: click.Context, /, **options: Any) -> None:
    """Play a load against a scaling rule: the replicas over time, and who gets a 503.

    The rules are the same code that scales services. The same call plays the same game.
    """
    if options["lowest"] > options["highest"]:
        raise UserError(
            "scaling-bounds",
            f"The fewest replicas (--min {options['lowest']}) are more than the most (--max {options['highest']}).",
            "Give a --max that is not below --min.",
        )
    service = Service(options["lowest"], options["wait"], options["concurrency"], options["start_time"])
    times = service_times(Demand(1.0, options["service_time"], options["variation"]), chance(1))
    output = session_of(context).output
    with output.working("Playing"):
        played = play(_arrivals(options), times, service, _scaling(options))
    if options["plot"]:
        save_plot(played, options["plot"])
    _show(played, options, output)


def _arrivals(options: dict[str, Any]) -> Iterator[float]:
    if (options["trace"] is None) == (options["per_second"] is None):
        raise UserError(
            "load-needed",
            "The load is not clear: it is either a rate (--rps) or a file (--trace), one of them.",
            "For example: modelport simulate --rps 2 --spike 10x --service-time 500ms",
        )
    if options["trace"] is not None:
        return iter(_read(options["trace"]))
    spike = Spike(options["factor"], options["spike_at"], options["spike_for"])
    requests = options["per_second"] * options["factor"] * options["duration"]
    if requests > REQUESTS_MAX or options["duration"] > SECONDS_MAX:
        raise load_too_large(f"it is up to {requests:g} requests, and {REQUESTS_MAX:,} within 31 days are the most")
    return spiked(options["per_second"], options["duration"], spike, chance(0))


def _read(trace: Path) -> Sequence[float]:
    try:
        return list(traced(trace.read_text(encoding="utf-8").splitlines()))
    except (OSError, ValueError) as error:
        raise UserError(
            "trace-invalid",
            f"The trace '{trace}' cannot be played: {getattr(error, 'strerror', None) or error}.",
            "A trace has a line per request with its moment in seconds, or lines of second,requests; moments ascend.",
        ) from error


def _scaling(options: dict[str, Any]) -> Scaling | None:
    lowest, highest, target = options["lowest"], options["highest"], options["target_utilization"]
    if options["rule"] == "utilization":
        return ByUtilization(UtilizationRule(lowest, highest, target, concurrent_per_replica=options["concurrency"]))
    if options["rule"] == "knative":
        return ByKnative(knative_rule(options["concurrency"], target), lowest, highest)
    return None


def _show(played: Played, options: dict[str, Any], output: Output) -> None:
    hours = played.replica_seconds / 3600
    price = options["price_per_hour"]
    totals = {
        "arrived": played.arrived,
        "refused": played.refused,
        "loss": played.loss,
        "most_replicas": max((second.ready for second in played.seconds), default=0),
        "replica_hours": hours,
        **({"cost": hours * price} if price is not None else {}),
    }
    if output.as_json:
        output.record({**totals, "seconds": [asdict(second) for second in played.seconds]})
        return
    output.rows(_curve(played.seconds), _COLUMNS)
    cost = f", cost {hours * price:.4g}" if price is not None else ""
    output.text(
        f"\n{played.arrived} requests, {played.refused} of them 503 ({percent(played.loss)}); "
        f"at most {totals['most_replicas']} replicas, {hours:.2f} replica hours{cost}."
    )


def _curve(seconds: Sequence[Second]) -> list[dict[str, Any]]:
    """The seconds in as many steps as a screen has room for, each with a bar for its replicas."""
    step = max(1, -(-len(seconds) // _ROWS))
    most = max((second.ready for second in seconds), default=1) or 1
    rows = []
    for start in range(0, len(seconds), step):
        part = seconds[start : start + step]
        ready = part[-1].ready
        rows.append(
            {
                "from_second": f"{start} s",
                "per_second": f"{sum(second.arrived for second in part) / len(part):.1f}",
                "ready": ready,
                "refused": sum(second.refused for second in part) or "",
                "bar": "█" * round(_BAR * ready / most),
            }
        )
    return rows
