"""The figures that Modelport must hold: each a ratio, or a share, inside one run."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from benchmarks.bodies import BUDGET_BYTES
from benchmarks.central_queue import LONG_WAIT_SECONDS
from benchmarks.contenders.core import AZUREML, FASTAPI_ASYNC, MODELPORT
from benchmarks.hang import SCORING_TIMEOUT_MS
from benchmarks.images import OURS, Rebuilds
from benchmarks.kills import PER_SECOND
from benchmarks.overload import MAX_WAIT_MS
from benchmarks.results import Results

LATE_REFUSAL_MS = MAX_WAIT_MS + 20
DEADLINE_TOLERANCE_SECONDS = 0.050
READY_OVER_INIT_SECONDS = 1.0
WORKERS_GONE_SECONDS = 1.0
OVER_ONE_QUEUE_MS = 10.0
OWN_GROWTH_MAX_BYTES = 32_000_000
RATIOS = (
    ("W1", AZUREML, 12.0),
    ("W2", AZUREML, 6.0),
    ("W3", AZUREML, 5.0),
    ("W4", AZUREML, 1.1),
    ("W4b", AZUREML, 10.0),
    ("W4d", AZUREML, 1.8),
    ("W1", FASTAPI_ASYNC, 1.5),
    ("W2", FASTAPI_ASYNC, 1.5),
    ("W3", FASTAPI_ASYNC, 1.5),
)


@dataclass(frozen=True)
class Bar:
    """One figure and whether it holds."""

    what: str
    wanted: str
    seen: str
    holds: bool


def judge(results: Results) -> list[Bar]:
    """Every bar of which this run measured the figure."""
    ours = MODELPORT.name
    return [
        *_ratios(results, ours),
        *_at_least("W5, 32 at once: share of full overlap", 0.90, results.overlap(ours)),
        *_at_most("memory over bare Python, MB", 45.0, _megabytes(results.memory_bytes(ours))),
        *_at_most("start to first 200 over bare imports, s", 0.6, _second(results.start_seconds(ours))),
        *_at_most("distributions added to the user's environment", 0, results.added_distributions),
        *_help(results),
        *_overload(results, ours),
        *_hang(results, ours),
        *_updates(results),
        *_kills(results),
        *_server_kills(results),
        *_central_queue(results),
        *_bodies(results),
        *_images(results),
    ]


def _ratios(results: Results, ours: str) -> Iterator[Bar]:
    for workload, base, least in RATIOS:
        yield from _at_least(f"{workload} against {base.title}", least, results.ratio(ours, workload, base.name))


def _help(results: Results) -> Iterator[Bar]:
    if results.help_time:
        yield from _at_most("modelport --help, ms", results.help_time.allowed_ms, results.help_time.help_ms)


def _overload(results: Results, ours: str) -> Iterator[Bar]:
    found = results.overload.get(ours)
    if found is None:
        return
    yield from _at_least("overload: goodput as share of capacity", 0.90, found.goodput_share)
    yield from _at_most("overload: failures that are no 503", 0, found.other_failures)
    yield from _at_most("overload: refusals without Retry-After", 0, found.refusals_without_retry_after)
    yield from _at_most("overload: latest refusal, ms", LATE_REFUSAL_MS, found.latest_refusal_ms)
    yield from _at_most("overload: requests computed for clients that left", 0, found.computed_for_leavers)


def _updates(results: Results) -> Iterator[Bar]:
    if results.updates:
        what = f"{len(results.updates.update_seconds)} updates at 100 requests/s: requests that failed"
        yield from _at_most(what, 0, results.updates.failed)
    if results.container_updates:
        what = f"{len(results.container_updates.update_seconds)} updates in a container at 100 requests/s: failed"
        yield from _at_most(what, 0, results.container_updates.failed)


def _kills(results: Results) -> Iterator[Bar]:
    found = results.kills
    if found is None:
        return
    what = f"{found.kills} kills at {PER_SECOND} requests/s"
    yield from _at_most(f"{what}: most requests lost by one", 1, found.most_lost_at_once)
    yield from _at_most(f"{what}: requests lost in all", found.kills, found.lost)
    yield from _at_most(f"{what}: connections that broke", 0, found.broken)
    yield from _at_most(f"{what}: other failures", 0, found.other_failures)
    yield from _at_most(f"{what}: slowest return over init, s", READY_OVER_INIT_SECONDS, found.slowest_over_init)


def _server_kills(results: Results) -> Iterator[Bar]:
    found = results.server_kills
    if found is None:
        return
    what = f"server killed {len(found.kills)} times at {PER_SECOND} requests/s"
    gone = max(kill.workers_gone_seconds for kill in found.kills)
    yield from _at_most(f"{what}: slowest end of its workers, s", WORKERS_GONE_SECONDS, gone)
    yield from _at_most(f"{what}: kills that were not told", 0, sum(not kill.told for kill in found.kills))
    yield from _at_most(f"{what}: slowest return over unasked, s", READY_OVER_INIT_SECONDS, found.slowest_over_unasked)
    failed = sum(kill.failed_afterwards for kill in found.kills)
    yield from _at_most(f"{what}: requests that failed after its return", 0, failed)


def _central_queue(results: Results) -> Iterator[Bar]:
    found = results.central_queue
    if found is None:
        return
    yield from _at_most("slow among short: requests that failed", 0, found.failed)
    yield from _at_most("slow among short: p99 over one central queue, ms", OVER_ONE_QUEUE_MS, found.over_one_queue_ms)
    what = f"slow among short: waits over {LONG_WAIT_SECONDS * 1000:.0f} ms beside an idle worker"
    yield from _at_most(what, 0, found.long_waits_beside_idle)


def _bodies(results: Results) -> Iterator[Bar]:
    found = results.bodies
    if found is None:
        return
    runs, what = found.runs, "50 bodies of 100 MB at once"
    spooled = max(run.peak_spool_bytes for run in runs)
    yield from _at_most(f"{what}: most in spools, MiB", BUDGET_BYTES / 2**20, spooled / 2**20)
    own = max(run.peak_own_bytes for run in runs) - found.own_bytes_before
    yield from _at_most(f"{what}: own memory beside them, MB", OWN_GROWTH_MAX_BYTES / 1e6, own / 1e6)
    yield from _at_least(f"{what}: refused by 503 with Retry-After", 1, sum(run.crowd.refused for run in runs))
    yield from _at_most(f"{what}: uploads that ended otherwise", 0, sum(run.crowd.other for run in runs))
    yield from _at_most(f"{what}: idle connections lost", 0, sum(run.crowd.idle_lost for run in runs))
    yield from _at_most(f"{what}: other requests that failed", 0, sum(run.neighbours_failed for run in runs))
    yield from _at_most(f"{what}: p99 of the others over uploads to elsewhere", 2.0, found.own_slowdown)
    yield from _at_most(f"{what}: memory 10 s later over the run before, %", 5.0, found.growth * 100)


def _images(results: Results) -> Iterator[Bar]:
    found = results.images
    if found is None:
        return
    for rebuilds in found.rebuilds:
        yield from _rebuilds(rebuilds)
    own = next(build for build in found.builds if build.title == OURS)
    for build in found.builds:
        if build is not own:
            yield from _at_least(f"first image: {build.title} over ours, times", 1.0, build.seconds / own.seconds)
    beside = (own.own_bytes - found.packages_bytes) / 1e6
    yield from _at_most("first image: beside base and packages (with byte code), MB", 30.0, beside)
    yield from _at_most("the same recipe in two homes: files that differ", 0, len(found.differences))
    if found.pushes:
        yield from _at_most("push after a changed script, kB sent", 100, found.pushes.second_bytes / 1e3)


def _rebuilds(found: Rebuilds) -> Iterator[Bar]:
    what = f"image, {found.builder}"
    yield from _at_most(f"{what}: rebuild after a changed script, s", 3.0, found.script.middle)
    yield from _at_most(f"{what}: new layers after a changed script, kB", 100, found.script.new_bytes / 1e3)
    if found.builder == "buildkit":  # the classic builder gives each copy a new time, so what stands above is new too
        kinds = found.model.new_layers.keys()
        yield Bar(f"{what}: new layers after a new model", "model", ", ".join(sorted(kinds)), kinds == {"model"})
    slowest = max(found.nothing.middle, found.nothing_as_image.middle)
    yield from _at_most(f"{what}: nothing changed, s", 0.5, slowest)
    yield from _at_most(f"{what}: nothing changed, new layers", 0, len(found.nothing.new_layers))


def _hang(results: Results, ours: str) -> Iterator[Bar]:
    found = results.hang.get(ours)
    if found is None:
        return
    late = abs(found.seconds - SCORING_TIMEOUT_MS / 1000)
    yield Bar("hang: answer", "504", str(found.status or "none"), found.status == 504)
    yield from _at_most("hang: distance from the deadline, s", DEADLINE_TOLERANCE_SECONDS, late)
    yield from _at_most("hang: health checks that failed", 0, found.health_failed)
    yield from _at_most("hang: other requests that failed", 0, found.others_failed)
    answers = found.answers_after_all_workers_hung
    yield Bar("hang: answers again after all workers hung", "yes", "yes" if answers else "no", answers)


def _at_least(what: str, least: float, seen: float | None) -> Iterator[Bar]:
    if seen is not None:
        yield Bar(what, f"≥ {least:g}", f"{seen:.3g}", seen >= least)


def _at_most(what: str, most: float, seen: float | None) -> Iterator[Bar]:
    if seen is not None:
        yield Bar(what, f"≤ {most:g}", f"{seen:.3g}", seen <= most)


def _second(pair: tuple[float, float] | None) -> float | None:
    return None if pair is None else pair[1]


def _megabytes(pair: tuple[float, float] | None) -> float | None:
    return None if pair is None else pair[1] / 1e6
