"""The measurements: throughput with start-up and memory, and the same for a bare Python."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import Any

from benchmarks.contenders import Contender, Setting
from benchmarks.contenders.base import APPS
from benchmarks.load import Rate, Target, closed_loop
from benchmarks.processes import Running, ask, free_port, scratch_folder
from benchmarks.venvs import VENVS
from benchmarks.workloads import Workload

WARM_UP_SECONDS = 1.0


@dataclass(frozen=True)
class Throughput:
    """One contender on one workload in one round."""

    rate: Rate
    start_seconds: float
    pss_bytes: int


def throughput(contender: Contender, workload: Workload, seconds: float, expected: Any) -> Throughput:
    """Start the contender, check its answer, warm it up, measure it, weigh it, stop it."""
    body = contender.wrap(workload.make_body())
    with scratch_folder() as scratch:
        setting = Setting(workload.script, free_port(), scratch, VENVS, concurrency=workload.concurrency)
        target = Target(setting.port, contender.path, body, workload.content_type)
        server = start(contender, setting)
        try:
            start_seconds = server.seconds_to_first_200(target.port, target.path, body, target.content_type)
            _check(contender, workload, target, expected)
            closed_loop(target, workload.connections, WARM_UP_SECONDS, scratch)
            rate = closed_loop(target, workload.connections, seconds, scratch)
            return Throughput(rate, start_seconds, server.pss_bytes())
        finally:
            server.stop()


def start(contender: Contender, setting: Setting) -> Running:
    """Start a contender in its scratch folder."""
    return Running(contender.command(setting), contender.environ(setting), setting.scratch / "log")


def _check(contender: Contender, workload: Workload, target: Target, expected: Any) -> None:
    """A contender that answers quickly but wrongly must not be measured."""
    answer = contender.read(ask(target.port, target.path, target.body, kind=target.content_type).body)
    if not _same(answer, expected):
        seen, right = str(answer)[:200], str(expected)[:200]
        raise RuntimeError(f"{contender.title} answered {seen} to {workload.name}, not {right}")


def _same(found: Any, expected: Any) -> bool:
    if isinstance(expected, list):
        return isinstance(found, list) and len(found) == len(expected) and all(map(_same, found, expected))
    return isinstance(found, (int, float)) and math.isclose(found, expected, rel_tol=1e-6, abs_tol=1e-9)


@dataclass(frozen=True)
class Bare:
    """A Python that only imports the script, runs it once and stays: what no server can go below."""

    answer: Any
    start_seconds: float
    pss_bytes: int


def bare_python(workload: Workload) -> Bare:
    """Run the script once without any server, in the environment that Modelport's worker uses."""
    with scratch_folder() as scratch:
        (scratch / "body").write_bytes(workload.make_body())
        environ = {"BENCH_SCRIPT": str(workload.script), "BENCH_BODY": str(scratch / "body")}
        python = str(VENVS / "user" / "bin" / "python")
        program = Running([python, str(APPS / "bare.py")], environ, scratch / "log")
        try:
            line, seconds = program.first_line()
            return Bare(json.loads(line), seconds, program.pss_bytes())
        finally:
            program.stop()
