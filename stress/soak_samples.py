"""What a soak looks at, and whether it grew: samples from /proc, medians of quarters, a table. Judging is pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

GROWTH_MAX = 0.02
SAMPLES_MIN = 4


@dataclass(frozen=True)
class ProcessSample:
    """One process, or several added up. `own_bytes` is memory that no file backs: what a leak makes grow."""

    descriptors: int = 0
    threads: int = 0
    pss_bytes: int = 0
    own_bytes: int = 0

    def plus(self, other: ProcessSample) -> ProcessSample:
        """Both together."""
        return ProcessSample(
            self.descriptors + other.descriptors,
            self.threads + other.threads,
            self.pss_bytes + other.pss_bytes,
            self.own_bytes + other.own_bytes,
        )


@dataclass(frozen=True)
class Sample:
    """The service at one moment without any client; `written_bytes` are its event record and its log."""

    seconds: float
    server: ProcessSample
    workers: ProcessSample
    written_bytes: int
    p99_ms: float


@dataclass(frozen=True)
class Measure:
    """One row of the table; `bounded` ones must not grow."""

    name: str
    unit: str
    read: Callable[[Sample], float]
    bounded: bool


MEASURES = (
    Measure("descriptors of the server", "", lambda s: s.server.descriptors, True),
    Measure("descriptors of the workers", "", lambda s: s.workers.descriptors, True),
    Measure("memory of the server", "MB", lambda s: s.server.own_bytes / 1e6, True),
    Measure("memory of the workers", "MB", lambda s: s.workers.own_bytes / 1e6, True),
    Measure("PSS of the server", "MB", lambda s: s.server.pss_bytes / 1e6, False),
    Measure("PSS of the workers", "MB", lambda s: s.workers.pss_bytes / 1e6, False),
    Measure("threads of the server", "", lambda s: s.server.threads, True),
    Measure("threads of the workers", "", lambda s: s.workers.threads, True),
    Measure("event record and log", "MB", lambda s: s.written_bytes / 1e6, False),
    Measure("p99 of the requests", "ms", lambda s: s.p99_ms, False),
)


@dataclass(frozen=True)
class Row:
    """The medians of the first and of the last quarter of the samples."""

    measure: Measure
    first: float
    last: float

    @property
    def growth(self) -> float:
        """How much the median grew, as a share."""
        return self.last / self.first - 1 if self.first else float(self.last > 0)

    @property
    def holds(self) -> bool:
        """Whether it stayed within what it may grow."""
        return not self.measure.bounded or self.growth < GROWTH_MAX


def compare(samples: Sequence[Sample]) -> list[Row]:
    """First quarter against last; nothing where there are fewer than four samples."""
    if len(samples) < SAMPLES_MIN:
        return []
    quarter = len(samples) // 4
    early, late = samples[:quarter], samples[-quarter:]
    return [Row(each, median(map(each.read, early)), median(map(each.read, late))) for each in MEASURES]


def table(rows: Sequence[Row]) -> str:
    """The rows in Markdown."""
    lines = ["| medians | first quarter | last quarter | growth | |", "|" + " --- |" * 5]
    for row in rows:
        unit = f" {row.measure.unit}" if row.measure.unit else ""
        verdict = ("holds" if row.holds else "GROWS") if row.measure.bounded else ""
        values = f"{row.first:.4g}{unit} | {row.last:.4g}{unit} | {row.growth * 100:+.1f} %"
        lines.append(f"| {row.measure.name} | {values} | {verdict} |")
    return "\n".join(lines)


def look_at(pid: int) -> ProcessSample:
    """A process as the kernel shows it now. Raises `OSError` where it is gone."""
    folder = Path(f"/proc/{pid}")
    sizes = _kilobytes((folder / "smaps_rollup").read_text())
    pss = sizes["Pss"]
    # What files back is shared with every Python of the machine: its share changes when others start and end.
    own = sizes["Pss_Anon"] + sizes["Pss_Shmem"] if "Pss_Anon" in sizes else pss
    descriptors, threads = len(list((folder / "fd").iterdir())), len(list((folder / "task").iterdir()))
    return ProcessSample(descriptors, threads, pss * 1024, own * 1024)


def _kilobytes(text: str) -> dict[str, int]:
    words = (line.split() for line in text.splitlines()[1:])
    return {parts[0].rstrip(":"): int(parts[1]) for parts in words}
