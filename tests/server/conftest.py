"""Real replicas for tests: a server process with its workers, started from a manifest and ended without a trace."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from modelport.events import EventRecord
from modelport.manifest import Limits, Listen, Manifest, Places, Program

ECHO = """
    import json
    def init():
        print("init ran")
    def run(raw_data):
        return json.loads(raw_data)
"""


def short_folder() -> Path:
    """The path of a new folder for sockets, whose paths have 108 bytes: pytest's own are too long. Whoever uses it
    removes it."""
    return Path(f"/tmp/mp-{os.getpid()}-{os.urandom(4).hex()}")


class Answer:
    """An HTTP answer read whole."""

    def __init__(self, response: http.client.HTTPResponse) -> None:
        self.status = response.status
        self.headers = {name.lower(): value for name, value in response.getheaders()}
        self.body = response.read()

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Asked:
    """What listens on a port of loopback and is asked by HTTP."""

    port: int

    def ask(self, method: str, path: str, body: Any = None, timeout: float = 30.0, **headers: str) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            words = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request(method, path, body, words)
            return Answer(connection.getresponse())
        finally:
            connection.close()

    def raw(self, data: bytes, timeout: float = 10.0) -> bytes:
        """Send bytes as they are, and read until the other side closes or nothing more comes."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=timeout) as connection:
            connection.sendall(data)
            received = b""
            try:
                while part := connection.recv(65536):
                    received += part
            except TimeoutError:
                received += b"<open>"
            except ConnectionError:
                received += b"<reset>"
            return received


class RunningReplica(Asked):
    """One replica under test."""

    def __init__(self, directory: Path, manifest: Manifest) -> None:
        self.directory = directory
        self.manifest = manifest
        self.manifest_path = directory / "service.json"
        manifest.write(self.manifest_path)
        self.script = Path(manifest.program.app_directory) / manifest.program.entry_script
        with (directory / "server.out").open("wb") as out:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "modelport.server", str(self.manifest_path)], stdout=out, stderr=out
            )
        self.port = int(self.identity()["port"])

    def identity(self, timeout: float = 10.0) -> dict[str, Any]:
        deadline = time.monotonic() + timeout
        path = self.directory / "server.json"
        while not path.exists():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise AssertionError("the server did not start:\n" + (self.directory / "server.out").read_text())
            time.sleep(0.005)
        return dict(json.loads(path.read_text()))

    def score(self, value: Any, **headers: str) -> Answer:
        headers.setdefault("content_type", "application/json")
        return self.ask("POST", "/score", json.dumps(value).encode(), **headers)

    def control(self, **command: Any) -> dict[str, Any]:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(10)
            connection.connect(str(Path(self.manifest.places.runtime_directory) / "control.sock"))
            connection.sendall(json.dumps(command).encode() + b"\n")
            return dict(json.loads(connection.makefile().readline()))

    def status(self) -> dict[str, Any]:
        return dict(self.control(command="status")["ok"])

    def wait_for(self, condition: Callable[[], bool], timeout: float = 10.0) -> None:
        deadline = time.monotonic() + timeout
        while not condition():
            if time.monotonic() > deadline:
                raise AssertionError(f"it did not come to pass within {timeout} s; the log:\n{self.log()}")
            time.sleep(0.01)

    def wait_ready(self, timeout: float = 15.0) -> RunningReplica:
        self.wait_for(lambda: self.ask("GET", "/readyz").status == 200, timeout)
        return self

    def apply(self, **changes: Any) -> dict[str, Any]:
        """Hand over a new revision; `changes` replace fields of the manifest."""
        self.manifest = Manifest(**{**self.manifest.__dict__, "revision": self.manifest.revision + 1, **changes})
        self.manifest.write(self.manifest_path)
        return self.control(command="apply", manifest=str(self.manifest_path))

    def settle(self) -> None:
        """Wait until what has happened is written down: only then does the control socket answer."""
        if self.process.poll() is None:
            with contextlib.suppress(OSError, ValueError):  # it is about to end
                self.status()

    def log(self) -> str:
        self.settle()
        return Path(self.manifest.places.log_file).read_text() + (self.directory / "server.out").read_text()

    def events(self) -> list[Any]:
        self.settle()
        return list(EventRecord(self.directory).read())

    def end(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(5)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        shutil.rmtree(self.manifest.places.runtime_directory, ignore_errors=True)


StartReplica = Callable[..., RunningReplica]


@pytest.fixture
def start_replica(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[StartReplica]:
    """A function that starts a replica of a script; all are ended when the test is over."""
    started: list[RunningReplica] = []

    def start(script: str = ECHO, *, python: str = sys.executable, wait: bool = True, **options: Any) -> RunningReplica:
        directory = tmp_path / f"replica-{len(started)}"
        app = directory / "app"
        app.mkdir(parents=True)
        (app / "score.py").write_text(textwrap.dedent(script))
        limits = Limits(**{name: options.pop(name) for name in list(options) if name in Limits.__dataclass_fields__})
        log = Path(options.pop("log_file", directory / "service.log"))
        log.touch()
        places = Places(str(directory), str(short_folder()), options.pop("keys_file", ""), str(log))
        listen = Listen(port=options.pop("port", 0), cors_origins=tuple(options.pop("cors_origins", ())))
        program = Program(python, str(app), "score.py", **options.pop("program", {}))
        manifest = Manifest("under-test", program, "0001", 1, "op1", limits, listen, places, **options)
        replica = RunningReplica(directory, manifest)
        started.append(replica)
        return replica.wait_ready() if wait else replica

    yield start
    for replica in started:
        replica.end()
