"""Workers that hang, die or never start: who is answered what, and what happens to everybody else.

Upper bounds of times are wide: they tell a deadline from the 30 s that the script would take. How close to the
deadline the answer comes is measured by `benchmarks/hang.py`.
"""

from __future__ import annotations

import os
import signal
import socket
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from tests.server.conftest import RunningReplica, StartReplica

# A request of {"do": ...} makes the script misbehave in that way; anything else is answered at once.
MISBEHAVING = """
    import ctypes, json, os, sys, time
    def init(): pass
    def run(raw):
        do = json.loads(raw).get("do") if raw.strip().startswith("{") else None
        if do == "sleep": time.sleep(30)
        if do == "hold-gil": ctypes.PyDLL(None).usleep(30_000_000)
        if do == "nap": time.sleep(0.3)
        if do == "segfault": ctypes.string_at(0)
        if do == "exit": os._exit(7)
        if do == "sys-exit": sys.exit(5)
        if do == "kill": os.kill(os.getpid(), 9)
        return [do, os.getpid()]
"""


def in_background(replica: RunningReplica, body: Any, into: list[Any]) -> threading.Thread:
    def ask() -> None:
        started = time.monotonic()
        answer = replica.score(body)
        into.append((answer, time.monotonic() - started))

    thread = threading.Thread(target=ask)
    thread.start()
    return thread


@pytest.mark.parametrize("how", ["sleep", "hold-gil"])
def test_a_run_that_hangs_is_answered_504_at_its_deadline_and_its_worker_replaced(
    start_replica: StartReplica, how: str
) -> None:
    replica = start_replica(MISBEHAVING, scoring_timeout_ms=600)
    first = replica.score({}).json[1]
    found: list[Any] = []
    thread = in_background(replica, {"do": how}, found)
    health = []
    while thread.is_alive():
        health.append(replica.ask("GET", "/livez").status)
        time.sleep(0.02)
    answer, seconds = found[0]
    assert (answer.status, answer.json["code"]) == (504, "deadline-exceeded")
    assert 0.6 <= seconds < 5
    assert set(health) == {200} and len(health) > 10
    replica.wait_ready()
    assert replica.score({}).json[1] != first
    assert any(event.kind == "kill" for event in replica.events())


def test_the_other_worker_is_not_affected_by_one_that_hangs(start_replica: StartReplica) -> None:
    replica = start_replica(MISBEHAVING, scoring_timeout_ms=1000, workers=2)
    found: list[Any] = []
    thread = in_background(replica, {"do": "sleep"}, found)
    slowest = 0.0
    while thread.is_alive():
        started = time.monotonic()
        assert replica.score({}).status == 200
        slowest = max(slowest, time.monotonic() - started)
    assert slowest < 1.0  # nobody waits for the one that hangs
    assert found[0][0].status == 504


def test_one_of_eight_threads_hangs_and_the_others_finish(start_replica: StartReplica) -> None:
    replica = start_replica(MISBEHAVING, scoring_timeout_ms=2000, max_concurrent_requests=8)
    hanging: list[Any] = []
    napping: list[Any] = []
    threads = [in_background(replica, {"do": "sleep"}, hanging)]
    time.sleep(0.5)
    threads += [in_background(replica, {"do": "nap"}, napping) for _ in range(7)]
    for thread in threads:
        thread.join()
    assert [answer.status for answer, _ in napping] == [200] * 7
    assert hanging[0][0].status == 504 and 2.0 <= hanging[0][1] < 10
    assert replica.score({}).status == 200


@pytest.mark.parametrize(
    ("how", "words"),
    [("segfault", "SIGSEGV"), ("exit", "exit code 7"), ("kill", "SIGKILL")],
)
def test_a_worker_that_dies_is_decoded_and_replaced(start_replica: StartReplica, how: str, words: str) -> None:
    replica = start_replica(MISBEHAVING)
    replica.score({})
    answer = replica.score({"do": how}, x_request_id="deadly-1")
    assert (answer.status, answer.json["code"]) == (502, "worker-died")
    assert words in answer.json["detail"]
    replica.wait_ready()
    assert replica.score({}).status == 200
    died = [event for event in replica.events() if event.kind == "worker-died"]
    assert words in died[0].message


def test_a_segmentation_fault_leaves_the_line_of_the_script_in_the_log(start_replica: StartReplica) -> None:
    replica = start_replica(MISBEHAVING)
    replica.score({"do": "segfault"})
    replica.wait_for(lambda: 'score.py", line 9 in run' in replica.log())


def test_sys_exit_in_run_does_not_end_the_worker(start_replica: StartReplica) -> None:
    replica = start_replica(MISBEHAVING)
    pid = replica.score({}).json[1]
    assert replica.score({"do": "sys-exit"}).json["code"] == "run-failed"
    assert replica.score({}).json[1] == pid


def test_what_a_dead_worker_had_not_begun_is_run_by_another(start_replica: StartReplica) -> None:
    replica = start_replica(MISBEHAVING, max_request_wait_time_ms=5000)
    for _ in range(30):
        replica.score({})  # so fast that the next ones are written ahead
    found: list[Any] = []
    threads = [in_background(replica, {"do": "nap"}, found)]
    time.sleep(0.1)
    threads += [in_background(replica, {}, found) for _ in range(6)]
    time.sleep(0.1)
    os.kill(replica.status()["workers"][0]["pid"], signal.SIGKILL)
    for thread in threads:
        thread.join()
    assert sorted(answer.status for answer, _ in found) == [200] * 6 + [502]


def test_waiting_too_long_is_answered_503_with_the_numbers(start_replica: StartReplica) -> None:
    replica = start_replica(MISBEHAVING, max_request_wait_time_ms=200, scoring_timeout_ms=5000)
    found: list[Any] = []
    thread = in_background(replica, {"do": "sleep"}, [])
    time.sleep(0.1)
    in_background(replica, {}, found).join()
    answer, seconds = found[0]
    assert (answer.status, answer.json["code"]) == (503, "overloaded")
    assert 0.2 <= seconds < 3
    assert int(answer.headers["retry-after"]) >= 1
    assert answer.json["places"] == 1
    replica.end()
    thread.join()


def test_a_request_whose_client_left_is_never_computed(start_replica: StartReplica, tmp_path: object) -> None:
    marker = f"{tmp_path}/ran"
    script = f"""
        import json, time
        def init(): pass
        def run(raw):
            with open({marker!r}, "a") as file: file.write(raw)
            time.sleep(0.4)
            return 1
    """
    replica = start_replica(script, max_request_wait_time_ms=5000)
    first = threading.Thread(target=replica.score, args=("first",))
    first.start()
    time.sleep(0.1)
    with socket.create_connection(("127.0.0.1", replica.port)) as leaving:
        leaving.sendall(b"POST /score HTTP/1.1\r\nhost: x\r\ncontent-length: 7\r\n\r\nleaving")
        time.sleep(0.1)
    first.join()
    replica.score("last")
    assert Path(marker).read_text() == '"first""last"'


def test_init_that_raises_is_told_with_its_traceback(start_replica: StartReplica) -> None:
    replica = start_replica("def init():\n    raise OSError('no model here')\ndef run(raw): pass", wait=False)
    replica.wait_for(lambda: replica.status()["state"] == "failed")
    failure = replica.status()["failure"]
    assert failure["code"] == "init-failed"
    assert "no model here" in failure["traceback"] and 'score.py", line 2, in init' in failure["traceback"]
    answer = replica.score({})
    assert (answer.status, answer.json["code"]) == (503, "not-ready")
    assert replica.ask("GET", "/").status == 503


@pytest.mark.parametrize(
    ("script", "code"),
    [
        ("import os\ndef init(): os._exit(9)\ndef run(raw): pass", "init-died"),
        ("import time\ndef init(): time.sleep(60)\ndef run(raw): pass", "init-timeout"),
        ("import no_such_module_anywhere\ndef init(): pass\ndef run(raw): pass", "module-missing"),
        ("def init(: pass", "script-syntax"),
        ("def init(): pass", "script-no-run"),
        ("def init(): pass\ndef run(): pass", "script-signature"),
    ],
)
def test_a_script_that_cannot_start_fails_with_its_own_code(
    start_replica: StartReplica, script: str, code: str
) -> None:
    replica = start_replica(script, wait=False, init_timeout_seconds=1.0)
    replica.wait_for(lambda: replica.status()["state"] == "failed", 5)
    assert replica.status()["failure"]["code"] == code
    assert replica.status()["workers"] == []


def test_an_image_ends_with_exit_code_3_and_the_traceback_last(start_replica: StartReplica) -> None:
    script = "def init():\n    raise OSError('no model here')\ndef run(raw): pass"
    replica = start_replica(script, wait=False, exit_on_init_failure=True)
    assert replica.process.wait(10) == 3
    assert "OSError: no model here" in replica.log().strip().splitlines()[-1]


def test_restarts_a_worker_that_keeps_dying_with_growing_pauses(start_replica: StartReplica, tmp_path: object) -> None:
    marker = f"{tmp_path}/broken"
    script = f"""
        import os
        def init():
            if os.path.exists({marker!r}): os._exit(4)
        def run(raw): os._exit(4)
    """
    replica = start_replica(script)
    Path(marker).touch()
    assert replica.score({}).status == 502
    replica.wait_for(lambda: replica.status()["restart_pending"] and replica.status()["state"] == "unhealthy")
    answer = replica.score({})
    assert (answer.status, answer.json["code"]) == (503, "not-ready") and "next try" in answer.json["detail"]
    os.unlink(marker)
    replica.wait_for(lambda: replica.status()["state"] == "ready", 10)


def test_workers_do_not_outlive_a_server_that_was_killed(start_replica: StartReplica) -> None:
    replica = start_replica(MISBEHAVING)
    pid = replica.score({}).json[1]
    thread = threading.Thread(target=_score_and_lose, args=(replica,))
    thread.start()
    time.sleep(0.2)
    replica.process.kill()
    replica.process.wait()
    thread.join()
    deadline = time.monotonic() + 5
    while os.path.exists(f"/proc/{pid}"):
        assert time.monotonic() < deadline, "the worker outlived its server"
        time.sleep(0.01)


def _score_and_lose(replica: RunningReplica) -> None:
    with pytest.raises(OSError):
        replica.score({"do": "hold-gil"})


def test_a_successor_whose_init_hangs_is_given_up_as_well(start_replica: StartReplica, tmp_path: Path) -> None:
    marker = tmp_path / "hanging"
    script = f"""
        import os, time
        def init():
            if os.path.exists({str(marker)!r}): time.sleep(60)
        def run(raw): os._exit(4)
    """
    replica = start_replica(script, init_timeout_seconds=0.5)
    marker.touch()
    replica.score({})
    replica.wait_for(lambda: (replica.status()["failure"] or {}).get("code") == "init-timeout")
    marker.unlink()
    replica.wait_for(lambda: replica.status()["state"] == "ready", 10)


def test_ending_while_init_runs_is_no_failure_of_the_script(start_replica: StartReplica) -> None:
    replica = start_replica("import time\ndef init(): time.sleep(60)\ndef run(raw): pass", wait=False)
    replica.wait_for(lambda: bool(replica.status()["workers"]))
    replica.process.send_signal(signal.SIGTERM)
    assert replica.process.wait(5) == 0
    assert not [event for event in replica.events() if event.status == "failed"]
