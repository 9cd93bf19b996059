"""The work that every contender does: one scoring script, one body, and how many connections ask at once.

A script has `init()` and `run(raw_data)`; `compute(rows)` is `run` without the JSON, for frameworks that decode it.
"""

from __future__ import annotations

import array
import json
import random
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class Workload:
    """One kind of work. `concurrency` is how many requests the contender may run at once in one process."""

    name: str
    title: str
    script: Path
    make_body: Callable[[], bytes]
    connections: int
    content_type: str = "application/json"
    concurrency: int = 1
    base: str = ""  # the workload whose base contender this one is compared with, where it is not its own
    bare: str = ""  # the workload that a Python without any server runs for the right answer, where it is not its own


def _rows(count: int, width: int, digits: int) -> list[list[float]]:
    generator = random.Random(count * width)
    return [[round(generator.uniform(-1, 1), digits) for _ in range(width)] for _ in range(count)]


def _json_rows(count: int, width: int, digits: int) -> Callable[[], bytes]:
    return lambda: json.dumps({"data": _rows(count, width, digits)}).encode()


def _small() -> bytes:
    return b'{"data": [[1, 2, 3, 4, 5, 6, 7, 8, 9, 10], [10, 9, 8, 7, 6, 5, 4]]}'


def _binary() -> bytes:
    return array.array("d", [number for row in _rows(1000, 100, 7) for number in row]).tobytes()


TROUBLE = FOLDER / "trouble.py"
SLOW_AND_SHORT = FOLDER / "slow_and_short.py"
LARGE_AND_SMALL = FOLDER / "large_and_small.py"
WORKLOADS = {
    workload.name: workload
    for workload in (
        Workload("W1", "row sums, 66-byte JSON", FOLDER / "w1_rowsum.py", _small, 16),
        Workload("W2", "scikit-learn Ridge, 2 x 10", FOLDER / "w2_ridge.py", _json_rows(2, 10, 6), 16),
        Workload("W3", "network 784-256-10", FOLDER / "w3_network.py", _json_rows(1, 784, 4), 16),
        Workload("W4", "1 MB JSON, row sums", FOLDER / "w4_megabyte.py", _json_rows(1000, 100, 7), 4),
        Workload("W5", "20 ms of waiting, 32 at once", FOLDER / "w5_sleep.py", _small, 32, concurrency=32),
        Workload("W4b", "W4 as binary", FOLDER / "w4_binary.py", _binary, 4, "application/octet-stream",
                 base="W4", bare="W4"),
        Workload("W4d", "W4 decoded by the server", FOLDER / "w4_decorated.py", _json_rows(1000, 100, 7), 4, bare="W4"),
    )
}
