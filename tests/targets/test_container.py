"""What containers alone have: limits, locks, an engine that can fail. What every target keeps is in tests/contract."""

from __future__ import annotations

import json
import socket
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from tests.containers import in_container, left_in_engine, plain_image
from tests.engine import OwnDaemon, Scratch, own_daemon

from modelport.errors import ConflictError, DeploymentError, EngineError, ScoringError
from modelport.images.engine import Engine
from modelport.manifest import Limits, Listen, Manifest, Program
from modelport.naming import ROLE_LABEL, SERVICE_LABEL, WORKSPACE_LABEL
from modelport.services.status import FAILED, RUNNING, UNHEALTHY, Facts, derive
from modelport.services.target import Call, LogRequest, Observation, ServicePlace
from modelport.settings import read_settings
from modelport.targets.container import ContainerTarget

ECHO = "def init():\n    print('init ran')\ndef run(data):\n    return data\n"
EATS = """
def init():
    pass
def run(data):
    eaten = bytearray(400 * 2**20)
    for place in range(0, len(eaten), 4096):
        eaten[place] = 1
"""
EXITS = "import os\ndef init():\n    print('my last words', flush=True)\n    os._exit(9)\ndef run(data): ...\n"


class Service:
    """One service of the container target, and how it is asked of the engine."""

    def __init__(self, directory: Path, image: str, environ: dict[str, str], workspace: str = "") -> None:
        self.workspace = workspace or uuid.uuid4().hex
        self.image = image
        self.target = ContainerTarget(environ, self.workspace)
        directory.mkdir(exist_ok=True)
        self.place = ServicePlace(uuid.uuid4().hex[:16], "mysvc", directory, directory / "run")

    def manifest(self, revision: int, script: str, port: int = 0) -> Manifest:
        app = self.place.directory / "revisions" / str(revision) / "app"
        app.mkdir(parents=True, exist_ok=True)
        (app / "score.py").write_text(script)
        limits = Limits(max_request_wait_time_ms=20_000)
        program = Program("", str(app), "score.py")
        manifest = Manifest("mysvc", program, self.place.service_id, revision, "op", limits, Listen(port=port))
        return in_container(manifest, self.image)

    def apply(self, manifest: Manifest) -> Observation:
        seen = self.target.apply(self.place, manifest)
        self.place = replace(self.place, revision=seen.status.get("revision") or manifest.revision)
        return seen

    def start(self, script: str = ECHO, **container: float) -> Observation:
        manifest = self.manifest(1, script)
        return self.apply(replace(manifest, container=replace(manifest.container, **container)))

    def wait(self, condition: Callable[[Observation], object]) -> Observation:
        deadline = time.monotonic() + 60  # tells a hang
        while not condition(seen := self.target.observe(self.place)):
            assert time.monotonic() < deadline, seen
            time.sleep(0.1)
        return seen

    def wait_for(self, state: str) -> Observation:
        return self.wait(lambda seen: self.judged(seen).state == state)

    def judged(self, seen: Observation):
        return derive(Facts("mysvc", 1, seen))

    @property
    def label(self) -> str:
        return f"{WORKSPACE_LABEL}={self.workspace}"

    def described(self, engine: Engine, role: str) -> dict:
        words = ["container", "ls", "--all", "--quiet", "--filter", f"label={self.label}"]
        found = engine.run([*words, "--filter", f"label={ROLE_LABEL}={role}"]).stdout.split()
        return json.loads(engine.run(["container", "inspect", found[-1]]).stdout)[0]


@pytest.fixture(scope="module")
def image(base_image: Callable[[str], str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with plain_image(tmp_path_factory.mktemp("home"), base_image("3.11")) as made:
        yield made


@pytest.fixture
def service(engine: Engine, image: str, tmp_path: Path) -> Iterator[Service]:
    made = Service(tmp_path / "service", image, dict(read_settings().environ))
    yield made
    made.target.delete(made.place)
    assert left_in_engine(engine, made.label) == []


def test_limits_are_the_engines_own(service: Service, engine: Engine) -> None:
    service.start(cpu_cores=0.5, memory_bytes=256 * 2**20)
    host = service.described(engine, "replica")["HostConfig"]
    assert (host["NanoCpus"], host["Memory"], host["MemorySwap"]) == (500_000_000, 256 * 2**20, 256 * 2**20)


def test_containers_may_do_little(service: Service, engine: Engine) -> None:
    service.start()
    for role in ("replica", "gateway"):
        described = service.described(engine, role)
        host = described["HostConfig"]
        assert described["Config"]["User"] == "10001:10001"
        assert (host["ReadonlyRootfs"], host["CapDrop"], host["Privileged"]) == (True, ["ALL"], False)
        assert host["SecurityOpt"] == ["no-new-privileges:true"]


def test_port_is_published_on_the_loopback_address_alone(service: Service, engine: Engine) -> None:
    port = service.start().endpoint[1]
    bindings = service.described(engine, "gateway")["HostConfig"]["PortBindings"]
    assert bindings == {"5001/tcp": [{"HostIp": "127.0.0.1", "HostPort": str(port)}]}
    assert not service.described(engine, "replica")["HostConfig"]["PortBindings"]


def test_keys_are_in_a_file_alone_and_read_again(service: Service, engine: Engine) -> None:
    keys = service.place.directory / "keys.json"
    keys.write_text(json.dumps({"primary": "secret-word-one", "secondary": ""}))
    service.apply(replace(service.manifest(1, ECHO), auth_enabled=True))
    service.wait_for(RUNNING)
    assert "secret-word" not in json.dumps([service.described(engine, role) for role in ("replica", "gateway")])
    with_key = Call(b"1", {"Authorization": "Bearer secret-word-two"})
    assert service.target.execute(service.place, with_key).status == 401
    keys.write_text(json.dumps({"primary": "secret-word-two", "secondary": ""}))
    service.target.share_keys(service.place)
    assert service.target.execute(service.place, with_key).status == 200


def test_memory_that_runs_out_is_told_with_peak_and_limit(service: Service) -> None:
    service.start(EATS, memory_bytes=128 * 2**20)
    service.wait_for(RUNNING)
    assert service.target.execute(service.place, Call(b"1")).status == 502
    seen = service.wait(lambda seen: seen.warnings)
    condition = service.judged(seen).conditions[-1]
    assert condition.reason == "OOMKilled"
    assert "of a limit of 128 MB" in condition.message


def test_process_that_ends_in_init_is_a_crash_loop_with_its_last_words(service: Service) -> None:
    service.start(EXITS)
    status = service.judged(service.wait_for(FAILED))
    assert status.reason == "CrashLoopBackOff"
    assert "exit code 9" in status.message
    assert "my last words" in status.failure["traceback"]
    assert any("my last words" in line for line in service.target.logs(service.place, LogRequest()))


def test_crash_loop_ends_with_a_revision_that_works(service: Service) -> None:
    service.start(EXITS)
    service.wait_for(FAILED)
    service.apply(service.manifest(2, ECHO))
    service.wait_for(RUNNING)
    assert service.target.execute(service.place, Call(b"1")).body == b'"1"'


def test_image_that_is_gone_is_told_before_anything_is_made(service: Service, engine: Engine) -> None:
    manifest = service.manifest(1, ECHO)
    missing = replace(manifest, container=replace(manifest.container, image="sha256:" + "0" * 64))
    with pytest.raises(DeploymentError) as caught:
        service.apply(missing)
    assert caught.value.code == "image-missing"
    assert left_in_engine(engine, service.label) == []


def test_port_of_another_program_is_told(service: Service) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(ConflictError) as caught:
            service.apply(service.manifest(1, ECHO, port=taken.getsockname()[1]))
    assert caught.value.code == "port-in-use"


def test_port_can_change_with_a_revision(service: Service) -> None:
    service.start()
    service.wait_for(RUNNING)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    seen = service.apply(service.manifest(2, ECHO, port=port))
    assert seen.endpoint[1] == port
    assert service.target.execute(service.place, Call(b"1")).status == 200


def test_containers_that_somebody_removed_are_told_and_made_anew(service: Service, scratch: Scratch) -> None:
    service.start()
    service.wait_for(RUNNING)
    found = left_in_engine(scratch.engine, service.label)
    scratch.docker("rm", "--force", *(each.split()[1] for each in found if each.startswith("container")))
    status = service.judged(service.target.observe(service.place))
    assert (status.state, status.reason) == (FAILED, "ContainerMissing")
    with pytest.raises(ScoringError, match="its containers are gone") as caught:
        service.target.execute(service.place, Call(b"1"))
    assert caught.value.remedy == "Make them anew: modelport service start mysvc"
    service.target.scale(service.place, 1)
    service.wait_for(RUNNING)


def test_what_a_lost_deployment_of_the_name_left_is_taken_away(service: Service, image: str, tmp_path: Path) -> None:
    lost = Service(tmp_path / "lost", image, dict(read_settings().environ), service.workspace)
    lost.start()
    service.start()
    assert not lost.target.observe(replace(lost.place, revision=0)).launched
    service.wait_for(RUNNING)


def test_further_container_that_nobody_waits_for_is_told_and_taken_away(service: Service, scratch: Scratch) -> None:
    service.start()
    service.wait_for(RUNNING)
    labels = {WORKSPACE_LABEL: service.workspace, SERVICE_LABEL: service.place.service_id, ROLE_LABEL: "replica"}
    labels |= {"dev.modelport.service-name": "mysvc", "dev.modelport.revision": "2"}
    words = [word for name, value in labels.items() for word in ("--label", f"{name}={value}")]
    scratch.docker("create", *words, service.image)  # as a program leaves it that is killed in the middle
    rollout = service.target.observe(service.place).status["rollout"]
    assert (rollout["revision"], rollout["failure"]["code"]) == (2, "rollout-interrupted")
    service.apply(service.manifest(3, ECHO))
    seen = service.wait_for(RUNNING)
    assert seen.status["revision"] == 3
    assert seen.status["rollout"].get("state") != "failed"


# -- an engine that stops --------------------------------------------------------------------------------------------


@pytest.fixture
def daemon(image: str, scratch: Scratch, tmp_path: Path) -> Iterator[OwnDaemon]:
    """An engine of its own that holds the image."""
    archive = tmp_path / "image.tar"
    scratch.docker("save", "--output", archive, image, timeout_seconds=300)
    with own_daemon() as made:
        loaded = made.engine.run(["load", "--input", archive], timeout_seconds=300)
        assert loaded.exit_code == 0, loaded.stderr
        yield made


def test_engine_that_stops_is_told_by_every_verb_and_service_converges(
    daemon: OwnDaemon, image: str, tmp_path: Path
) -> None:
    service = Service(tmp_path / "service", image, {**read_settings().environ, "DOCKER_HOST": daemon.host})
    service.start()
    service.wait_for(RUNNING)
    daemon.stop()
    status = service.judged(service.target.observe(service.place))
    assert (status.state, status.reason) == (UNHEALTHY, "EngineUnavailable")
    for verb in (
        lambda: service.apply(service.manifest(2, ECHO)),
        lambda: service.target.scale(service.place, 0),
        lambda: service.target.execute(service.place, Call(b"1")),
        lambda: service.target.delete(service.place),
    ):
        with pytest.raises(EngineError):
            verb()
    daemon.start()
    service.wait_for(RUNNING)  # the engine starts them again by itself
    service.apply(service.manifest(2, ECHO))
    assert service.wait_for(RUNNING).status["revision"] == 2
    service.target.delete(service.place)
    assert left_in_engine(daemon.engine, service.label) == []
