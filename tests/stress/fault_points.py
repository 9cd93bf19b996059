"""Finds where a program could be cut short, by tracing its system calls, and cuts it short exactly there.

A point is the n-th call of one system call: everything that makes, names, removes or syncs a file of the home, writes
into one, starts a process, or ends. strace counts the same calls again and kills the program before the point, or
lets that one call fail.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

NAMING = ("rename", "renameat", "renameat2", "link", "linkat", "unlink", "unlinkat", "mkdir", "mkdirat", "rmdir")
SYNCING = ("fsync", "fdatasync", "ftruncate")
WRITING = ("write", "pwrite64", "sendfile", "copy_file_range")
STARTING = ("clone", "clone3", "fork", "vfork")
ENDING = ("exit_group",)
KILLED_AT = NAMING + SYNCING + WRITING + STARTING + ENDING

_CALL = re.compile(r"^(?:(?P<thread>\d+) +)?(?P<call>\w+)\((?P<detail>.*)")
_LIMIT_SECONDS = 60.0


@dataclass(frozen=True)
class Point:
    """The `number`-th call of `call` in the program; `detail` is how strace showed it."""

    call: str
    number: int
    detail: str = ""

    def __str__(self) -> str:
        return f"{self.call}#{self.number}"


@dataclass(frozen=True)
class Program:
    """A command of Modelport with the environment and folder it runs in.

    One that `starts_server` is traced slowly: what speeds strace up would break the server, which goes on when strace
    has ended.
    """

    words: tuple[str, ...]
    environ: Mapping[str, str]
    directory: Path
    starts_server: bool = False

    def traced(self, *options: str) -> subprocess.CompletedProcess[str]:
        """Run it under strace, at nearly full speed where that can be."""
        quick = () if self.starts_server else ("-f", "--seccomp-bpf")
        return self.run("strace", *quick, "-qq", *options)

    def run(self, *tracer: str) -> subprocess.CompletedProcess[str]:
        """Run it to its end, under a tracer if one is given."""
        # Output goes to a file: a server that is started keeps a pipe open, and whoever reads it waits for ever.
        return subprocess.run(
            [*tracer, sys.executable, "-B", "-m", "modelport", *self.words],
            env={**os.environ, **self.environ}, cwd=self.directory, stdin=subprocess.DEVNULL,
            capture_output=True, text=True, timeout=_LIMIT_SECONDS, check=False,
        )  # fmt: skip


def strace_is_there() -> bool:
    """Whether strace is installed and may trace here (some containers forbid it)."""
    found = shutil.which("strace")
    words = [str(found), "-f", "--seccomp-bpf", "-qq", "-o", "/dev/null", "-e", "trace=mkdir", "true"]
    return found is not None and subprocess.run(words, check=False).returncode == 0


def points_of(program: Program, home: Path, calls: Sequence[str] = KILLED_AT) -> list[Point]:
    """Run the program under strace and return the points among `calls` that concern the home, or no file at all."""
    trace = program.directory / "trace.txt"
    done = program.traced("-y", "-s", "256", "-e", f"trace={','.join(calls)}", "-o", str(trace))
    if done.returncode != 0:
        raise RuntimeError(f"{program.words} failed under strace: {done.stderr}")
    return _parsed(trace.read_text(errors="replace"), str(home))


def _parsed(text: str, home: str) -> list[Point]:
    counted: Counter[str] = Counter()
    points = []
    first = None
    for line in text.splitlines():
        match = _CALL.match(line)
        first = first or match
        if match is None or first is None or match["thread"] != first["thread"]:
            continue  # another thread counts for itself, and touches nothing of the home
        call, detail = match["call"], match["detail"]
        counted[call] += 1
        if call in STARTING + ENDING or (home in detail and _lasts(detail)):
            points.append(Point(call, counted[call], detail))
    return points


def _lasts(detail: str) -> bool:
    """Whether the call may change the home: SQLite's index in shared memory is made anew each time it is opened, and a
    name that exists already was made by an earlier call."""
    return "catalog.db-shm" not in detail and "= -1 E" not in detail


def killed_at(point: Point, program: Program) -> bool:
    """Run the program and kill it before that call; False if it ended before the point came."""
    # Not `traced`: at full speed strace sends no signals.
    done = program.run("strace", "-qq", *_injection(point, "signal=KILL"))
    return done.returncode in (-9, 137)


def failing_at(point: Point, error: str, program: Program) -> subprocess.CompletedProcess[str]:
    """Run the program and let that one call fail with `error` (`ENOSPC`, `EIO`)."""
    return program.traced(*_injection(point, f"error={error}"))


def _injection(point: Point, fault: str) -> tuple[str, ...]:
    return (
        "-o", "/dev/null", "-e", f"trace={point.call}", "-e", f"inject={point.call}:{fault}:when={point.number}"
    )  # fmt: skip


def table(points: Sequence[Point]) -> str:
    """The points counted by call, in words."""
    counts = Counter(point.call for point in points)
    return f"{len(points)} ({', '.join(f'{call} {number}' for call, number in sorted(counts.items()))})"
