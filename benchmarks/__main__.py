"""`python -m benchmarks`: arguments → plan → run → report."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from benchmarks import bars, report, venvs
from benchmarks.bodies import bodies
from benchmarks.central_queue import central_queue
from benchmarks.command_line import help_time
from benchmarks.container_update import container_updates
from benchmarks.contenders import CORE, PEERS, Contender
from benchmarks.contenders.core import MODELPORT
from benchmarks.hang import hang
from benchmarks.images import images
from benchmarks.kills import KILLS, kills
from benchmarks.measure import bare_python, throughput
from benchmarks.overload import overload
from benchmarks.results import WEIGHED, Results
from benchmarks.server_kills import SERVER_KILLS, server_kills
from benchmarks.update import updates
from benchmarks.workloads import WORKLOADS

TROUBLES = (
    "overload", "hang", "update", "container-update", "kills", "server-kill", "queue", "bodies", "images", "help",
)  # fmt: skip


@dataclass(frozen=True)
class Plan:
    """What to measure, and for how long."""

    contenders: tuple[Contender, ...]
    only: tuple[str, ...]
    rounds: int
    seconds: float
    must_hold: bool


def read_arguments(words: list[str]) -> Plan:
    parts = (*WORKLOADS, *TROUBLES)
    everyone = {contender.name: contender for contender in (*CORE, *PEERS)}
    parser = argparse.ArgumentParser(prog="make benchmark ARGS=…", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one short round: to see that it works, not to quote")
    parser.add_argument("--peers", action="store_true", help=f"also {', '.join(peer.title for peer in PEERS)}")
    parser.add_argument("--only", metavar="W1,W2", default="", help=f"parts of: {','.join(parts)}")
    parser.add_argument("--contenders", metavar="A,B", default="", help=f"some of: {','.join(everyone)}")
    parser.add_argument("--assert", action="store_true", dest="must_hold", help="exit with 1 where a bar fails")
    options = parser.parse_args(words)
    only = _some_of(parser, options.only, parts)
    default = [contender.name for contender in (*CORE, *(PEERS if options.peers else ()))]
    names = _some_of(parser, options.contenders, tuple(everyone)) if options.contenders else default
    rounds, seconds = (1, 2.0) if options.quick else (3, 6.0)
    return Plan(tuple(everyone[name] for name in names), tuple(only), rounds, seconds, options.must_hold)


def _some_of(parser: argparse.ArgumentParser, text: str, valid: tuple[str, ...]) -> list[str]:
    names = [name for name in text.split(",") if name] or list(valid)
    for name in names:
        if name not in valid:
            parser.error(f"{name!r} is not one of {', '.join(valid)}")
    return names


def run(plan: Plan) -> Results:
    """Round by round, workload by workload, all contenders one after the other: a slow minute hits all of them."""
    results = Results()
    before = venvs.distributions(MODELPORT)
    for number in range(1, plan.rounds + 1):
        for name in [name for name in WORKLOADS if name in plan.only]:
            _measure_throughput(plan, results, name, number)
    for part, measure in (("overload", _measure_overload), ("hang", _measure_hang)):
        for contender in plan.contenders if part in plan.only else ():
            _guarded(results, f"{contender.title}, {part}", partial(measure, plan, results, contender))
    for part, measure_alone in ALONE.items() if MODELPORT in plan.contenders else ():
        if part in plan.only:
            _guarded(results, f"{MODELPORT.title}, {part}", partial(measure_alone, plan, results))
    if any(contender == MODELPORT.name for contender, _ in results.throughput):
        results.added_distributions = len(venvs.distributions(MODELPORT).keys() - before.keys())
    return results


def _measure_throughput(plan: Plan, results: Results, name: str, number: int) -> None:
    workload = WORKLOADS[name]
    bare = bare_python(WORKLOADS[workload.bare or name])
    results.bare[name].append(bare)
    for contender in plan.contenders:
        if name in contender.skips:
            continue

        def measure(contender: Contender = contender) -> None:
            found = throughput(contender, workload, plan.seconds, bare.answer)
            results.throughput[contender.name, name][number] = found
            rate = f"{found.rate.per_second:.0f}/s, {found.rate.failures} failed"
            say(f"round {number} of {plan.rounds}: {name} {contender.title}: {rate}")

        _guarded(results, f"{contender.title}, {name}", measure)
        if name == WEIGHED:  # the bare Python meets the same minutes as the contenders that it is taken from
            results.bare[name].append(bare_python(workload))


def _measure_overload(plan: Plan, results: Results, contender: Contender) -> None:
    results.overload[contender.name] = found = overload(contender, plan.seconds)
    say(f"overload {contender.title}: {found}")


def _measure_help(_plan: Plan, results: Results) -> None:
    results.help_time = found = help_time()
    say(f"modelport --help: {found}")


def _measure_updates(_plan: Plan, results: Results) -> None:
    results.updates = found = updates()
    say(f"update: {found}")


def _measure_container_updates(_plan: Plan, results: Results) -> None:
    results.container_updates = found = container_updates()
    say(f"update in a container: {found}")


def _measure_kills(plan: Plan, results: Results) -> None:
    results.kills = found = kills(MODELPORT, KILLS if plan.rounds > 1 else 3)
    say(f"kills: {found}")


def _measure_server_kills(plan: Plan, results: Results) -> None:
    results.server_kills = found = server_kills(SERVER_KILLS if plan.rounds > 1 else 2)
    say(f"server kills: {found}")


def _measure_queue(plan: Plan, results: Results) -> None:
    results.central_queue = found = central_queue(MODELPORT, 5 * plan.seconds)
    say(f"queue: {found}")


def _measure_bodies(plan: Plan, results: Results) -> None:
    results.bodies = found = bodies(MODELPORT, plan.seconds)
    say(f"bodies: {found}")


def _measure_images(_plan: Plan, results: Results) -> None:
    results.images = images(say)


def _measure_hang(_plan: Plan, results: Results, contender: Contender) -> None:
    results.hang[contender.name] = found = hang(contender)
    say(f"hang {contender.title}: {found}")


ALONE = {  # what is measured of Modelport only
    "update": _measure_updates,
    "container-update": _measure_container_updates,
    "kills": _measure_kills,
    "server-kill": _measure_server_kills,
    "queue": _measure_queue,
    "bodies": _measure_bodies,
    "images": _measure_images,
    "help": _measure_help,
}


def _guarded(results: Results, what: str, measure: Callable[[], None]) -> None:
    """A contender that does not start is reported at the end and does not stop the others."""
    try:
        measure()
    except (RuntimeError, OSError, ValueError) as error:
        results.failures.append(f"{what}: {str(error).splitlines()[-1]}")
        say(f"FAILED {what}: {error}")


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def main() -> int:
    plan = read_arguments(sys.argv[1:])
    for contender in {MODELPORT, *plan.contenders}:
        venvs.prepare(contender)
    results = run(plan)
    judged = bars.judge(results)
    packages = {contender.name: venvs.distributions(contender) for contender in plan.contenders}
    print(report.markdown(results, plan.contenders, judged))
    print(f"\nAll figures: {report.write_json(results, judged, packages)}")
    core = tuple(contender.title for contender in CORE)  # a peer that does not start breaks no bar of ours
    broken = [bar.what for bar in judged if not bar.holds]
    broken += [failure for failure in results.failures if failure.startswith(core)]
    if plan.must_hold and broken:
        say(f"bars that fail: {'; '.join(broken)}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
