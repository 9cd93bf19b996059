"""Fuzzing in two sizes: seconds within `make test`, minutes with `--stress` (`make stress`); `--seed` repeats a run."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from tests.server.conftest import start_replica

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
