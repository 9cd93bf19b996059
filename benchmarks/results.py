"""What was measured, by contender; the middle of the rounds is what counts."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from statistics import median

from benchmarks.bodies import Bodies
from benchmarks.central_queue import CentralQueue
from benchmarks.command_line import HelpTime
from benchmarks.hang import Hang
from benchmarks.images import Images
from benchmarks.kills import Kills
from benchmarks.measure import Bare, Throughput
from benchmarks.overload import Overload
from benchmarks.server_kills import ServerKills
from benchmarks.update import Updates
from benchmarks.workloads import WORKLOADS

# Start-up and memory are weighed on the workload that imports numpy and scikit-learn, as most models do.
WEIGHED = "W2"
FULL_OVERLAP_PER_SECOND = 32 / 0.020


@dataclass
class Results:
    """Every measurement of one run. Ratios compare two contenders of the same round; their median is reported."""

    # (contender, workload) -> round -> measurement; a round in which the contender failed is missing.
    throughput: dict[tuple[str, str], dict[int, Throughput]] = field(default_factory=lambda: defaultdict(dict))
    bare: dict[str, list[Bare]] = field(default_factory=lambda: defaultdict(list))
    overload: dict[str, Overload] = field(default_factory=dict)
    hang: dict[str, Hang] = field(default_factory=dict)
    updates: Updates | None = None
    container_updates: Updates | None = None
    kills: Kills | None = None
    server_kills: ServerKills | None = None
    central_queue: CentralQueue | None = None
    bodies: Bodies | None = None
    images: Images | None = None
    help_time: HelpTime | None = None
    added_distributions: int | None = None
    failures: list[str] = field(default_factory=list)

    def has(self, contender: str, workload: str) -> bool:
        return bool(self.throughput.get((contender, workload)))

    def per_second(self, contender: str, workload: str) -> float:
        return median(item.rate.per_second for item in self.throughput[contender, workload].values())

    def ratio(self, contender: str, workload: str, base: str) -> float | None:
        """How many times the base's answers per second, by rounds; None where one of the two was not measured."""
        base_workload = WORKLOADS[workload].base or workload
        if not self.has(contender, workload) or not self.has(base, base_workload):
            return None
        ours, theirs = self.throughput[contender, workload], self.throughput[base, base_workload]
        rounds = ours.keys() & theirs.keys()
        return median(ours[n].rate.per_second / theirs[n].rate.per_second for n in rounds) if rounds else None

    def overlap(self, contender: str) -> float | None:
        """The share of the answers per second that 32 requests of 20 ms give when they overlap fully."""
        return self.per_second(contender, "W5") / FULL_OVERLAP_PER_SECOND if self.has(contender, "W5") else None

    def start_seconds(self, contender: str) -> tuple[float, float] | None:
        """Start to first 200, and that minus the bare imports."""
        if not self.has(contender, WEIGHED):
            return None
        found = median(item.start_seconds for item in self.throughput[contender, WEIGHED].values())
        return found, found - median(item.start_seconds for item in self.bare[WEIGHED])

    def memory_bytes(self, contender: str) -> tuple[float, float] | None:
        """Proportional set size after the load, and that minus a bare Python with the same imports."""
        if not self.has(contender, WEIGHED):
            return None
        found = median(item.pss_bytes for item in self.throughput[contender, WEIGHED].values())
        return found, found - median(item.pss_bytes for item in self.bare[WEIGHED])
