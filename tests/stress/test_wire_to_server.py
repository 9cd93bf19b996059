"""A worker that breaks the wire is dropped and replaced; it hangs nobody, and no request gets another's answer."""

from __future__ import annotations

import http.client
import random
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.server.conftest import RunningReplica, StartReplica
from tests.stress.conftest import Size
from tests.stress.fake_worker import BEFORE_READY, WITH_A_REQUEST, write_fake_python
from tests.stress.http_garbage import score
from tests.stress.observe import look

ECHO = "import json\ndef init(): pass\ndef run(raw_data): return json.loads(raw_data)\n"
SLOW = {"says_nothing", "begins_in_the_future", "lies_about_lengths", "mutated"}  # seen by the deadline at the latest
LIMITS = {"scoring_timeout_ms": 400, "max_request_wait_time_ms": 300}
# What the victim of a bad worker may get: its own right answer (the fake's, or a good worker's), or the truth.
BROKEN_OFF = 0  # a stream that ended visibly before its end: that is how the server says so once the head is sent
VICTIM_STATUSES = {b"200", b"502", b"503", b"504"}


def start(start_replica: StartReplica, folder: Path, plan: list[str], seed: int, workers: int = 2) -> RunningReplica:
    python = write_fake_python(folder, plan, seed)
    return start_replica(ECHO, python=python, workers=workers, wait=False, **LIMITS)


def asked(replica: RunningReplica, value: int) -> tuple[int, object]:
    try:
        answer = replica.score({"yours": value})
    except (http.client.IncompleteRead, ConnectionResetError):
        return BROKEN_OFF, None
    return answer.status, answer.json


def is_right(answer: tuple[int, object], value: int) -> bool:
    """Whether an answer is the right one, or says that there is none: an answer of the fake's own counts as a lie that
    nobody could see, another request's number never does."""
    status, words = answer
    if status == 200:
        return words == {"yours": value} or words == "from the fake"
    return status in (BROKEN_OFF, 502, 503, 504)


@pytest.mark.parametrize("deed", sorted(WITH_A_REQUEST))
def test_a_worker_that_breaks_the_wire_is_replaced(
    start_replica: StartReplica, tmp_path: Path, size: Size, deed: str
) -> None:
    for number in range(size.of(1, 12)):
        folder = tmp_path / f"{number}"
        folder.mkdir()
        replica = start(start_replica, folder, [f"now:{deed}"], size.seed + number, workers=1)
        replica.wait_ready()
        started = time.monotonic()
        victim = replica.raw(score(b'{"yours": 1}', b"connection: close"), timeout=4)
        seconds = time.monotonic() - started
        assert not victim.endswith(b"<open>"), f"it hung: {victim!r}"
        assert not victim or victim[9:12] in VICTIM_STATUSES, victim
        wait_until(replica, is_replaced)
        assert [asked(replica, value) for value in (2, 3)] == [(200, {"yours": 2}), (200, {"yours": 3})]
        assert seconds < 2, f"the victim waited {seconds:.1f} s"
        assert_no_trace(replica)
        replica.end()


def wait_until(replica: RunningReplica, condition: Callable[[RunningReplica], bool]) -> None:
    replica.wait_for(lambda: condition(replica), timeout=6)


def has_settled(replica: RunningReplica) -> bool:
    return replica.status()["state"] in ("failed", "ready")


def is_replaced(replica: RunningReplica) -> bool:
    """Whether the bad worker has gone, or it was only told to do what a good one may do."""
    status = replica.status()
    if [worker["state"] for worker in status["workers"]] != ["ready"]:
        return False
    if status["workers"][0]["name"] != "worker-1":
        return True
    replica.raw(score(b'{"yours": 9}', b"connection: close"), timeout=4)  # its deed needs another request to be seen
    return False


def assert_no_trace(replica: RunningReplica) -> None:
    """The server itself met nothing that it had not thought of."""
    assert "Traceback" not in (replica.directory / "server.out").read_text()


@pytest.mark.parametrize("deed", sorted(BEFORE_READY))
def test_a_worker_that_breaks_the_wire_before_it_is_ready_fails_the_start(
    start_replica: StartReplica, tmp_path: Path, size: Size, deed: str
) -> None:
    for number in range(size.of(2, 20)):
        folder = tmp_path / f"{number}"
        folder.mkdir()
        replica = start(start_replica, folder, [f"before-ready:{deed}"], size.seed + number, workers=1)
        wait_until(replica, has_settled)
        assert replica.ask("GET", "/livez").status == 200
        assert replica.ask("GET", "/swagger.json").status in (200, 503)
        assert_no_trace(replica)
        replica.end()


def test_neighbours_of_bad_workers_get_their_own_answers(
    start_replica: StartReplica, tmp_path: Path, size: Size
) -> None:
    chance = random.Random(size.seed)
    deeds = sorted(set(WITH_A_REQUEST) - SLOW)
    plan = ["good", *("now:" + chance.choice(deeds) for _ in range(size.of(12, 2_000)))]
    replica = start(start_replica, tmp_path, plan, size.seed)
    replica.wait_ready()
    before = look(replica)
    counted = ask_until(replica, size.of(300, 10_000))
    after = look(replica)
    print(f"{counted}; workers so far: {after.workers}; {before}; {after}")
    assert counted["wrong"] == []
    assert after.pid == before.pid and after.files <= before.files + 3
    assert_no_trace(replica)


def ask_until(replica: RunningReplica, count: int) -> dict[str, object]:
    """Ask from four threads; each must get its own number, or be told that its worker died or none is there."""
    counts: dict[int, int] = {}
    wrong: list[object] = []
    lock = threading.Lock()

    def ask(number: int) -> None:
        for step in range(count // 4):
            value = number * 1_000_000 + step
            answer = asked(replica, value)
            with lock:
                counts[answer[0]] = counts.get(answer[0], 0) + 1
                if not is_right(answer, value):
                    wrong.append((value, answer))

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(1, 5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return {"statuses": counts, "wrong": wrong}
