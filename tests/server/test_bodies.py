"""Spooled bodies give back what they took, and nobody waits while the pages of a large one are freed."""

from __future__ import annotations

import os
import threading
import time

import pytest

from modelport.server.bodies import CLOSED_AT_ONCE_BYTES_MAX, BodyBudget, Spool


@pytest.fixture
def closed_by(monkeypatch: pytest.MonkeyPatch) -> dict[int, int]:
    """Which thread closed which descriptor."""
    found: dict[int, int] = {}
    close = os.close

    def see(descriptor: int) -> None:
        found[descriptor] = threading.get_ident()
        close(descriptor)

    monkeypatch.setattr("modelport.server.bodies.os.close", see)
    return found


def spool_of(size: int, budget: BodyBudget) -> Spool:
    spool = Spool(budget)
    assert spool.write(b"x" * size)
    return spool


def test_a_large_spool_is_closed_by_another_thread(closed_by: dict[int, int]) -> None:
    budget = BodyBudget(1 << 30)
    spool = spool_of(CLOSED_AT_ONCE_BYTES_MAX + 1, budget)
    descriptor = spool.descriptor
    spool.close()
    spool.close()
    deadline = time.monotonic() + 10
    while budget.used_bytes and time.monotonic() < deadline:
        time.sleep(0.001)
    assert budget.used_bytes == 0
    assert closed_by[descriptor] != threading.get_ident()


def test_a_small_spool_is_closed_at_once(closed_by: dict[int, int]) -> None:
    budget = BodyBudget(1 << 30)
    spool = spool_of(CLOSED_AT_ONCE_BYTES_MAX, budget)
    descriptor = spool.descriptor
    spool.close()
    assert (budget.used_bytes, closed_by[descriptor]) == (0, threading.get_ident())


def test_what_is_reserved_and_released_by_several_threads_adds_up() -> None:
    budget = BodyBudget(1 << 30)

    def use() -> None:
        for _ in range(20_000):
            budget.reserve(3)
            budget.release(3)

    threads = [threading.Thread(target=use) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert budget.used_bytes == 0
