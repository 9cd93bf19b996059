"""What happens when one request never ends: to itself, to health checks, and to everybody else."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from benchmarks.contenders import Contender, Setting
from benchmarks.load import Target
from benchmarks.measure import start
from benchmarks.processes import Answer, ask, free_port, scratch_folder
from benchmarks.venvs import VENVS
from benchmarks.workloads import TROUBLE

SCORING_TIMEOUT_MS = 1500
WATCH_SECONDS = 4.0
PROBE_TIMEOUT_SECONDS = 1.0
WORKERS = 2


@dataclass(frozen=True)
class Hang:
    """What the hanging request was answered (0: nothing within 4 s) and when, how the others fared
    meanwhile, and whether the service still answers after as many requests hung at once as it has workers."""

    status: int
    seconds: float
    health_ok: int
    health_failed: int
    others_ok: int
    others_failed: int
    answers_after_all_workers_hung: bool


def hang(contender: Contender) -> Hang:
    """Two workers. One request hangs, while health and small requests are asked every 50 ms; then both workers hang."""
    with scratch_folder() as scratch:
        setting = Setting(TROUBLE, free_port(), scratch, VENVS, workers=WORKERS, scoring_timeout_ms=SCORING_TIMEOUT_MS)
        quick = Target(setting.port, contender.path, contender.wrap(b'{"data": [[0]]}'))
        endless = Target(setting.port, contender.path, contender.wrap(b'{"data": [[3600]]}'))
        server = start(contender, setting)
        try:
            server.seconds_to_first_200(quick.port, quick.path, quick.body, quick.content_type)
            time.sleep(3.0)  # the second worker
            return _watch(contender, quick, endless)
        finally:
            server.stop()


def _watch(contender: Contender, quick: Target, endless: Target) -> Hang:
    hanging: list[Answer] = []
    first = threading.Thread(target=lambda: hanging.append(_post(endless, WATCH_SECONDS)))
    first.start()
    time.sleep(0.1)
    health = _Prober(lambda: ask(quick.port, contender.health_path, timeout=PROBE_TIMEOUT_SECONDS))
    others = _Prober(lambda: _post(quick, PROBE_TIMEOUT_SECONDS))
    for prober in (health, others):
        prober.start()
    first.join()
    for prober in (health, others):
        prober.finish()
    crowd = [threading.Thread(target=_post, args=(endless, WATCH_SECONDS)) for _ in range(WORKERS)]
    for member in crowd:
        member.start()
    for member in crowd:
        member.join()
    after = _post(quick, PROBE_TIMEOUT_SECONDS + 2)
    return Hang(hanging[0].status, hanging[0].seconds, *health.counts(), *others.counts(), after.status == 200)


def _post(target: Target, timeout: float) -> Answer:
    return ask(target.port, target.path, target.body, timeout=timeout, kind=target.content_type)


class _Prober(threading.Thread):
    """Asks the same thing every 50 ms and counts the answers with 200."""

    def __init__(self, question: Callable[[], Answer]) -> None:
        super().__init__(daemon=True)
        self._question = question
        self._done = threading.Event()
        self._statuses: list[int] = []

    def run(self) -> None:
        while not self._done.wait(0.05):
            self._statuses.append(self._question().status)

    def finish(self) -> None:
        self._done.set()
        self.join()

    def counts(self) -> tuple[int, int]:
        good = self._statuses.count(200)
        return good, len(self._statuses) - good
