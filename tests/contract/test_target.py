"""What every target keeps: one suite, run for each of them."""

from __future__ import annotations

import json
import sys
import tempfile
import textwrap
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from tests.containers import in_container, plain_image

from modelport.errors import ModelportError, ScoringError
from modelport.manifest import Limits, Listen, Manifest, Places, Program
from modelport.services.target import Call, LogRequest, Observation, ServicePlace, Target
from modelport.settings import read_settings
from modelport.targets.container import ContainerTarget
from modelport.targets.local import LocalTarget

# Each target that this suite is run for, and how one is made.
TARGETS: dict[str, Callable[[], Target]] = {
    "local": lambda: LocalTarget(read_settings().environ),
    "container": lambda: ContainerTarget(read_settings().environ, f"contract-{uuid.uuid4().hex}"),
}
Adapt = Callable[[Manifest], Manifest]
"""What makes a manifest of this machine one for the target."""

ECHO = "import json\ndef init():\n    print('init ran')\ndef run(data):\n    return ['one', json.loads(data)]\n"
SECOND = ECHO.replace("'one'", "'two'")
BROKEN = "def init():\n    raise ValueError('no such thing')\ndef run(data):\n    return data\n"


class Trial:
    """One service on one target."""

    def __init__(self, target: Target, directory: Path, runtime: Path, adapt: Adapt) -> None:
        self.target = target
        self.adapt = adapt
        self.place = ServicePlace(uuid.uuid4().hex[:16], "mysvc", directory, runtime)

    def manifest(self, revision: int, script: str, **limits: int) -> Manifest:
        app = self.place.directory / "revisions" / str(revision) / "app"
        app.mkdir(parents=True)
        (app / "score.py").write_text(textwrap.dedent(script))
        log = str(self.place.directory / "service.log")
        places = Places(str(self.place.directory), str(self.place.runtime_directory), "", log)
        return self.adapt(Manifest(
            "mysvc", Program(sys.executable, str(app), "score.py"), self.place.service_id, revision, f"op{revision}",
            Limits(**limits), Listen(port=0), places,
        ))  # fmt: skip

    def apply(self, revision: int, script: str, **limits: int) -> Observation:
        manifest = self.manifest(revision, script, **limits)
        seen = self.target.apply(replace(self.place, operation=manifest.operation), manifest)
        self.place = replace(self.place, revision=self.place.revision or revision)
        return seen

    def wait(self, condition: Callable[[Observation], bool], seconds: float = 15.0) -> Observation:
        deadline = time.monotonic() + seconds
        while not condition(seen := self.target.observe(self.place)):
            assert time.monotonic() < deadline, f"{seen}\n" + "\n".join(self.logs())
            time.sleep(0.01)
        return seen

    def wait_for(self, state: str, revision: int = 0) -> Observation:
        return self.wait(
            lambda seen: seen.status.get("state") == state and revision in (0, seen.status.get("revision"))
        )

    def score(self, value: object) -> object:
        reply = self.target.execute(self.place, Call(json.dumps(value).encode()))
        assert reply.status == 200, reply
        return json.loads(reply.body)

    def logs(self, num_lines: int = 5000) -> list[str]:
        return list(self.target.logs(self.place, LogRequest(num_lines)))


@pytest.fixture(scope="module")
def image(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """An image that brings the server and no script."""
    base = request.getfixturevalue("base_image")("3.11")
    with plain_image(tmp_path_factory.mktemp("home"), base) as made:
        yield made


@pytest.fixture
def adapt(request: pytest.FixtureRequest) -> Callable[[str], Adapt]:
    """What a target needs of a manifest; the machine must have an engine only for the target that needs it."""

    def of(target: str) -> Adapt:
        if target != "container":
            return lambda manifest: manifest
        made = request.getfixturevalue("image")
        return lambda manifest: in_container(manifest, made)

    return of


@pytest.fixture(params=sorted(TARGETS))
def trial(request: pytest.FixtureRequest, tmp_path: Path, adapt: Callable[[str], Adapt]) -> Iterator[Trial]:
    with tempfile.TemporaryDirectory(prefix="mp-") as runtime:
        made = Trial(TARGETS[request.param](), tmp_path, Path(runtime) / "s", adapt(request.param))
        yield made
        made.target.delete(made.place)


@pytest.fixture
def running(trial: Trial) -> Trial:
    trial.apply(1, ECHO)
    trial.wait_for("ready")
    return trial


def test_nothing_is_observed_of_what_never_was(trial):
    assert trial.target.observe(trial.place) == Observation()


def test_applied_manifest_becomes_a_service_that_answers(running):
    assert running.score([1]) == ["one", [1]]


def test_observation_tells_where_it_listens(running):
    seen = running.target.observe(running.place)
    assert seen.launched and seen.alive and seen.same_boot
    assert seen.endpoint[1] > 0 and seen.pid > 0


def test_second_manifest_replaces_the_first_at_the_same_port(running):
    port = running.target.observe(running.place).endpoint[1]
    running.apply(2, SECOND)
    seen = running.wait_for("ready", revision=2)
    assert (seen.endpoint[1], running.score([1])) == (port, ["two", [1]])


def test_revision_that_fails_leaves_the_one_before(running):
    running.apply(2, BROKEN)
    seen = running.wait(lambda seen: (seen.status.get("rollout") or {}).get("state") == "failed")
    assert "no such thing" in seen.status["rollout"]["failure"]["traceback"]
    assert running.score([1]) == ["one", [1]]


def test_first_revision_that_fails_keeps_its_log_and_says_why(trial):
    trial.apply(1, BROKEN)
    seen = trial.wait_for("failed")
    assert "no such thing" in seen.status["failure"]["traceback"]
    assert any("no such thing" in line for line in trial.logs())


def test_scaling_to_zero_ends_it_and_scaling_up_brings_it_back_at_its_port(running):
    port = running.target.observe(running.place).endpoint[1]
    assert not running.target.scale(running.place, 0).alive
    with pytest.raises(ScoringError):
        running.score([1])
    running.target.scale(running.place, 1)
    seen = running.wait_for("ready")
    assert (seen.endpoint[1], running.score([1])) == (port, ["one", [1]])


def test_scaling_to_zero_twice_is_no_error(running):
    running.target.scale(running.place, 0)
    assert not running.target.scale(running.place, 0).alive


def test_scaling_up_adds_workers(running):
    running.target.scale(running.place, 2)
    seen = running.wait(lambda seen: [w["state"] for w in seen.status["workers"]] == ["ready", "ready"])
    assert len(seen.status["workers"]) == 2


def test_log_holds_what_the_script_printed(running):
    assert any(line.endswith("init ran") for line in running.logs())


def test_log_is_cut_to_the_last_lines(running):
    assert running.logs(1) == running.logs()[-1:]


def test_log_can_be_followed(running):
    lines = running.target.logs(running.place, LogRequest(0, follow=True))
    running.apply(2, SECOND.replace("init ran", "second init ran"))
    assert any("second init ran" in line for line, _ in zip(lines, range(20), strict=False))


def test_answers_other_than_200_are_returned_as_they_are(running):
    assert running.target.execute(running.place, Call(b"{not json")).status == 502
    assert running.target.execute(running.place, Call(b"[]", path="/nowhere")).status == 404


def test_deleting_ends_it(running):
    running.target.delete(running.place)
    assert not running.target.observe(running.place).alive


def test_deleting_twice_is_no_error(running):
    running.target.delete(running.place)
    running.target.delete(running.place)


def test_interpreter_that_is_not_there_is_told(trial):
    manifest = trial.manifest(1, ECHO)
    manifest = replace(manifest, program=replace(manifest.program, python="/nowhere/python"))
    try:
        trial.target.apply(trial.place, manifest)
    except ModelportError as error:
        assert "/nowhere/python" in str(error)
    else:
        assert "/nowhere/python" in trial.wait_for("failed").status["failure"]["message"]
