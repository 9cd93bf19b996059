"""kill -9 of a worker under load: it costs the request that it was running, and nobody else anything."""

from __future__ import annotations

import os
import signal
import threading
from concurrent.futures import ThreadPoolExecutor

from tests.server.conftest import Answer, StartReplica

SLOW = """
    import os, time
    def init(): pass
    def run(raw):
        time.sleep(0.02)
        return os.getpid()
"""
CLIENTS = 6


def test_each_of_two_kills_costs_only_the_request_that_was_running(start_replica: StartReplica) -> None:
    replica = start_replica(SLOW, workers=3, max_request_wait_time_ms=10_000)
    over = threading.Event()
    answers: list[Answer] = []

    def ask_until_it_is_over(_: int) -> None:
        while not over.is_set():
            answers.append(replica.score({}))

    with ThreadPoolExecutor(CLIENTS) as crowd:
        asked = crowd.map(ask_until_it_is_over, range(CLIENTS))
        try:
            for number in range(2):
                # Twice as many clients as workers: each worker has something to do.
                replica.wait_for(lambda: all(w["in_flight"] for w in ready_workers(replica.status())))
                os.kill(ready_workers(replica.status())[number]["pid"], signal.SIGKILL)
                deaths = number + 1
                replica.wait_for(lambda deaths=deaths: starts(replica.status()) == 3 + deaths)
            count = len(answers)
            replica.wait_for(lambda: len(answers) >= count + 3 * CLIENTS)
        finally:
            over.set()
    assert list(asked) == [None] * CLIENTS  # no connection was reset or refused
    lost = [answer for answer in answers if answer.status != 200]
    assert [(answer.status, answer.json["code"]) for answer in lost] in ([(502, "worker-died")] * n for n in range(3))
    assert all("signal 9 (SIGKILL)" in answer.json["detail"] for answer in lost)


def ready_workers(status: dict) -> list[dict]:
    return [worker for worker in status["workers"] if worker["state"] == "ready"]


def starts(status: dict) -> int:
    """The number in the name of the newest worker, once three are ready."""
    ready = ready_workers(status)
    return max(int(worker["name"].rpartition("-")[2]) for worker in ready) if len(ready) == 3 else 0
