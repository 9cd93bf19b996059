"""The judgement of a soak: quarters are compared, and what may not grow is named."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
from stress.soak import end_when_told
from stress.soak_samples import ProcessSample, Sample, compare, look_at, table
from tests.conftest import Need
from tests.server.conftest import StartReplica


def samples(*server_bytes: int, descriptors: int = 20) -> list[Sample]:
    workers = ProcessSample(10, 2, 30_000_000, 20_000_000)
    return [
        Sample(float(at), ProcessSample(descriptors, 5, 2 * size, size), workers, 1000 * at, 12.0)
        for at, size in enumerate(server_bytes)
    ]


def verdicts(found: list[Sample]) -> dict[str, bool]:
    return {row.measure.name: row.holds for row in compare(found)}


def test_a_service_that_stays_as_it_is_holds() -> None:
    assert all(verdicts(samples(*[18_000_000] * 16)).values())


def test_a_leak_of_memory_is_named() -> None:
    seen = verdicts(samples(*range(18_000_000, 18_000_000 + 16 * 100_000, 100_000)))
    assert [name for name, holds in seen.items() if not holds] == ["memory of the server"]


def test_one_more_descriptor_is_growth() -> None:
    found = samples(*[18_000_000] * 8) + samples(*[18_000_000] * 8, descriptors=21)
    assert [row.measure.name for row in compare(found) if not row.holds] == ["descriptors of the server"]


def test_a_single_peak_is_no_growth() -> None:
    sizes = [18_000_000] * 16
    sizes[14] = 30_000_000
    assert all(verdicts(samples(*sizes)).values())


def test_memory_that_is_mostly_higher_at_the_end_is_growth() -> None:
    seen = verdicts(samples(*[18_000_000] * 12, 19_000_000, 19_000_000, 19_000_000, 18_000_000))
    assert [name for name, holds in seen.items() if not holds] == ["memory of the server"]


def test_logs_may_grow_and_the_table_shows_it() -> None:
    text = table(compare(samples(*[18_000_000] * 16)))
    assert "| event record and log | 0.0015 MB | 0.0135 MB | +800.0 % |  |" in text
    assert "| memory of the server | 18 MB | 18 MB | +0.0 % | holds |" in text


def test_too_few_samples_are_not_compared() -> None:
    assert compare(samples(1, 2, 3)) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_soak_in_the_background_ends_when_told(number: signal.Signals) -> None:
    before = {each: signal.signal(each, signal.SIG_IGN) for each in (signal.SIGINT, signal.SIGTERM)}
    try:
        end_when_told()
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(number)
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


@pytest.fixture
def smaps(need: Need) -> None:
    need("/proc/self/smaps_rollup", Path("/proc/self/smaps_rollup").exists(), "run on Linux 4.14 or later")


@pytest.mark.usefixtures("smaps")
def test_a_process_is_looked_at() -> None:
    seen = look_at(os.getpid())
    assert seen.descriptors > 2
    assert seen.threads >= 1
    assert 1_000_000 < seen.own_bytes <= seen.pss_bytes


@pytest.mark.usefixtures("smaps")
def test_memory_that_is_held_is_seen() -> None:
    before = look_at(os.getpid()).own_bytes
    held = bytearray(os.urandom(1 << 20)) * 20
    assert look_at(os.getpid()).own_bytes - before > 15 << 20
    del held


@pytest.mark.usefixtures("smaps")
def test_rollouts_leave_no_workers_behind_in_the_server(start_replica: StartReplica) -> None:
    replica = start_replica(workers=2)

    def roll_out(times: int) -> int:
        for _ in range(times):
            revision = replica.manifest.revision + 1
            replica.apply()
            replica.wait_for(lambda revision=revision: now_serves(replica.status(), revision))
        return look_at(replica.process.pid).own_bytes

    before = roll_out(3)
    assert roll_out(10) - before < 500_000


def now_serves(status: dict, revision: int) -> bool:
    return [worker["revision"] for worker in status["workers"]] == [revision] * 2
