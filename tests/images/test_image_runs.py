"""An image in a real engine: as nobody special, on a read-only root; its ends, its duties, its gateway."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from textwrap import dedent

import pytest
import urllib3
from tests.engine import Scratch

from modelport.environments.environment import EnvironmentDefinition
from modelport.environments.options import options_from
from modelport.events import events_from_lines
from modelport.images.build.builder import BuildRequest, build
from modelport.images.engine import Engine, image_facts
from modelport.images.recipe.context import text_file
from modelport.images.recipe.plan import ImageRequest, lay_out, plan_image
from modelport.images.recipe.planned_base import Workbench
from modelport.manifest import Limits, Manifest, Program
from modelport.server.gateway_config import GatewayConfig, Listen
from modelport.settings import read_settings

SCRIPT = """
    import json, os, subprocess, sys, time
    def init():
        print("init ran")
        if os.environ.get("BEHAVE") == "raise":
            raise RuntimeError("no such weights")
        if os.environ.get("BEHAVE") == "exit":
            print("my last words", flush=True)
            os._exit(41)
    def run(raw_data):
        words = json.loads(raw_data)
        if not isinstance(words, dict):
            return words
        time.sleep(words.get("sleep", 0))
        if words.get("eat"):
            eaten = [bytearray(os.urandom(1 << 20)) for _ in range(words["eat"])]
        leave = "import os, time\\nif os.fork() == 0:\\n    os.setsid(); time.sleep(0.2)"
        for _ in range(words.get("orphans", 0)):
            subprocess.run([sys.executable, "-c", leave], check=True)
        return words
"""
PYTHON = "/opt/modelport/server/bin/python"
LOCKED_DOWN = ("--read-only", "--tmpfs", "/tmp", "--user", "10777:10777", "--cap-drop", "ALL")


@pytest.fixture(scope="module")
def image(engine: Engine, base_image: Callable[[str], str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """An image of the script above."""
    template = base_image("3.11").replace("3.11", "{python}")
    folder = tmp_path_factory.mktemp("image")
    options = options_from(read_settings({**os.environ, "MODELPORT_HOME": str(folder / "home")}))
    bench = Workbench(engine, options, lambda name: image_facts(engine, name), lambda *_: None, template)
    manifest = Manifest("runs", Program("", "", ""), "0001", limits=Limits(max_request_wait_time_ms=20_000))
    files = (text_file("score.py", dedent(SCRIPT).lstrip()),)
    request = ImageRequest(manifest, EnvironmentDefinition("runs"), "score.py", files)
    planned = plan_image(request, bench, lambda _: None)
    lay_out(planned, folder / "context")
    (folder / "secrets").mkdir()
    scratch = Scratch(engine)
    wanted = BuildRequest(
        folder / "context", (scratch.name(),), planned.labels,  # found by its name: others may share the image
        secrets=planned.secrets.write(folder / "secrets"), build_args=planned.build_args,
    )  # fmt: skip
    build(engine, wanted, folder / "build.log", lambda _: None)
    yield scratch.name()
    scratch.clean()


class Running:
    """One container under test."""

    def __init__(self, scratch: Scratch, image: str, words: tuple[str, ...]) -> None:
        self._scratch = scratch
        publish = ("--publish", "127.0.0.1::5001")
        self.id = scratch.docker("run", "--detach", "--label", scratch.label, *publish, *words, image)

    @property
    def port(self) -> int:
        return int(self._scratch.docker("port", self.id, "5001").rpartition(":")[2])

    def inspect(self, template: str) -> str:
        return self._scratch.docker("inspect", "--format", template, self.id)

    def output(self) -> tuple[list[str], list[str]]:
        done = self._scratch.engine.run(["logs", self.id])
        return done.stdout.splitlines(), done.stderr.splitlines()

    def run_inside(self, *words: str) -> str:
        return self._scratch.docker("exec", self.id, *words)

    def wait_for(self, condition: Callable[[], bool], timeout: float = 60.0) -> None:
        deadline = time.monotonic() + timeout
        while not condition():
            if time.monotonic() > deadline:
                raise AssertionError(f"it did not come to pass: {self.output()}")
            time.sleep(0.05)

    def wait_ready(self) -> Running:
        self.wait_for(lambda: any(event.kind == "ready" for event in events_from_lines(self.output()[0])))
        return self

    def wait_ended(self) -> int:
        return int(self._scratch.docker("wait", self.id))

    def score(self, value: object) -> urllib3.BaseHTTPResponse:
        body = json.dumps(value).encode()
        return urllib3.request("POST", f"http://127.0.0.1:{self.port}/score", body=body, retries=False, timeout=60)


@pytest.fixture
def run(scratch: Scratch, image: str) -> Callable[..., Running]:
    """`run("--env", "X=1")`: a container of the image."""
    return lambda *words: Running(scratch, image, words)


def test_serves_as_nobody_on_a_read_only_root(run: Callable[..., Running]) -> None:
    container = run(*LOCKED_DOWN).wait_ready()
    assert container.score([1, 2]).json() == [1, 2]
    metrics = urllib3.request("GET", f"http://127.0.0.1:{container.port}/metrics", timeout=30)
    assert b"modelport_workers_ready 1.0" in metrics.data
    assert container.run_inside(PYTHON, "-I", "-m", "modelport.server.health") == "HTTP/1.1 200 OK"
    status = json.loads(container.run_inside(PYTHON, "-I", "-m", "modelport.server.control_client", "status"))
    assert (status["ok"]["state"], status["ok"]["pid"]) == ("ready", 1)


def test_init_that_fails_ends_it_with_3_and_the_traceback_last(run: Callable[..., Running]) -> None:
    container = run(*LOCKED_DOWN, "--env", "BEHAVE=raise")
    assert container.wait_ended() == 3
    out, error = container.output()
    assert error[-1] == "RuntimeError: no such weights"
    assert any('File "/var/azureml-app/score.py", line 5, in init' in line for line in error)
    assert [event.code for event in events_from_lines(out) if event.status == "failed"] == ["init-failed"]


def test_init_that_dies_ends_it_with_3_and_says_how(run: Callable[..., Running]) -> None:
    container = run("--env", "BEHAVE=exit")
    assert container.wait_ended() == 3
    error = container.output()[1]
    assert error[-1] == "my last words"
    assert any("exit code 41" in line for line in error)


def test_what_is_in_flight_is_answered_before_it_ends(run: Callable[..., Running], scratch: Scratch) -> None:
    from concurrent.futures import ThreadPoolExecutor

    container = run(*LOCKED_DOWN).wait_ready()
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(container.score, {"sleep": 2})
        client = (PYTHON, "-I", "-m", "modelport.server.control_client", "status")
        container.wait_for(lambda: '"in_flight": 1' in container.run_inside(*client))
        scratch.docker("stop", "--time", "60", container.id)
        assert answer.result().json() == {"sleep": 2}
    assert container.inspect("{{.State.ExitCode}}") == "0"


def test_orphans_are_collected(run: Callable[..., Running]) -> None:
    container = run(*LOCKED_DOWN).wait_ready()
    container.score({"orphans": 5})
    look = "for s in /proc/[0-9]*/stat; do cut -d' ' -f3 $s; done 2>/dev/null | grep -c Z"
    container.wait_for(lambda: container.run_inside("/bin/bash", "-c", f"{look} || true") == "0")
    assert container.score([1]).json() == [1]


def test_running_out_of_memory_is_told_with_peak_and_limit(run: Callable[..., Running]) -> None:
    container = run(*LOCKED_DOWN, "--memory", "128m", "--memory-swap", "128m").wait_ready()
    answer = container.score({"eat": 400})
    assert (answer.status, answer.json()["code"]) == (502, "worker-died")
    assert "memory ran out" in answer.json()["detail"]
    assert "of a limit of 128 MB" in answer.json()["detail"]
    container.wait_for(lambda: container.score([1]).status == 200)
    died = [event for event in events_from_lines(container.output()[0]) if event.kind == "worker-died"]
    assert "128 MB" in died[0].message


def test_a_variable_of_v1_counts(run: Callable[..., Running]) -> None:
    container = run("--env", "WORKER_COUNT=2").wait_ready()
    client = (PYTHON, "-I", "-m", "modelport.server.control_client", "status")
    assert json.loads(container.run_inside(*client))["ok"]["replicas"] == 2


def test_the_gateway_runs_from_the_same_image(scratch: Scratch, image: str, tmp_path: Path) -> None:
    network = scratch.docker("network", "create", "--label", scratch.label, f"mp-test-{scratch.key}")
    services = [
        Running(scratch, image, ("--network", network, "--name", f"mp-{scratch.key}-{name}")).wait_ready()
        for name in ("old", "new")
    ]
    config = GatewayConfig(f"mp-{scratch.key}-old:5001", "runs", Listen("0.0.0.0", 5001))
    (tmp_path / "gateway.json").write_text(config.to_json())
    tmp_path.chmod(0o755)
    volume = scratch.docker("volume", "create", "--label", scratch.label, f"mp-{scratch.key}")
    words = ("--network", network, "--volume", f"{volume}:/var/lib/modelport", "--label", scratch.label)
    publish = ("--publish", "127.0.0.1::5001", *LOCKED_DOWN[:3], "--entrypoint", PYTHON)
    program = (image, "-I", "-m", "modelport.server.gateway", "/var/lib/modelport/gateway.json")
    gateway = Running.__new__(Running)
    gateway._scratch = scratch
    gateway.id = scratch.docker("create", *words, *publish, *program)
    scratch.docker("cp", tmp_path / "gateway.json", f"{gateway.id}:/var/lib/modelport/gateway.json")
    scratch.docker("start", gateway.id)
    gateway.wait_for(lambda: bool(gateway.output()[0]))
    assert gateway.score([1]).json() == [1]
    client = (PYTHON, "-I", "-m", "modelport.server.control_client")
    answer = json.loads(gateway.run_inside(*client, "switch", f"mp-{scratch.key}-new:5001", "30"))
    assert answer["ok"]["drained"]
    scratch.docker("rm", "--force", services[0].id)
    assert gateway.score([2]).json() == [2]
