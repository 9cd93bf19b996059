"""Kills the server itself under load: how soon do its workers end, is it told, and how soon does `start` answer?"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from benchmarks.contenders.core import modelport_program
from benchmarks.load import Target
from benchmarks.open_loop import Arrival, open_loop
from benchmarks.processes import ask, free_port, scratch_folder
from benchmarks.update import own_home
from benchmarks.workloads import TROUBLE

NAME = "killed"
WORKERS = 3
PER_SECOND = 100
SERVER_KILLS = 5
SECONDS_OF_EACH = 8.0
RUN_BODY = b'{"data": [[0.015]]}'  # half of the three workers' time
PATIENCE_SECONDS = 30.0


@dataclass(frozen=True)
class ServerKill:
    """One kill: seconds until no worker was left; whether `service show`, asked at once, named signal and command;
    seconds from `service start` to the first 200; requests that failed from then on."""

    workers_gone_seconds: float
    told: bool
    answering_seconds: float
    failed_afterwards: int


@dataclass(frozen=True)
class ServerKills:
    """All kills, and what `service start` takes until the first 200 after an ordinary stop, while nobody asks."""

    kills: tuple[ServerKill, ...]
    unasked_seconds: float

    @property
    def slowest_over_unasked(self) -> float:
        """The longest return under load, without what a start takes anyway."""
        return max(kill.answering_seconds for kill in self.kills) - self.unasked_seconds


def server_kills(count: int = SERVER_KILLS) -> ServerKills:
    """Three workers, 100 requests a second all the time; the server is killed with signal 9 and started again."""
    with scratch_folder() as scratch, own_home():
        shutil.copy(TROUBLE, scratch / "score.py")
        target = Target(free_port(), "/score", RUN_BODY)
        words = ("-e", "score.py", "--port", str(target.port), "--replicas", str(WORKERS))
        _command(scratch, "deploy", NAME, *words)
        try:
            unasked = []
            for _ in range(3):
                _command(scratch, "service", "stop", NAME)
                unasked.append(_start(scratch, target))
            return ServerKills(tuple(_kill(scratch, target) for _ in range(count)), median(unasked))
        finally:
            _command(scratch, "service", "delete", NAME)


def _kill(scratch: Path, target: Target) -> ServerKill:
    arrivals: list[Arrival] = []
    began = time.monotonic()
    crowd = threading.Thread(target=lambda: arrivals.extend(open_loop(target, PER_SECOND, SECONDS_OF_EACH)))
    crowd.start()
    time.sleep(1.0)
    server, workers = _processes()
    os.kill(server, signal.SIGKILL)
    gone = _seconds_until_gone(workers)
    message = json.loads(_command(scratch, "service", "show", NAME, "--output", "json"))["message"]
    answering = _start(scratch, target)
    answers_from = time.monotonic() - began
    crowd.join()
    failed = sum(each.status != 200 for each in arrivals if each.due_seconds > answers_from)
    return ServerKill(gone, "signal 9" in message and f"service start {NAME}" in message, answering, failed)


def _start(scratch: Path, target: Target) -> float:
    """Seconds from `service start` to the first 200."""
    started = time.monotonic()
    words = [*modelport_program(), "service", "start", NAME]
    child = subprocess.Popen(words, cwd=scratch, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while ask(target.port, target.path, target.body).status != 200:
        if time.monotonic() - started > PATIENCE_SECONDS:
            raise RuntimeError(f"no answer {PATIENCE_SECONDS:g} s after the start")
        time.sleep(0.01)
    seconds = time.monotonic() - started
    if child.wait(PATIENCE_SECONDS):
        raise RuntimeError(f"`modelport service start` ended with {child.returncode}")
    return seconds


def _processes() -> tuple[int, list[int]]:
    """The server of the only service in the home, and its workers."""
    identity = next(Path(os.environ["MODELPORT_HOME"]).glob("workspaces/*/services/*/server.json"))
    server = int(json.loads(identity.read_text())["pid"])
    workers = Path(f"/proc/{server}/task/{server}/children").read_text().split()
    if len(workers) != WORKERS:
        raise RuntimeError(f"{WORKERS} workers are expected below the server, {len(workers)} processes are there")
    return server, [int(word) for word in workers]


def _seconds_until_gone(workers: list[int]) -> float:
    started = time.monotonic()
    while any(_runs(pid) for pid in workers):
        if time.monotonic() - started > PATIENCE_SECONDS:
            raise RuntimeError("workers outlive their server")
        time.sleep(0.001)
    return time.monotonic() - started


def _runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def _command(scratch: Path, *words: str) -> str:
    done = subprocess.run(
        [*modelport_program(), *words], cwd=scratch, capture_output=True, text=True, timeout=60, check=False
    )
    if done.returncode:
        raise RuntimeError(f"modelport {' '.join(words)} ended with {done.returncode}:\n{done.stderr[-500:]}")
    return done.stdout
