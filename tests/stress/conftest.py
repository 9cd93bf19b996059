"""Fuzzing in two sizes: seconds within `make test`, minutes with `--stress` (`make stress`); `--seed` repeats a run."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.conftest import kill_servers, require
from tests.server.conftest import start_replica

if TYPE_CHECKING:
    from tests.stress.fault_commands import Commands

__all__ = ["start_replica"]


@dataclass(frozen=True)
class Size:
    """How long a form to run, and from which seed."""

    long: bool
    seed: int

    def of(self, short: int, long: int) -> int:
        """The number for this form."""
        return long if self.long else short


@pytest.fixture
def size(request: pytest.FixtureRequest) -> Size:
    """The size of this run, printed so that a failure tells how to repeat it."""
    found = Size(request.config.getoption("--stress"), request.config.getoption("--seed"))
    print(f"seed {found.seed}; repeat with --seed={found.seed}{' --stress' if found.long else ''}")
    return found


@pytest.fixture(scope="session")
def fault_commands(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Commands]:
    """The commands that faults are put into, on a home that all these tests share: each leaves it as it found it, or
    fails; and what a command's points are is found out once."""
    from tests.stress.fault_commands import Commands
    from tests.stress.fault_home import FaultHome
    from tests.stress.fault_points import strace_is_there

    require("strace", strace_is_there(), "apt-get install strace (5.3 or later), as a user who may trace (ptrace)")
    work = tmp_path_factory.mktemp("faults")
    runtime = Path(tempfile.mkdtemp(prefix="mpf-"))
    home = FaultHome(work / "home", runtime, work)
    home.furnish()
    yield Commands(home)
    kill_servers(home.home)
    shutil.rmtree(runtime, ignore_errors=True)
