"""Starts a contender, waits for its first right answer, weighs it, and ends it with all it started."""

from __future__ import annotations

import contextlib
import http.client
import os
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

START_SECONDS_MAX = 120.0
# One thread for linear algebra: the contenders are compared, not the cores that a matrix product may borrow.
COMMON = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}


@dataclass(frozen=True)
class Answer:
    """What came back: status, body, and how long it took. Status 0: nothing came."""

    status: int
    body: bytes
    seconds: float


def free_port() -> int:
    """A port of loopback that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def ask(
    port: int, path: str, body: bytes | None = None, *, timeout: float = 10.0, kind: str = "application/json"
) -> Answer:
    """One request on its own connection; a refused, broken or late one gives status 0."""
    started = time.perf_counter()
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
    try:
        connection.request("GET" if body is None else "POST", path, body, {"Content-Type": kind})
        response = connection.getresponse()
        return Answer(response.status, response.read(), time.perf_counter() - started)
    except (OSError, http.client.HTTPException):
        return Answer(0, b"", time.perf_counter() - started)
    finally:
        connection.close()


class Running:
    """A started program and its descendants."""

    def __init__(self, command: list[str], environ: Mapping[str, str], log: Path) -> None:
        self._log, self._name = log, command[0]
        self.started = time.perf_counter()
        with log.open("wb") as output:
            self.process = subprocess.Popen(
                command, env={**os.environ, **COMMON, **environ}, cwd=log.parent,
                stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True,
            )  # fmt: skip

    def seconds_to_first_200(self, port: int, path: str, body: bytes, kind: str) -> float:
        """Ask until the first 200, counted from the start; raises RuntimeError with the end of the log."""
        while time.perf_counter() - self.started < START_SECONDS_MAX and self.process.poll() is None:
            if ask(port, path, body, kind=kind).status == 200:
                return time.perf_counter() - self.started
            time.sleep(0.005)
        raise RuntimeError(f"{self._name} did not answer with 200:\n{self.log_tail()}")

    def first_line(self) -> tuple[str, float]:
        """The first whole line of output, and how long after the start it came."""
        while time.perf_counter() - self.started < START_SECONDS_MAX and self.process.poll() is None:
            text = self._log.read_text(errors="replace")
            if "\n" in text:
                return text.partition("\n")[0], time.perf_counter() - self.started
            time.sleep(0.005)
        raise RuntimeError(f"{self._name} printed nothing:\n{self.log_tail()}")

    def log_tail(self) -> str:
        return "\n".join(self._log.read_text(errors="replace").splitlines()[-25:])

    def descendants(self) -> list[int]:
        """The process and all below it."""
        pids = (int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit())
        parents = {pid: int(fields[1]) for pid in pids if (fields := _stat(pid))}
        found = [self.process.pid]
        for pid in found:
            found += [child for child, parent in parents.items() if parent == pid]
        return found

    def pss_bytes(self) -> int:
        """Proportional set size of the whole tree: shared pages are counted once."""
        return sum(_pss_bytes(pid) for pid in self.descendants())

    def stop(self) -> None:
        """Ask it to end, then kill what is left of what was below it."""
        tree = {pid: fields[19] for pid in self.descendants() if (fields := _stat(pid))}
        self.process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(timeout=5)
        for pid, start_ticks in tree.items():
            # The kernel reuses ids: only the same id with the same start time is the same process.
            if (fields := _stat(pid)) and fields[19] == start_ticks:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        self.process.wait()


def _stat(pid: int) -> list[str]:
    """The fields of proc(5)'s stat from the state on, or nothing if the process is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def _pss_bytes(pid: int) -> int:
    try:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    except OSError:
        return 0
    return 0


@contextlib.contextmanager
def scratch_folder() -> Iterator[Path]:
    """An empty folder that is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        yield Path(folder)
