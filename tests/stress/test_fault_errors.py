"""A disk that is full or broken at any write or sync: a clear error, the home as it was, and the same command works."""

from __future__ import annotations

import os
import random
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.conftest import Need, kill_servers
from tests.stress.conftest import Size
from tests.stress.fault_home import SUBJECT, FaultHome
from tests.stress.fault_points import SYNCING, WRITING, Program, failing_at, points_of, table
from tests.stress.test_fault_points import content_for_new_folder, faults, versions_of

from modelport.errors import StorageError

__all__ = ["faults"]

pytestmark = pytest.mark.timeout(3600)

# What a failing write may be called: the disk, the right to write, the catalogue; EIO has no better name than these.
CLEAR = ("disk-full", "disk-failing", "home-not-writable", "catalogue-damaged", "catalogue-locked")


def clear(done: subprocess.CompletedProcess[str]) -> list[str]:
    """What is wrong with how a command failed: nothing if it names the disk, or if it bore the fault."""
    if done.returncode == 0 or any(f"[{code}]" in done.stderr for code in CLEAR):
        return []
    return [f"exit {done.returncode}: {done.stderr[-400:]}"]


@pytest.mark.parametrize("error", ["ENOSPC", "EIO"])
def test_register_bears_a_failing_disk_at_every_write(faults: FaultHome, size: Size, error: str) -> None:
    register = faults.program("model", "register", "-n", "fresh", "fresh.bin")
    (faults.work / "fresh.bin").write_bytes(b"first")
    points = points_of(register, faults.home, WRITING + SYNCING)
    print(f"{error} at {table(points)}")
    wrong = []
    for point in points if size.long else random.Random(size.seed).sample(points, 1):
        (faults.work / "fresh.bin").write_bytes(content_for_new_folder(faults))
        before = versions_of(faults, "fresh")
        done = failing_at(point, error, register)
        grown = versions_of(faults, "fresh") - before
        found = [*clear(done), *faults.damage()]
        if grown != (done.returncode == 0):
            found.append(f"exit {done.returncode}, {grown} version(s) more")
        print(f"{point} {point.detail[:100]}: {'; '.join(found) or f'exit {done.returncode}'}", flush=True)
        wrong += [f"{error} at {point} {point.detail[:120]}: {each}" for each in found]
    if wrong:
        pytest.fail("\n".join(wrong), pytrace=False)


@pytest.fixture
def small_disk(tmp_path: Path, need: Need) -> Iterator[Path]:
    """An empty file system of 3 MB."""
    place = tmp_path / "small"
    place.mkdir()
    words = ["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", str(place)]
    mounted = os.geteuid() == 0 and subprocess.run(words, capture_output=True, check=False).returncode == 0
    need("the right to mount a file system", mounted, "run the tests as root, outside of a container that forbids it")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=False)


def on_small_disk(faults_home: FaultHome, words: tuple[str, ...]) -> subprocess.CompletedProcess[str]:
    return Program(words, faults_home.environ, faults_home.work).run()


def test_full_disk_is_a_clear_error_for_every_command(small_disk: Path, tmp_path: Path, need: Need) -> None:
    work, runtime = tmp_path / "work", tmp_path / "rt"
    work.mkdir()
    home = FaultHome(small_disk / "home", runtime, work)
    home.furnish()
    try:
        home.deploy_subject()
        (work / "fresh.bin").write_bytes(os.urandom(100_000))
        filler = small_disk / "filler"
        with pytest.raises(OSError, match="No space"), filler.open("wb", buffering=0) as stream:
            while stream.write(b"\0" * 4096):
                continue
        for words in (
            ("model", "register", "-n", "fresh", "fresh.bin"),
            ("deploy", "another", "-e", "one.py", "-m", "keep:1"),
            ("service", "update", SUBJECT, "-e", "two.py", "-m", "keep:1"),
        ):
            done = on_small_disk(home, words)
            assert "[disk-full]" in done.stderr and done.returncode == StorageError.exit_code, (words, done.stderr)
        filler.unlink()
        assert home.damage() == [] and home.services.run(SUBJECT, b"{}").status == 200
        assert on_small_disk(home, ("model", "register", "-n", "fresh", "fresh.bin")).returncode == 0
    finally:
        kill_servers(home.home)
