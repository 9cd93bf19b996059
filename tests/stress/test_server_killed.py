"""kill -9 of the server itself, under load, at any moment: no orphan, the truth at once, and `service start` mends it.

One round in the short form; in the long one many, at moments that the seed chooses: while it only serves, in the
middle of an update, of a reload and of the server's own start, the server alone, with its workers, with its group.
Then at every fault point of the server's own life, which tracing finds: from each `service start` must succeed.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import urllib3
from tests.conftest import Need, kill_servers
from tests.stress.conftest import Size
from tests.stress.fault_home import SUBJECT, FaultHome
from tests.stress.fault_points import KILLED_AT, Program, killed_at, points_of, strace_is_there, table

from modelport import process_table
from modelport.process_table import ProcessIdentity
from modelport.targets import local_control

NAME = "subject"
KEY = "a-key-of-the-test"
SCRIPT = """
import subprocess, time
def init():
    time.sleep(0.1)
    subprocess.Popen(["sleep", "600"])
def run(data):
    time.sleep(0.005)
    return {answer!r}
"""
ANSWERS = ("one", "two")
MOMENTS = ("serving", "update", "reload", "start", "start of a start")
VICTIMS = ("server", "server and a worker", "server and its workers", "group", "server and starter")
PATIENCE_SECONDS = 15.0

pytestmark = pytest.mark.timeout(3600)


@dataclass
class House:
    """A home with one service, driven by the command line alone."""

    home: Path
    runtime: Path
    work: Path

    @property
    def environ(self) -> dict[str, str]:
        return {**os.environ, "MODELPORT_HOME": str(self.home), "MODELPORT_RUNTIME_DIR": str(self.runtime)}

    def begin(self, *words: str) -> subprocess.Popen[str]:
        output = tempfile.TemporaryFile("w+", dir=self.work)  # noqa: SIM115 - it lives as long as the program
        child = subprocess.Popen(
            [sys.executable, "-m", "modelport", *words], env=self.environ, cwd=self.work,
            stdin=subprocess.DEVNULL, stdout=output, stderr=output, text=True,
        )  # fmt: skip
        child.stdout = output
        return child

    def end(self, child: subprocess.Popen[str]) -> tuple[int, str]:
        child.wait(60)
        assert child.stdout is not None
        with child.stdout as output:
            output.seek(0)
            return child.returncode, output.read()

    def run(self, *words: str) -> str:
        code, said = self.end(self.begin(*words))
        if code:
            raise AssertionError(f"modelport {' '.join(words)} ended with {code}: {said}")
        return said

    def json(self, *words: str) -> Any:
        return json.loads(self.run(*words, "--output", "json"))

    @property
    def directory(self) -> Path:
        return next(path for path in self.home.glob("workspaces/*/services/[!.]*") if path.is_dir())

    def server(self) -> ProcessIdentity | None:
        try:
            words = json.loads((self.directory / "server.json").read_text())
        except (OSError, ValueError, StopIteration):
            return None
        found = ProcessIdentity(words["pid"], words["start_ticks"])
        return found if found.is_alive() else None

    def processes(self) -> dict[int, tuple[int, str]]:
        """Whatever runs in the folder of the service: id → (parent, words)."""
        found = {}
        for entry in Path("/proc").glob("[0-9]*"):
            try:
                folder = str((entry / "cwd").readlink())
                words = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
                stat = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if folder.startswith(str(self.home / "workspaces")) and stat[0] not in "ZX":
                found[int(entry.name)] = (int(stat[1]), words)
        return found

    def workers(self) -> list[int]:
        return [pid for pid, (_, words) in self.processes().items() if "worker/__main__.py" in words]


class Load:
    """Clients that never stop asking; what is no answer at all is allowed only while the server is dead."""

    def __init__(self, port: int) -> None:
        self._uri = f"http://127.0.0.1:{port}/score"
        self._over = threading.Event()
        self._threads = [threading.Thread(target=self._work, daemon=True) for _ in range(2)]
        self.answers = 0
        self.strange: list[str] = []

    def _work(self) -> None:
        headers = {"Authorization": f"Bearer {KEY}"}
        with urllib3.PoolManager(retries=False, headers=headers) as pool:
            while not self._over.wait(0.015):
                try:
                    answer = pool.request("POST", self._uri, body=b"1", timeout=10)
                except urllib3.exceptions.HTTPError:
                    continue
                if answer.status == 200 and answer.json() in ANSWERS:
                    self.answers += 1
                elif answer.status not in (502, 503):
                    self.strange.append(f"{answer.status} {answer.data!r}")

    def __enter__(self) -> Load:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    runtime = Path(tempfile.mkdtemp(prefix="mpk-"))
    made = House(tmp_path / "home", runtime, tmp_path)
    (tmp_path / "keep.bin").write_bytes(b"keep me")
    for answer in ANSWERS:
        (tmp_path / f"{answer}.py").write_text(SCRIPT.format(answer=answer))
    made.run("model", "register", "-n", "keep", "keep.bin")
    yield made
    kill_servers(made.home)
    for pid in made.processes():
        os.kill(pid, signal.SIGKILL)
    shutil.rmtree(runtime, ignore_errors=True)


def deploy(house: House) -> None:
    house.run("deploy", NAME, "-e", "one.py", "-m", "keep:1", "--replicas", "2", "--auth")
    program = "import sys; from modelport import Workspace, Webservice; w = Webservice(Workspace.get('default'), "
    program += f"'{NAME}'); w.regen_key('Primary', set_key='{KEY}')"
    subprocess.run([sys.executable, "-c", program], env=house.environ, check=True, timeout=60)


def wait_until(condition: Any, what: str) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"{what}: not within {PATIENCE_SECONDS:g} s")
        time.sleep(0.01)


def strike(house: House, victims: str, starter: subprocess.Popen[str] | None, chance: random.Random) -> None:
    """Kill as the name of the victims says; a server that is not there yet is not waited for."""
    server = house.server()
    pids = [server.pid] if server else [p for p, (_, words) in house.processes().items() if "modelport.server" in words]
    workers = house.workers()
    if victims == "server and a worker" and workers:
        pids.insert(chance.randint(0, 1), chance.choice(workers))
    elif victims == "server and its workers":
        pids += workers
    elif victims == "server and starter" and starter is not None:
        pids.insert(0, starter.pid)
    for pid in pids:
        try:
            (os.killpg if victims == "group" and server else os.kill)(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue
    if server:
        process_table.wait_until_gone(server, timeout_seconds=PATIENCE_SECONDS)


def bring_to(house: House, moment: str, chance: random.Random) -> subprocess.Popen[str] | None:
    """Begin what the server is to be killed in the middle of, and wait until some moment in it."""
    commands = {
        "update": ("service", "update", NAME, "-e", f"{chance.choice(ANSWERS)}.py"),
        "reload": ("service", "reload", NAME),
        "start": ("service", "start", NAME),
    }
    if moment == "serving":
        time.sleep(chance.random() / 2)
        return None
    if moment.startswith("start"):
        strike(house, "server", None, chance)
    begun = house.begin(*commands["start" if moment == "start of a start" else moment])
    if moment == "start of a start":  # the first moments of the server's process, whenever that comes
        wait_until(
            lambda: begun.poll() is not None or any("modelport.server" in w for _, w in house.processes().values()),
            "a server",
        )
        time.sleep(chance.random() * 0.3)
    else:
        time.sleep(0.3 + chance.random() * 0.6)
    return begun


def one_round(house: House, moment: str, victims: str, chance: random.Random) -> str:
    before = house.json("service", "show", NAME)
    begun = bring_to(house, moment, chance)
    strike(house, victims, begun, chance)
    said = ""
    if begun is not None:
        code, said = house.end(begun)
        said = f"{code} {said.strip().splitlines()[-1:]}"
        if "internal-error" in said or "Traceback" in said:
            raise AssertionError(f"the command that was under way said: {said}")
    if house.server() is None:  # else it was killed before it had become the server, and another was started
        wait_until(lambda: not house.workers(), "the workers end")
        seen = house.json("service", "show", NAME)
        listed = house.json("service", "list")[0]
        told = f"{seen['reason']}: {seen['message']}"
        if seen["state"] != "failed" or listed["state"] != "failed" or seen["reason"] != "ServerKilled":
            raise AssertionError(f"show says {seen['state']} ({told}), list {listed['state']}")
        if "signal 9" not in told or f"modelport service start {NAME}" not in told:
            raise AssertionError(f"show says only: {told}")
    house.run("service", "start", NAME)
    after = house.json("service", "show", NAME)
    for key in ("id", "port", "auth_enabled", "models", "replicas"):
        if after[key] != before[key]:
            raise AssertionError(f"{key} was {before[key]!r} and is {after[key]!r}")
    if after["state"] != "running" or house.json("service", "keys", NAME)["primary"] != KEY:
        raise AssertionError(f"after the start: {after}")
    if house.json("service", "run", NAME, "--data", "1") not in ANSWERS:
        raise AssertionError("a wrong answer")
    strangers = {pid: words for pid, (parent, words) in house.processes().items() if parent == 1 and "sleep" in words}
    if strangers:
        raise AssertionError(f"programs of dead workers run on: {strangers}")
    if len(house.workers()) != 2:
        raise AssertionError(f"{len(house.workers())} workers")
    house.run("fsck")
    return said


def test_a_killed_server_is_told_at_once_and_brought_back_whole(house: House, size: Size) -> None:
    chance = random.Random(size.seed)
    deploy(house)
    models = house.json("model", "list")
    plan = [(moment, victims) for moment in MOMENTS for victims in VICTIMS] * 2 if size.long else [("update", "server")]
    wrong = []
    with Load(house.json("service", "show", NAME)["port"]) as load:
        for number, (moment, victims) in enumerate(plan):
            answers = load.answers
            try:
                said = one_round(house, moment, victims, chance)
                wait_until(lambda answers=answers: load.answers > answers + 20, "the crowd is answered")
            except AssertionError as error:
                wrong.append(f"{number} {moment}, {victims}: {error}")
                said = str(error)
            print(f"{number}: {moment}, {victims}: {said}", flush=True)
    assert not wrong, "\n".join(wrong)
    assert load.strange == []
    assert house.json("model", "list") == models


# -- the server's own fault points -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class ServerProgram(Program):
    """The server process itself, from its first call to its last: it is told to end as soon as it serves."""

    manifest: Path = Path()
    control: Path = Path()

    def run(self, *tracer: str) -> subprocess.CompletedProcess[str]:
        words = [*tracer, sys.executable, "-B", "-m", "modelport.server", str(self.manifest)]
        with subprocess.Popen(
            words, env={**os.environ, **self.environ}, cwd=self.directory, stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        ) as child:  # fmt: skip
            while child.poll() is None:
                status = local_control.status(self.control)
                if status.get("state") == "ready":
                    os.kill(status["pid"], signal.SIGTERM)
                    child.wait(PATIENCE_SECONDS)
                time.sleep(0.02)
            return subprocess.CompletedProcess(words, child.returncode, "", "")


@pytest.fixture
def faults(need: Need) -> Iterator[FaultHome]:
    need("strace", strace_is_there(), "apt-get install strace, as a user who may trace (ptrace)")
    place = Path(tempfile.mkdtemp(prefix="mpk-"))  # home and sockets in one short place: both are watched
    (place / "work").mkdir()
    made = FaultHome(place / "home", place / "run", place / "work")
    made.furnish()
    yield made
    kill_servers(made.home)
    shutil.rmtree(place, ignore_errors=True)


def test_server_killed_at_any_point_of_its_life_can_be_started(faults: FaultHome, size: Size) -> None:
    faults.deploy_subject()
    for verb in (faults.services.stop, faults.services.start, faults.services.stop):
        verb(SUBJECT)  # now its manifest has its port
    service = faults.services.get(SUBJECT)
    directory = faults.workspace.directory / "services" / service.id
    control = faults.runtime / service.id / "control.sock"
    manifest = directory / "revisions" / "1" / "service.json"
    server = ServerProgram((), faults.environ, faults.work, True, manifest, control)
    points = points_of(server, faults.home.parent, (*KILLED_AT, "bind", "utimensat"))
    print(f"fault points: {table(points)}")
    # How often the loop wakes itself by a write varies, so that the number of a write means another one each time, or
    # none: in the short form the others alone.
    steady = [point for point in points if point.call != "write"]
    chosen = points if size.long else sorted(random.Random(size.seed).sample(steady, 2), key=steady.index)
    wrong, missed = [], 0
    for point in chosen:
        reached = killed_at(point, server)
        missed += not reached
        found: list[str] = []
        started = faults.program("service", "start", SUBJECT).run()
        if started.returncode:
            found.append(f"start: {started.stderr}")
        elif faults.services.run(SUBJECT, b"1").body != b'"one"':
            found.append("a wrong answer")
        elif faults.services.get(SUBJECT).port != service.port:
            found.append("another port")
        faults.services.stop(SUBJECT)
        found += faults.damage()
        outcome = "; ".join(found) or ("survived" if reached else "not reached")
        print(f"{point} {point.detail[:100]}: {outcome}", flush=True)
        wrong += [f"{point} {point.detail[:160]}: {each}" for each in found]
    print(f"killed at {len(chosen) - missed} points of {len(chosen)}, {len(wrong)} complaints")
    assert missed <= len(chosen) // 5, f"{missed} points were not reached"
    assert not wrong, "\n".join(wrong)
