"""A real gateway for tests: its process, its control socket, and backends that misbehave as told."""

from __future__ import annotations

import json
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.server.conftest import Asked, short_folder

from modelport.server.control_client import ask
from modelport.server.gateway_config import GatewayConfig


class RunningGateway(Asked):
    """One gateway under test."""

    def __init__(self, directory: Path, config: GatewayConfig) -> None:
        self.runtime = short_folder()
        self.config_file = directory / f"{self.runtime.name}.json"
        self.config_file.write_text(config.to_json())
        self.output = directory / f"{self.runtime.name}.out"
        words = ["-m", "modelport.server.gateway", str(self.config_file), "--runtime", str(self.runtime)]
        with self.output.open("wb") as out:
            self.process = subprocess.Popen([sys.executable, *words], stdout=out, stderr=out)
        self.port = self._find_port()

    def _find_port(self) -> int:
        deadline = time.monotonic() + 15
        while not (self.runtime / "server.json").exists():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise AssertionError("the gateway did not start:\n" + self.output.read_text())
            time.sleep(0.005)
        return int(json.loads((self.runtime / "server.json").read_text())["port"])

    def control(self, **words: Any) -> dict[str, Any]:
        return ask(self.runtime, words)

    def status(self) -> dict[str, Any]:
        return dict(self.control(command="status")["ok"])

    def switch(self, port: int, wait_seconds: float = 0) -> dict[str, Any]:
        words = {"command": "switch", "backend": f"127.0.0.1:{port}", "wait_seconds": wait_seconds}
        return dict(ask(self.runtime, words)["ok"])

    def wait_for(self, condition: Callable[[], bool], timeout: float = 15.0) -> None:
        deadline = time.monotonic() + timeout
        while not condition():
            if time.monotonic() > deadline:
                raise AssertionError(f"it did not come to pass; the gateway says {self.status()}")
            time.sleep(0.01)

    def memory_bytes(self) -> int:
        """What of it lies in memory now."""
        lines = Path(f"/proc/{self.process.pid}/status").read_text().splitlines()
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))

    def end(self) -> int:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        shutil.rmtree(self.runtime, ignore_errors=True)
        return self.process.returncode


class ScriptedBackend:
    """A server that does to each connection what a function says: what a decent one never does."""

    def __init__(self, behave: Callable[[socket.socket, int], None]) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self.accepted = 0
        self._behave = behave
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.accepted += 1
            threading.Thread(target=self._serve, args=(connection, self.accepted), daemon=True).start()

    def _serve(self, connection: socket.socket, number: int) -> None:
        with connection:
            connection.settimeout(20)
            try:
                self._behave(connection, number)
            except OSError:
                return

    def close(self) -> None:
        self._listener.close()


def read_head(connection: socket.socket) -> bytes:
    """One head of a request, and whatever came with it."""
    received = b""
    while b"\r\n\r\n" not in received:
        part = connection.recv(65536)
        if not part:
            return received
        received += part
    return received
