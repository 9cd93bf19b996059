"""What a process and everything below it uses while it is watched: processor time and memory, read from /proc."""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from modelport.errors import UserError

_EVERY_SECONDS = 0.05
_WINDOW_SECONDS = 1.0
_PROC = Path("/proc")


@dataclass(frozen=True)
class Usage:
    """What was used: over how long, how many seconds of processors, the most cores within any second, and the sum of
    the largest that each process grew to, in bytes. `starved_seconds` is how long it was ready to run, as was who asked
    it, and others had the processors."""

    seconds: float = 0.0
    cpu_seconds: float = 0.0
    cpu_cores_max: float = 0.0
    memory_bytes_max: int = 0
    starved_seconds: float = 0.0

    @property
    def cpu_cores(self) -> float:
        """The cores that it uses while it works, on a machine that has them free.

        What others took from it is left out of the time, as far as that makes one core of it: several can wait for a
        processor at once, so that more than one core is believed where it was seen alone.

        >>> Usage(seconds=10, cpu_seconds=2, starved_seconds=6).cpu_cores
        0.5
        >>> Usage(seconds=10, cpu_seconds=2, starved_seconds=9).cpu_cores
        1.0
        >>> Usage(seconds=10, cpu_seconds=30).cpu_cores
        3.0
        """
        working = min(self.seconds, max(self.seconds - self.starved_seconds, self.cpu_seconds))
        return self.cpu_seconds / working if working > 0 else 0.0


@dataclass
class Watch:
    """A process that is watched: what it and those below it used so far. `usage` tells, also while it goes on."""

    pid: int
    _cpu: dict[int, float] = field(default_factory=dict)
    _memory: dict[int, int] = field(default_factory=dict)
    _starved: dict[int, float] = field(default_factory=dict)
    _starved_before: float | None = None
    _curve: list[tuple[float, float]] = field(default_factory=list)

    def look(self) -> None:
        """Take one sample; a process that has ended keeps what it had used."""
        for pid in processes_below(self.pid):
            with contextlib.suppress(OSError, ValueError, IndexError):  # it has ended
                self._cpu[pid] = _cpu_seconds_of(pid)
                self._memory[pid] = max(self._memory.get(pid, 0), _memory_bytes_of(pid))
                self._starved[pid] = _starved_seconds_of(pid)
        self._starved[os.getpid()] = _starved_seconds_of(os.getpid())
        if self._starved_before is None:
            self._starved_before = sum(self._starved.values())
        self._curve.append((time.monotonic(), sum(self._cpu.values())))

    @property
    def usage(self) -> Usage:
        """What was used between the first sample and the last."""
        if not self._curve:
            return Usage()
        (start, before), (end, after) = self._curve[0], self._curve[-1]
        starved = sum(self._starved.values()) - (self._starved_before or 0.0)
        return Usage(end - start, after - before, steepest(self._curve), sum(self._memory.values()), starved)


def steepest(curve: list[tuple[float, float]], window_seconds: float = _WINDOW_SECONDS) -> float:
    """The largest rise per second within a window of a curve of (time, value); over all of it, if it is shorter.

    >>> steepest([(0.0, 0.0), (1.0, 0.2), (2.0, 1.2), (3.0, 1.3)])
    1.0
    """
    found, first = 0.0, 0
    for last, (end, value) in enumerate(curve):
        while first < last and end - curve[first + 1][0] >= window_seconds:
            first += 1
        start, before = curve[first]
        if end - start >= window_seconds or (last == len(curve) - 1 and not first and end > start):
            found = max(found, (value - before) / (end - start))
    return found


@contextlib.contextmanager
def watched(pid: int) -> Iterator[Watch]:
    """Sample a process and everything below it inside the block.

    Raises `UserError` (`measuring-unavailable`) where the system does not show what processes use.
    """
    if not (_PROC / "self" / "stat").exists():
        raise UserError(
            "measuring-unavailable",
            "This system does not show what a process uses (it has no /proc), so nothing can be measured.",
            "Measure on Linux, for example in a container.",
        )
    watch, over = Watch(pid), threading.Event()

    def sample() -> None:
        while not over.wait(_EVERY_SECONDS):
            watch.look()

    watch.look()
    thread = threading.Thread(target=sample, name="usage", daemon=True)
    thread.start()
    try:
        yield watch
    finally:
        over.set()
        thread.join()
        watch.look()


def processes_below(pid: int) -> list[int]:
    """A process and all that it started, directly or not, and that still live."""
    found, waiting = [], [pid]
    while waiting:
        one = waiting.pop()
        found.append(one)
        with contextlib.suppress(OSError):
            for task in (_PROC / str(one) / "task").iterdir():
                with contextlib.suppress(OSError):
                    waiting.extend(map(int, (task / "children").read_text().split()))
    return found


def _cpu_seconds_of(pid: int) -> float:
    fields = (_PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _starved_seconds_of(pid: int) -> float:
    """How long the process was ready to run and did not: of its threads, which wait at once, the one that waited most.

    0 where the kernel does not count it.
    """
    waited = 0.0
    with contextlib.suppress(OSError, ValueError, IndexError):
        for task in (_PROC / str(pid) / "task").iterdir():
            waited = max(waited, int((task / "schedstat").read_text().split()[1]) / 1e9)
    return waited


def _memory_bytes_of(pid: int) -> int:
    """The most that the process ever held in memory (VmHWM of proc(5))."""
    for line in (_PROC / str(pid) / "status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    return 0
