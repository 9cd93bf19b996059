"""A disk that is full or broken at any write or sync: a clear error, the home as it was, and the same command works."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.conftest import Need, kill_servers
from tests.stress.conftest import Size
from tests.stress.fault_commands import AFTER, BEFORE, BEGUN, Command, Commands, report, sampled
from tests.stress.fault_home import SUBJECT, FaultHome
from tests.stress.fault_points import SYNCING, WRITING, Point, Program, failing_at

from modelport.errors import StorageError

pytestmark = pytest.mark.timeout(3600)

# What a failing write may be called: the disk, the right to write, the catalogue; EIO has no better name than these.
CLEAR = ("disk-full", "disk-failing", "home-not-writable", "catalogue-damaged", "catalogue-locked")


def clear(done: subprocess.CompletedProcess[str]) -> list[str]:
    """What is wrong with how a command failed: nothing if it names the disk and says what to do, or bore the fault."""
    told = any(f"[{code}]" in done.stderr for code in CLEAR) and "  -> " in done.stderr
    if done.returncode == 0 or (told and done.returncode == StorageError.exit_code and "Traceback" not in done.stderr):
        return []
    return [f"exit {done.returncode}: {done.stderr[-400:]}"]


def complaints(command: Command, point: Point, error: str) -> tuple[list[str], int]:
    """What is wrong after a call failed there, and the exit code."""
    command.prepare()
    done = failing_at(point, error, command.program)
    left = command.state()
    may_be = (AFTER,) if done.returncode == 0 else (BEFORE, AFTER, *([BEGUN] if command.name == "delete" else []))
    wrong = [] if left in may_be else [f"exit {done.returncode}, and it is {left}"]
    return [*clear(done), *wrong, *command.home.damage(), *command.repeated(left)], done.returncode


@pytest.mark.parametrize("name", ["register", "deploy", "update", "delete"])
def test_a_failing_disk_is_a_clear_error_at_every_write(fault_commands: Commands, size: Size, name: str) -> None:
    command = fault_commands[name]
    writes = [point for point in command.points() if point.call in WRITING + SYNCING]
    wrong = []
    for point in sampled(writes, size):
        for error in ("ENOSPC", "EIO"):
            found, code = complaints(command, point, error)
            wrong += report(point, error, found, f"exit {code}")
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
