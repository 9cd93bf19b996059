"""kill -9 at every point that tracing finds in a command: what it makes is absent or complete, never a part."""

from __future__ import annotations

import hashlib
import json
import random
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.conftest import Need, kill_servers
from tests.stress.conftest import Size
from tests.stress.fault_home import SUBJECT, FaultHome
from tests.stress.fault_points import Point, killed_at, points_of, strace_is_there, table

from modelport.registry.model import ModelQuery

NOT_REACHED = "the point was not reached"
"""How many pages of the catalogue a commit writes varies a little, so that the last of them may not come."""

pytestmark = pytest.mark.timeout(3600)  # the long form goes through every point, some seconds each


@pytest.fixture
def faults(tmp_path: Path, need: Need) -> Iterator[FaultHome]:
    need("strace", strace_is_there(), "apt-get install strace, as a user who may trace (ptrace)")
    runtime = Path(tempfile.mkdtemp(prefix="mpf-"))
    made = FaultHome(tmp_path / "home", runtime, tmp_path)
    made.furnish()
    yield made
    kill_servers(made.home)
    shutil.rmtree(runtime, ignore_errors=True)


def sampled(points: list[Point], size: Size, few: int) -> list[Point]:
    """All points in the long form, else a few of them, by the seed."""
    print(f"fault points: {table(points)}")
    return points if size.long else sorted(random.Random(size.seed).sample(points, few), key=points.index)


def survive(faults: FaultHome, points: list[Point], one: Callable[[Point], list[str]]) -> None:
    """Go through the points; every failure of every point is told at once."""
    wrong, missed = [], 0
    for point in points:
        found = [*one(point), *faults.damage()]
        if NOT_REACHED in found:
            found.remove(NOT_REACHED)
            missed += 1
        wrong += [f"{point} {point.detail[:160]}: {each}" for each in found]
        print(f"{point} {point.detail[:100]}: {'; '.join(found) or 'survived'}", flush=True)
    print(f"killed at {len(points) - missed} points of {len(points)}, {len(wrong)} complaints")
    if missed > max(1, len(points) // 10):
        wrong.append(f"{missed} points were not reached")
    if wrong:
        pytest.fail("\n".join(wrong), pytrace=False)


def versions_of(faults: FaultHome, name: str) -> int:
    return len(faults.workspace.models.find(ModelQuery(name=name)))


def content_for_new_folder(faults: FaultHome) -> bytes:
    """A content whose digest begins as no other's, so that each registration makes the same calls."""
    blobs = faults.workspace.directory / "blobs" / "sha256"
    contents = (b"%d" % number for number in range(100_000))
    return next(each for each in contents if not (blobs / hashlib.sha256(each).hexdigest()[:2]).exists())


def answer_of(faults: FaultHome) -> str:
    return str(json.loads(faults.services.run(SUBJECT, b"{}").body))


def test_a_killed_register_leaves_a_model_or_none(faults: FaultHome, size: Size) -> None:
    register = faults.program("model", "register", "-n", "fresh", "fresh.bin")
    (faults.work / "fresh.bin").write_bytes(b"first")

    def one(point: Point) -> list[str]:
        (faults.work / "fresh.bin").write_bytes(content_for_new_folder(faults))
        before = versions_of(faults, "fresh")
        if not killed_at(point, register):
            return [NOT_REACHED]
        again = register.run()
        after = versions_of(faults, "fresh")
        told = [] if after in (before + 1, before + 2) else [f"{before} versions became {after}"]
        return told if again.returncode == 0 else [*told, f"again: {again.stderr}"]

    survive(faults, sampled(points_of(register, faults.home), size, 3), one)


def test_a_killed_deploy_leaves_a_service_or_none(faults: FaultHome, size: Size) -> None:
    deploy = faults.program("deploy", SUBJECT, "-e", "one.py", "-m", "keep:1")

    def one(point: Point) -> list[str]:
        if not killed_at(point, deploy):
            return [NOT_REACHED]
        again = deploy.run()
        if again.returncode:  # only a service that is complete may be in the way
            if "service-exists" not in again.stderr:
                return [f"again: {again.stderr}"]
            faults.services.wait(SUBJECT)
        found = [] if answer_of(faults) == "one" else ["a wrong answer"]
        faults.clear()
        return found

    points = points_of(deploy, faults.home)
    faults.clear()
    survive(faults, sampled(points, size, 1), one)


def test_a_killed_update_leaves_the_old_or_the_new(faults: FaultHome, size: Size) -> None:
    faults.deploy_subject()
    update = faults.program("service", "update", SUBJECT, "-e", "two.py", "-m", "keep:1")
    back = faults.program("service", "update", SUBJECT, "-e", "one.py", "-m", "keep:1")

    def one(point: Point) -> list[str]:
        back.run()
        if not killed_at(point, update):
            return [NOT_REACHED]
        found = [] if answer_of(faults) in ("one", "two") else ["a wrong answer"]
        faults.services.wait(SUBJECT)
        again = update.run()
        if again.returncode or answer_of(faults) != "two":
            return [*found, f"again: {again.stderr}"]
        return found

    points = points_of(update, faults.home)
    survive(faults, sampled(points, size, 1), one)


def test_a_killed_delete_can_be_repeated(faults: FaultHome, size: Size) -> None:
    delete = faults.program("service", "delete", SUBJECT)

    def one(point: Point) -> list[str]:
        faults.clear()
        faults.deploy_subject()
        if not killed_at(point, delete):
            return [NOT_REACHED]
        again = delete.run()
        return [] if again.returncode == 0 or "service-not-found" in again.stderr else [f"again: {again.stderr}"]

    faults.deploy_subject()
    survive(faults, sampled(points_of(delete, faults.home), size, 1), one)
