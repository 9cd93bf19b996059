"""The tables of one run in Markdown, and the same as JSON."""

from __future__ import annotations

import datetime
import json
import os
import platform
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmarks.bars import Bar
from benchmarks.contenders import BASE, Contender
from benchmarks.crowd import UPLOADS
from benchmarks.load import has_wrk
from benchmarks.overload import LEAVERS
from benchmarks.results import Results
from benchmarks.workloads import WORKLOADS

FOLDER = Path(__file__).parent / "results"


def markdown(results: Results, contenders: Sequence[Contender], bars: Sequence[Bar]) -> str:
    """Everything a reader wants to see, in tables; what was not measured is left out."""
    parts = [
        f"Ratios to {BASE.title} within a round, median of the rounds; one worker each; load by "
        f"{'wrk' if has_wrk() else 'our own generator (install wrk: ours is slower than the fastest contenders)'}.",
        _throughput(results, contenders),
        _overload(results, contenders),
        _hang(results, contenders),
        _kills(results),
        _server_kills(results),
        _central_queue(results),
        _bodies(results),
        _images(results),
        _bars(bars),
        "\n".join(f"* not measured: {failure}" for failure in results.failures),
    ]
    return "\n\n".join(part for part in parts if part)


def _throughput(results: Results, contenders: Sequence[Contender]) -> str:
    names = [name for name in WORKLOADS if any(results.has(contender.name, name) for contender in contenders)]
    if not names:
        return ""
    weights = ["start → first 200", "over bare", "PSS", "over bare"]
    head = ["contender (isolation of user code)", *names, "W5 overlap", *weights]
    rows = []
    for contender in contenders:
        ratios = [_number(results.ratio(contender.name, name, BASE.name)) for name in names]
        start, memory = results.start_seconds(contender.name), results.memory_bytes(contender.name)
        weighed = [_number(value, " s") for value in start or (None, None)]
        weighed += [_number(value and value / 1e6, " MB") for value in memory or (None, None)]
        title = f"{contender.title} ({contender.isolation})"
        rows.append([title, *ratios, _number(results.overlap(contender.name)), *weighed])
    return _table(head, rows)


def _overload(results: Results, contenders: Sequence[Contender]) -> str:
    head = ["twice the capacity", "capacity/s", "goodput share", "503", "without Retry-After", "other failures"]
    head += ["latest 503", "latest answer"]
    rows = []
    for contender in contenders:
        if found := results.overload.get(contender.name):
            shares = [_number(found.capacity_per_second), _number(found.goodput_share)]
            counts = map(str, (found.refusals, found.refusals_without_retry_after, found.other_failures))
            times = [_number(found.latest_refusal_ms, " ms"), _number(found.latest_answer_ms, " ms")]
            rows.append([contender.title, *shares, *counts, *times, str(found.computed_for_leavers)])
    return _table([*head, f"computed for {LEAVERS} clients that left"], rows)


def _hang(results: Results, contenders: Sequence[Contender]) -> str:
    head = ["one of two workers hangs", "answer", "after", "health ok", "others ok", "answers after both hung"]
    rows = []
    for contender in contenders:
        if found := results.hang.get(contender.name):
            answer = [str(found.status or "none"), f"{found.seconds:.3f} s"]
            health = f"{found.health_ok} of {found.health_ok + found.health_failed}"
            others = f"{found.others_ok} of {found.others_ok + found.others_failed}"
            after = "yes" if found.answers_after_all_workers_hung else "no"
            rows.append([contender.title, *answer, health, others, after])
    return _table(head, rows)


def _kills(results: Results) -> str:
    found = results.kills
    if found is None:
        return ""
    head = ["one of three workers killed", "requests", "lost", "broken", "other failures", "slowest answer"]
    row = [f"{found.kills} times", *map(str, (found.requests, found.lost, found.broken, found.other_failures))]
    times = [_number(value, " s") for value in (max(found.ready_seconds), found.init_seconds)]
    row += [_number(found.slowest_ms, " ms"), *times]
    return _table([*head, "longest to three ready", "the same unasked"], [row])


def _server_kills(results: Results) -> str:
    found = results.server_kills
    if found is None:
        return ""
    head = ["the server itself killed", "workers gone after", "told at once", "start → first 200", "the same unasked"]
    row = [f"{len(found.kills)} times", _number(max(kill.workers_gone_seconds for kill in found.kills) * 1000, " ms")]
    row += [f"{sum(kill.told for kill in found.kills)} times"]
    row += [_number(max(kill.answering_seconds for kill in found.kills), " s"), _number(found.unasked_seconds, " s")]
    failed = str(sum(kill.failed_afterwards for kill in found.kills))
    return _table([*head, "failed afterwards"], [[*row, failed]])


def _central_queue(results: Results) -> str:
    found = results.central_queue
    if found is None:
        return ""
    head = ["1 ms with 5 % of 500 ms, two workers", "p99 of the short", "simulated: one queue", "a queue each"]
    times = (found.p99_ms, found.one_queue_p99_ms, found.two_queues_p99_ms)
    beside = f"p99 {found.beside_idle_p99_ms:.1f}, longest {found.beside_idle_longest_ms:.1f} ms"
    row = [f"{found.requests} requests", *(_number(value, " ms") for value in times), beside]
    return _table([*head, "wait beside an idle worker"], [row])


def _bodies(results: Results) -> str:
    found = results.bodies
    if found is None:
        return ""
    head = [f"{UPLOADS} bodies of 100 MB at once", "accepted", "503", "other", "p99 of the others", "the same alone"]
    head += ["beside uploads to elsewhere", "failed"]
    head += ["most in spools", "own memory at its peak", "10 s later"]
    rows = []
    for number, run in enumerate(found.runs, 1):
        counts = map(str, (run.crowd.accepted, run.crowd.refused, run.crowd.other))
        times = [_number(value, " ms") for value in (run.p99_ms, run.alone_p99_ms, run.control_p99_ms)]
        sizes = (run.peak_spool_bytes, run.peak_own_bytes, run.rest_own_bytes)
        weights = (_number(size / 1e6, " MB") for size in sizes)
        rows.append([f"run {number}", *counts, *times, str(run.neighbours_failed), *weights])
    ratios = f"{_number(found.slowdown)} times alone, {_number(found.own_slowdown)} times beside uploads to elsewhere"
    return f"{_table(head, rows)}\n\nThe p99 of the others in the quietest run of each: {ratios}."


def _images(results: Results) -> str:
    found = results.images
    if found is None:
        return ""
    head = ["first image of a scikit-learn service", "s", "before it, s", "image", "its base", "image minus base"]
    rows = [
        [build.title, *(_number(value) for value in (build.seconds, build.before_seconds)),
         *(_number(size / 1e6, " MB") for size in (build.image_bytes, build.base_bytes, build.own_bytes))]
        for build in found.builds
    ]  # fmt: skip
    rows += [[title, f"did not run: {words}", "-", "-", "-", "-"] for title, words in found.refused.items()]
    weights = (found.packages_bytes, found.packages_without_bytecode_bytes)
    compiled, plain = (_number(size / 1e6, " MB") for size in weights)
    parts = [_table(head, rows), f"Its packages alone, installed by uv: {compiled} with byte code, {plain} without."]
    parts.append(_rebuilds(results))
    if found.pushes:
        sent = (_number(size / 1e3, " kB") for size in (found.pushes.first_bytes, found.pushes.second_bytes))
        parts.append("Sent to a registry: {} first, {} after a changed script.".format(*sent))
    return "\n\n".join([*parts, f"```\n{found.cost}\n```"])


def _rebuilds(results: Results) -> str:
    head = ["image built again", "first, s", "changed script", "new layers", "new model version", "new layers"]
    head += ["nothing changed, `Model.package`", "`Image.create`"]
    rows = []
    for found in results.images.rebuilds if results.images else ():
        row = [found.builder, _number(found.first_seconds)]
        for change in (found.script, found.model):
            layers = ", ".join(f"{kind} {_number(size / 1e3, ' kB')}" for kind, size in change.new_layers.items())
            row += [_span(change.seconds), layers or "none"]
        rows.append([*row, _span(found.nothing.seconds), _span(found.nothing_as_image.seconds)])
    return _table(head, rows)


def _span(seconds: Sequence[float]) -> str:
    return f"{min(seconds):.2f} to {max(seconds):.2f} s"


def _bars(bars: Sequence[Bar]) -> str:
    rows = [[bar.what, bar.wanted, bar.seen, "holds" if bar.holds else "FAILS"] for bar in bars]
    return _table(["bar", "wanted", "seen", ""], rows)


def _number(value: float | None, unit: str = "") -> str:
    if value is None:
        return "-"
    return f"{value:.0f}{unit}" if abs(value) >= 100 else f"{value:.2f}{unit}"


def _table(head: Iterable[str], rows: Sequence[Sequence[str]]) -> str:
    if not rows:
        return ""
    lines = [list(head), *rows]
    lines.insert(1, ["---"] * len(lines[0]))
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def write_json(results: Results, bars: Sequence[Bar], packages: dict[str, dict[str, str]]) -> Path:
    """Write all figures to benchmarks/results/<date>.json and return the path."""
    now = datetime.datetime.now(datetime.timezone.utc)
    document: dict[str, Any] = {
        "date": now.isoformat(timespec="seconds"),
        "machine": {"cores": os.cpu_count(), "python": platform.python_version(), "kernel": platform.release()},
        "load_generator": "wrk" if has_wrk() else "own",
        "throughput": [
            {"contender": contender, "workload": workload, "round": number, **asdict(item)}
            for (contender, workload), items in results.throughput.items()
            for number, item in items.items()
        ],
        "bare": {
            name: [{"start_seconds": item.start_seconds, "pss_bytes": item.pss_bytes} for item in items]
            for name, items in results.bare.items()
        },
        "overload": {name: asdict(item) for name, item in results.overload.items()},
        "hang": {name: asdict(item) for name, item in results.hang.items()},
        "updates": asdict(results.updates) if results.updates else None,
        "container_updates": asdict(results.container_updates) if results.container_updates else None,
        "kills": asdict(results.kills) if results.kills else None,
        "server_kills": asdict(results.server_kills) if results.server_kills else None,
        "central_queue": asdict(results.central_queue) if results.central_queue else None,
        "bodies": asdict(results.bodies) if results.bodies else None,
        "images": asdict(results.images) if results.images else None,
        "help_time": asdict(results.help_time) if results.help_time else None,
        "bars": [asdict(bar) for bar in bars],
        "not_measured": results.failures,
        "packages": packages,
    }
    FOLDER.mkdir(exist_ok=True)
    path = FOLDER / f"{now:%Y-%m-%dT%H-%M-%S}.json"
    path.write_text(json.dumps(document, indent=1) + "\n")
    return path
