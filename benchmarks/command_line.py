"""How long `modelport --help` takes beside a Python that does nothing."""

from __future__ import annotations

import subprocess
import sys
import time
from dataclasses import dataclass
from statistics import median

from benchmarks.contenders.core import modelport_program

TIMES = 9
HELP_MS = 150.0
BARE_PYTHONS = 5


@dataclass(frozen=True)
class HelpTime:
    """Medians in milliseconds, and the most that the help may take: 150 ms or five bare Pythons, whichever is more."""

    help_ms: float
    bare_python_ms: float

    @property
    def allowed_ms(self) -> float:
        return max(HELP_MS, BARE_PYTHONS * self.bare_python_ms)


def help_time() -> HelpTime:
    """Run both in turn, so that a slow moment hits both."""
    ours, bare = [], []
    for _ in range(TIMES):
        ours.append(_milliseconds([*modelport_program(), "--help"]))
        bare.append(_milliseconds([sys.executable, "-c", "pass"]))
    return HelpTime(median(ours), median(bare))


def _milliseconds(words: list[str]) -> float:
    started = time.perf_counter()
    done = subprocess.run(words, capture_output=True, text=True, timeout=30, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(words)} ended with {done.returncode}:\n{done.stderr[-500:]}")
    return (time.perf_counter() - started) * 1000
