"""50 bodies of 100 MB at once, 500 idle connections, a reader of a byte a second: do others notice, and what stays?

Sender and receiver share a machine here, and 50 clients that upload as fast as they can take its processors from
everybody. What of the others' wait is the server's own is told by a control: the same others, asking the same server
beside the same crowd, while the crowd uploads to a program that only reads.
"""

from __future__ import annotations

import contextlib
import os
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from benchmarks.contenders import Contender, Setting
from benchmarks.crowd import Crowd, Crowded
from benchmarks.discard import discarding
from benchmarks.load import Target
from benchmarks.measure import start
from benchmarks.open_loop import Arrival, open_loop
from benchmarks.processes import free_port, scratch_folder
from benchmarks.venvs import VENVS
from benchmarks.workloads import LARGE_AND_SMALL

WORKERS = 2
CONCURRENCY = 64  # so that nobody waits for a place: what large bodies cost the server itself is the question
PER_SECOND = 100
RUNS = 2
BUDGET_BYTES = 1 << 30  # `body_budget_bytes` where nothing else is asked for
REST_SECONDS = 10.0
LOOK_SECONDS = 0.1
SMALL_BODY = b'{"value": 7}'


@dataclass(frozen=True)
class BodyRun:
    """One crowd: what it saw itself, what its neighbours saw beside what they saw alone just before and beside a crowd
    that uploaded elsewhere (`control_p99_ms`), and the server's own memory at its peak and at rest afterwards.
    `peak_spool_bytes` is what large bodies took, beside that memory."""

    crowd: Crowd
    neighbours: int
    neighbours_failed: int
    p99_ms: float
    alone_p99_ms: float
    control_p99_ms: float
    peak_spool_bytes: int
    peak_own_bytes: int
    rest_own_bytes: int


@dataclass(frozen=True)
class Bodies:
    """All runs, and the server's own memory before the first of them."""

    own_bytes_before: int
    runs: tuple[BodyRun, ...]

    @property
    def slowdown(self) -> float:
        """How many times the p99 that neighbours have alone they had beside the crowd; each of its quietest run."""
        return min(run.p99_ms for run in self.runs) / min(run.alone_p99_ms for run in self.runs)

    @property
    def own_slowdown(self) -> float:
        """How many times the p99 that neighbours have while the crowd uploads elsewhere they had while it uploaded to
        this server; each of its quietest run."""
        return min(run.p99_ms for run in self.runs) / min(run.control_p99_ms for run in self.runs)

    @property
    def growth(self) -> float:
        """How much more memory the server held at rest after the last run than after the one before, as a share."""
        return self.runs[-1].rest_own_bytes / self.runs[-2].rest_own_bytes - 1


class MemoryWatch(threading.Thread):
    """Looks at a process again and again, and keeps the highest that it saw."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self._pid = pid
        self._done = threading.Event()
        self.peak_spool_bytes = 0
        self.peak_own_bytes = 0

    def run(self) -> None:
        while not self._done.wait(LOOK_SECONDS):
            self.peak_spool_bytes = max(self.peak_spool_bytes, spool_bytes(self._pid))
            self.peak_own_bytes = max(self.peak_own_bytes, own_bytes(self._pid))

    def __enter__(self) -> MemoryWatch:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self.join()


def own_bytes(pid: int) -> int:
    """The memory of a process that no file backs and nobody shares."""
    text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    return int(text.partition("\nPss_Anon:")[2].split()[0]) * 1024


def spool_bytes(pid: int) -> int:
    """What the anonymous files hold that a process has open: large bodies on their way to a worker."""
    found = 0
    for entry in Path(f"/proc/{pid}/fd").iterdir():
        with contextlib.suppress(OSError):  # closed since the folder was read
            if "memfd:modelport-body" in os.readlink(entry):
                found += entry.stat().st_blocks * 512
    return found


def bodies(contender: Contender, seconds: float) -> Bodies:
    """Crowd after crowd on one service; small requests are asked all the time, and alone for `seconds` before each."""
    with scratch_folder() as scratch:
        setting = Setting(LARGE_AND_SMALL, free_port(), scratch, VENVS, workers=WORKERS, concurrency=CONCURRENCY)
        target = Target(setting.port, contender.path, SMALL_BODY)
        server = start(contender, setting)
        try:
            server.seconds_to_first_200(target.port, target.path, target.body, target.content_type)
            open_loop(target, PER_SECOND, 2.0)
            before = own_bytes(server.process.pid)
            runs = tuple(_run(server.process.pid, target, seconds) for _ in range(RUNS))
        finally:
            server.stop()
    return Bodies(before, runs)


def _run(pid: int, target: Target, seconds: float) -> BodyRun:
    alone = open_loop(target, PER_SECOND, seconds)
    with discarding() as elsewhere:
        _, control = _beside(target, elsewhere)
    with MemoryWatch(pid) as watch:
        crowd, among = _beside(target, target.port)
    time.sleep(REST_SECONDS)
    return BodyRun(
        crowd=crowd,
        neighbours=len(among),
        neighbours_failed=sum(arrival.status != 200 for arrival in (*alone, *control, *among)),
        p99_ms=p99_ms(among),
        alone_p99_ms=p99_ms(alone),
        control_p99_ms=p99_ms(control),
        peak_spool_bytes=watch.peak_spool_bytes,
        peak_own_bytes=watch.peak_own_bytes,
        rest_own_bytes=own_bytes(pid),
    )


def _beside(target: Target, upload_port: int) -> tuple[Crowd, list[Arrival]]:
    """What a crowd saw that uploads to `upload_port`, and what others saw that asked the target as long as it did."""
    seen: list[Crowd] = []
    among: list[Arrival] = []
    with Crowded(target.port, upload_port) as crowd:
        uploads = threading.Thread(target=lambda: seen.append(crowd.upload()))
        uploads.start()
        while uploads.is_alive():
            among += open_loop(target, PER_SECOND, 1.0)
        uploads.join()
    if not seen:
        raise RuntimeError("the crowd broke down")
    return seen[0], among


def p99_ms(arrivals: list[Arrival]) -> float:
    """The latency that one in a hundred exceeds."""
    ordered = sorted(arrival.latency_seconds for arrival in arrivals)
    return ordered[int(len(ordered) * 0.99)] * 1000
