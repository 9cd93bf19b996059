"""What can be seen of a replica from outside: its memory, its open files, its connections, the processes it has."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from pathlib import Path

from tests.server.conftest import RunningReplica


@dataclass
class Sight:
    """One look at a replica."""

    pid: int
    own_kib: int
    files: int
    connections: int
    workers: list[str]


def look(replica: RunningReplica, patience_seconds: float = 20.0) -> Sight:
    """Look, once every connection but the one that asks has been let go."""
    deadline = time.monotonic() + patience_seconds
    while connections(replica) and time.monotonic() < deadline:
        time.sleep(0.05)
    pid = int(replica.identity()["pid"])
    files = min(open_files(pid) for _ in range(10))
    workers = [worker["name"] for worker in replica.status()["workers"]]
    return Sight(pid, own_kib(pid), files, connections(replica), workers)


def open_files(pid: int) -> int:
    """How many descriptors a process holds; a moment's pause lets go of those that are being closed."""
    time.sleep(0.01)
    return len(os.listdir(f"/proc/{pid}/fd"))


def connections(replica: RunningReplica) -> int:
    """How many clients are connected beside the one that asks."""
    return int(metric(replica, "modelport_connections")) - 1


def metric(replica: RunningReplica, name: str) -> float:
    """The value of one metric without labels."""
    text = replica.ask("GET", "/metrics").body.decode()
    return float(text.partition(f"\n{name} ")[2].partition("\n")[0])


def own_kib(pid: int) -> int:
    """The memory of a process in KiB that no other process shares, so that what else runs does not change it."""
    text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    return int(text.partition("Private_Dirty:")[2].split()[0])
