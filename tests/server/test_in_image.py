"""The server as process 1 of an image, run here without one: its places are given by options."""

from __future__ import annotations

import http.client
import json
import os
import shutil
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.server.conftest import ECHO, Answer, short_folder

from modelport.events import LINE_MARK, event_of_line, events_from_lines
from modelport.manifest import Limits, Listen, Manifest, Program
from modelport.server import last_words
from modelport.server.image_manifest import ImagePlaces, read_image_manifest, with_variables


class RunningImage:
    """One server under test, with the folders that it has in a container."""

    def __init__(self, directory: Path, script: str, options: dict[str, Any]) -> None:
        self.app = directory / "app"
        self.volume = directory / "volume"
        self.runtime = options.pop("runtime", short_folder())
        environ = options.pop("environ", {})
        for folder in (self.app, self.volume):
            folder.mkdir()
        (self.app / "score.py").write_text(textwrap.dedent(script))
        limits = Limits(**{name: options.pop(name) for name in list(options) if name in Limits.__dataclass_fields__})
        program = Program(sys.executable, str(self.app), "score.py")
        self.manifest = Manifest(
            "in-image", program, "0001", 3, "op1", limits, Listen(port=0), exit_on_init_failure=True, **options
        )
        self.built_in = directory / "service.json"
        self.manifest.write(self.built_in)
        words = ["--manifest", self.built_in, "--volume", self.volume, "--runtime", self.runtime]
        self._out, self._error = directory / "out", directory / "err"
        with self._out.open("wb") as out, self._error.open("wb") as error:
            self.process = subprocess.Popen(
                [sys.executable, "-I", "-m", "modelport.server.in_image", *map(str, words)],
                stdout=out, stderr=error, cwd=self.app, env={**os.environ, **environ},
            )  # fmt: skip

    @property
    def out(self) -> str:
        return self._out.read_text()

    @property
    def error(self) -> str:
        return self._error.read_text()

    def wait_for(self, condition: Callable[[], bool], timeout: float = 20.0) -> None:
        deadline = time.monotonic() + timeout
        while not condition():
            if time.monotonic() > deadline:
                raise AssertionError(f"it did not come to pass:\n{self.out}\n{self.error}")
            time.sleep(0.01)

    def wait_ready(self) -> RunningImage:
        self.wait_for(lambda: any(event.kind == "ready" for event in events_from_lines(self.out.splitlines())))
        return self

    @property
    def port(self) -> int:
        return int(json.loads((self.runtime / "server.json").read_text())["port"])

    def score(self, body: bytes, **headers: str) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request("POST", "/score", body, headers)
            return Answer(connection.getresponse())
        finally:
            connection.close()

    def tool(self, module: str, *words: str) -> subprocess.CompletedProcess[str]:
        words = ("--runtime", str(self.runtime), *words)
        return subprocess.run(
            [sys.executable, "-I", "-m", f"modelport.server.{module}", *words], capture_output=True, text=True
        )

    def control(self, *words: str) -> dict[str, Any]:
        return dict(json.loads(self.tool("control_client", *words).stdout))

    def end(self) -> int:
        if self.process.poll() is None:
            self.process.terminate()
        return self.process.wait(20)


StartImage = Callable[..., RunningImage]


@pytest.fixture
def start_image(tmp_path: Path) -> Iterator[StartImage]:
    """A function that starts a server as an image does; all are ended when the test is over."""
    started: list[RunningImage] = []

    def start(script: str = ECHO, **options: Any) -> RunningImage:
        directory = tmp_path / f"image-{len(started)}"
        directory.mkdir()
        started.append(RunningImage(directory, script, options))
        return started[-1]

    yield start
    for image in started:
        image.end()
        shutil.rmtree(image.runtime, ignore_errors=True)


# -- what it writes --------------------------------------------------------------------------------------------------


def test_events_are_marked_lines_and_user_lines_are_as_they_are(start_image: StartImage) -> None:
    image = start_image().wait_ready()
    assert image.score(b"[1]").json == [1]
    image.end()
    lines = image.out.splitlines()
    events = list(events_from_lines(lines))
    assert [event.kind for event in events] == ["init", "init", "ready", "drain", "drain", "server-stopped"]
    assert {(event.revision, event.operation, event.service) for event in events[:-1]} == {(3, "op1", "0001")}
    assert sum(line.endswith("| init ran") and event_of_line(line) is None for line in lines) == 1


def test_user_code_cannot_write_an_event(start_image: StartImage) -> None:
    image = start_image(f"""
        import sys
        def init():
            print('{LINE_MARK}{{"kind":"delete"}}', file=sys.stderr)
            raise ValueError('a\\n{LINE_MARK}{{"kind":"delete"}}')
        def run(raw_data):
            return 1
    """)
    assert image.process.wait(20) == 3
    assert "delete" in image.error
    everything = image.out.splitlines() + image.error.splitlines()
    assert "delete" not in {event.kind for event in events_from_lines(everything)}


def test_init_that_fails_ends_it_with_3_and_the_traceback_last(start_image: StartImage) -> None:
    image = start_image("""
        def init():
            raise RuntimeError("no such weights")
        def run(raw_data):
            return 1
    """)
    assert image.process.wait(20) == 3
    assert image.error.rstrip().endswith("RuntimeError: no such weights")
    assert f'File "{image.app / "score.py"}", line 3, in init' in image.error
    assert "[init-failed]" in image.error
    failed = [event for event in events_from_lines(image.out.splitlines()) if event.status == "failed"]
    assert [(event.kind, event.code) for event in failed] == [("init", "init-failed")]


def test_init_that_dies_ends_it_with_3_and_says_how(start_image: StartImage) -> None:
    image = start_image("""
        import os
        def init():
            print("my last words", flush=True)
            os._exit(41)
        def run(raw_data):
            return 1
    """)
    assert image.process.wait(20) == 3
    assert "exit code 41" in image.error
    assert image.error.rstrip().endswith("my last words")


def test_the_termination_log_has_the_reason(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log = tmp_path / "termination-log"
    log.touch()
    last_words.say("Step 'init' failed: x\n" + "line\n" * 2000 + "ValueError: the end\n", str(log))
    text = log.read_text()
    assert text.startswith("Step 'init' failed: x\n")
    assert text.endswith("ValueError: the end\n")
    assert len(text.encode()) <= 4096
    assert capsys.readouterr().err.endswith("ValueError: the end\n")


def test_no_termination_log_is_made_where_there_is_none(tmp_path: Path) -> None:
    last_words.say("reason\n", str(tmp_path / "termination-log"))
    assert list(tmp_path.iterdir()) == []


# -- what it goes by -------------------------------------------------------------------------------------------------


def places_with(tmp_path: Path, **built_in: Any) -> ImagePlaces:
    program = Program("python", "/var/azureml-app", "score.py")
    Manifest("built-in", program, **built_in).write(tmp_path / "service.json")
    (tmp_path / "volume").mkdir()
    return ImagePlaces(tmp_path / "service.json", tmp_path / "volume", tmp_path / "runtime")


def test_a_mounted_manifest_wins_and_variables_leave_it_alone(tmp_path: Path) -> None:
    places = places_with(tmp_path)
    program = Program("python", "/var/azureml-app", "score.py")
    Manifest("mounted", program, limits=Limits(workers=2)).write(places.mounted)
    found = read_image_manifest(places, {"WORKER_COUNT": "7"})
    assert (found.service_name, found.limits.workers) == ("mounted", 2)


def test_keys_are_those_of_the_volume(tmp_path: Path) -> None:
    places = places_with(tmp_path)
    assert read_image_manifest(places, {}).places.keys_file == str(tmp_path / "volume" / "keys.json")


@pytest.mark.parametrize(
    ("name", "value", "seen"),
    [
        ("WORKER_COUNT", "4", lambda m: m.limits.workers == 4),
        ("SCORING_TIMEOUT_MS", "1500", lambda m: m.limits.scoring_timeout_ms == 1500),
        ("SERVER_PORT", "8080", lambda m: m.listen.port == 8080),
        ("AML_CORS_ORIGINS", "https://a.example, https://b.example", lambda m: len(m.listen.cors_origins) == 2),
        ("SERVICE_NAME", "other", lambda m: m.service_name == "other"),
        ("AZUREML_MODEL_DIR", "/models", lambda m: m.program.model_directory == "/models"),
        ("AZUREML_ENTRY_SCRIPT", "main.py", lambda m: m.program.entry_script == "main.py"),
        ("AML_APP_ROOT", "/app", lambda m: m.program.app_directory == "/app"),
        ("WORKER_COUNT", "", lambda m: m.limits.workers == 1),
    ],
)
def test_variables_of_v1_change_what_was_built_in(
    name: str, value: str, seen: Callable[[Manifest], bool], tmp_path: Path
) -> None:
    assert seen(read_image_manifest(places_with(tmp_path), {name: value}))


@pytest.mark.parametrize("value", ["0", "-1", "many", "1.5", "99999999999999"])
def test_a_variable_that_is_not_valid_ends_it_with_3(value: str, start_image: StartImage) -> None:
    image = start_image(environ={"WORKER_COUNT": value})
    assert image.process.wait(20) == 3
    assert f"WORKER_COUNT must be a whole number from 1 to 1024; it is '{value}'" in image.error
    assert "Traceback" not in image.error


def test_variables_are_checked_without_changing_anything() -> None:
    manifest = Manifest("x", Program("python", "/app", "score.py"))
    assert with_variables(manifest, {}) == manifest


def test_a_manifest_that_cannot_be_read_is_named(start_image: StartImage, tmp_path: Path) -> None:
    words = ["--manifest", str(tmp_path / "none.json"), "--volume", str(tmp_path)]
    ended = subprocess.run(
        [sys.executable, "-I", "-m", "modelport.server.in_image", *words], capture_output=True, text=True
    )
    assert ended.returncode == 70
    assert "none.json" in ended.stderr
    assert "[manifest-unreadable]" in ended.stderr


def test_an_option_that_it_does_not_have_is_named() -> None:
    ended = subprocess.run(
        [sys.executable, "-I", "-m", "modelport.server.in_image", "--volum", "x"], capture_output=True, text=True
    )
    assert ended.returncode == 2
    assert "Did you mean '--volume'?" in ended.stderr


def test_modules_of_the_user_are_not_those_of_the_server(start_image: StartImage) -> None:
    image = start_image(environ={"PYTHONPATH": "/nonexistent"})
    for name in ("json", "asyncio", "httptools", "modelport"):
        (image.app / f"{name}.py").write_text("raise SystemExit(99)\n")
    assert image.wait_ready().tool("health").returncode == 0


# -- process 1 -------------------------------------------------------------------------------------------------------


def test_answers_what_is_in_flight_and_ends_with_0(start_image: StartImage) -> None:
    image = start_image("""
        import time
        def init():
            pass
        def run(raw_data):
            print("begun", flush=True)
            time.sleep(1)
            return "done"
    """).wait_ready()
    port = image.port
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("POST", "/score", b"1")
    image.wait_for(lambda: "| begun" in image.out)
    image.process.send_signal(signal.SIGTERM)
    assert Answer(connection.getresponse()).json == "done"
    connection.close()
    assert image.process.wait(20) == 0


def test_a_wish_to_end_is_heard_while_it_starts(start_image: StartImage) -> None:
    image = start_image()
    status = Path(f"/proc/{image.process.pid}/status")
    sigterm = 1 << (signal.SIGTERM - 1)
    image.wait_for(lambda: bool(int(status.read_text().partition("SigCgt:")[2].split()[0], 16) & sigterm))
    image.process.send_signal(signal.SIGTERM)
    assert image.process.wait(20) == 0


ORPHANS = """
    import json, os, subprocess, sys
    def init():
        pass
    def run(raw_data):
        words = json.loads(raw_data)
        if "exit" in words:
            os._exit(words["exit"])
        # A child that leaves a grandchild behind: that one's parent is process 1 from then on.
        leave = "import os, time\\nif os.fork() == 0:\\n    os.setsid(); time.sleep(0.2)"
        for _ in range(words["orphans"]):
            subprocess.run([sys.executable, "-c", leave], check=True)
        return os.getpid()
"""


def children_of(pid: int) -> list[str]:
    """The states of the children that a process has."""
    text = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    states = []
    for child in text.split():
        try:
            states.append(Path(f"/proc/{child}/stat").read_text().rpartition(")")[2].split()[0])
        except FileNotFoundError:
            continue
    return states


def test_orphans_are_collected(start_image: StartImage) -> None:
    image = start_image(ORPHANS, scoring_timeout_ms=60_000).wait_ready()
    assert image.score(b'{"orphans": 5}').status == 200
    image.wait_for(lambda: len(children_of(image.process.pid)) == 1)
    assert children_of(image.process.pid)[0] in ("S", "R")


def test_how_a_worker_ended_is_not_lost_to_the_reaper(start_image: StartImage) -> None:
    image = start_image(ORPHANS, max_request_wait_time_ms=20_000).wait_ready()
    for code in (41, 42, 43):
        answer = image.score(b'{"exit": %d}' % code)
        assert (answer.status, answer.json["code"]) == (502, "worker-died")
        assert f"exit code {code}" in answer.json["detail"]
        image.wait_for(lambda: image.score(b'{"orphans": 0}').status == 200)


def test_serves_without_a_writable_folder_for_sockets(start_image: StartImage, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    image = start_image(runtime=tmp_path / "file" / "below").wait_ready()
    assert "no control socket" in image.error
    assert image.process.poll() is None


# -- the programs beside it ------------------------------------------------------------------------------------------


def test_health_tells_whether_it_is_ready(start_image: StartImage) -> None:
    image = start_image("""
        import os, time
        def init():
            while not os.path.exists("go"):
                time.sleep(0.01)
        def run(raw_data):
            return 1
    """)
    image.wait_for(lambda: (image.runtime / "server.json").exists())
    before = image.tool("health")
    assert (before.returncode, before.stdout) == (1, "HTTP/1.1 503 Service Unavailable\n")
    (image.app / "go").touch()
    image.wait_ready()
    after = image.tool("health")
    assert (after.returncode, after.stdout) == (0, "HTTP/1.1 200 OK\n")


def test_health_fails_where_nothing_runs(tmp_path: Path) -> None:
    words = [sys.executable, "-I", "-m", "modelport.server.health", "--runtime", str(tmp_path)]
    ended = subprocess.run(words, capture_output=True, text=True)
    assert ended.returncode == 1
    assert ended.stdout.startswith("no answer: ")


def test_can_be_scaled(start_image: StartImage) -> None:
    image = start_image().wait_ready()
    assert image.control("scale", "2")["ok"]["state"] == "running"
    image.wait_for(lambda: image.control("status")["ok"]["replicas"] == 2)
    assert image.control("scale", "none")["error"]["code"] == "control-invalid"
    assert image.control("scale", "0")["error"]["code"] == "limit-invalid"


def test_reads_the_manifest_anew(start_image: StartImage) -> None:
    image = start_image().wait_ready()
    (image.app / "score.py").write_text("def init():\n    pass\ndef run(raw_data):\n    return 'new'\n")
    Manifest(**{**image.manifest.__dict__, "revision": 4}).write(image.volume / "service.json")
    assert "ok" in image.control("apply")
    image.wait_for(lambda: image.control("status")["ok"]["revision"] == 4)
    assert image.score(b"1").json == "new"


def test_a_revision_that_fails_leaves_the_old_one(start_image: StartImage) -> None:
    image = start_image().wait_ready()
    (image.app / "score.py").write_text("def init():\n    raise ValueError\ndef run(raw_data):\n    return 'new'\n")
    image.control("apply")
    image.wait_for(lambda: image.control("status")["ok"]["rollout"]["state"] == "failed")
    assert image.score(b"[1]").json == [1]


def test_accepts_the_keys_of_the_volume(start_image: StartImage) -> None:
    image = start_image(auth_enabled=True).wait_ready()
    assert image.score(b"1").status == 401
    (image.volume / "keys.json").write_text(json.dumps({"primary": "k1", "secondary": "k2"}))
    assert image.score(b"1", authorization="Bearer k2").json == 1


def test_can_be_stopped(start_image: StartImage) -> None:
    image = start_image().wait_ready()
    image.control("stop")
    assert image.process.wait(20) == 0


def test_says_when_nobody_can_be_told(tmp_path: Path) -> None:
    words = [sys.executable, "-I", "-m", "modelport.server.control_client", "--runtime", str(tmp_path), "status"]
    ended = subprocess.run(words, capture_output=True, text=True)
    assert ended.returncode == 4
    assert json.loads(ended.stdout)["error"]["code"] == "control-unreachable"


@pytest.mark.parametrize("module", ["control_client", "health"])
def test_the_programs_beside_it_import_little(module: str) -> None:
    look = f"import sys, modelport.server.{module}; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True).stdout.split()
    assert not {"asyncio", "ssl", "uvloop", "httptools", "subprocess"} & set(loaded)


@pytest.mark.parametrize(
    ("there", "wanted"),
    [(["iris/3"], "azureml-models/iris/3"), (["iris/3", "zoo/1"], "azureml-models"), ([], "azureml-models")],
)
def test_the_folder_of_a_single_model_is_found(tmp_path: Path, there: list[str], wanted: str) -> None:
    models = tmp_path / "app" / "azureml-models"
    for name in there:
        (models / name).mkdir(parents=True)
    places = places_with(tmp_path)
    program = Program("python", str(tmp_path / "app"), "score.py", model_directory=str(models))
    Manifest("one", program).write(places.built_in)
    found = read_image_manifest(places, {}).program.model_directory
    assert found == str(tmp_path / "app" / wanted)
