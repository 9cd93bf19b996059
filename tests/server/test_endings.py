"""Ends of workers that nobody planned: what the server must still notice, and what it must not start again."""

from __future__ import annotations

import signal
import subprocess
import sys
import textwrap
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from tests.server.conftest import StartReplica

from modelport import process_table
from modelport.server.logs import LogFile

BACKGROUND = """
    import subprocess
    def init():
        global program
        program = subprocess.Popen(["sleep", "600"])
    def run(raw): return program.pid
"""


def test_a_deployment_whose_init_fails_is_tried_once_with_several_workers_too(start_replica: StartReplica) -> None:
    replica = start_replica("def init(): raise KeyError('weights')\ndef run(raw): return 1", workers=3, wait=False)
    replica.wait_for(lambda: replica.status()["state"] == "failed" and not replica.status()["workers"])
    time.sleep(0.3)
    assert not replica.status()["workers"] and not replica.status()["restart_pending"]
    assert replica.log().count("KeyError: 'weights'") <= 3


def test_a_dead_worker_is_noticed_though_its_child_holds_its_socket(start_replica: StartReplica) -> None:
    script = """
        import os, time
        def init():
            if not os.fork():
                time.sleep(20)
                os._exit(0)
        def run(raw): os.kill(os.getpid(), 9)
    """
    replica = start_replica(script)
    started = time.monotonic()
    answer = replica.score([])
    assert (answer.status, answer.json["code"]) == (502, "worker-died")
    assert time.monotonic() - started < 2


def test_a_full_disk_does_not_keep_a_successor_from_starting(start_replica: StartReplica) -> None:
    replica = start_replica("import os\ndef init(): pass\ndef run(raw): os._exit(7)")
    (replica.directory / "events.jsonl").unlink()
    (replica.directory / "events.jsonl").symlink_to("/dev/full")
    assert replica.score([]).status == 502
    replica.wait_for(lambda: [each["name"] for each in replica.status()["workers"]] == ["worker-2"])


def test_a_log_on_a_full_disk_loses_lines_and_nothing_else() -> None:
    LogFile(Path("/dev/full")).write([b"lost"])


def test_a_successor_that_still_starts_does_not_hold_up_the_end(start_replica: StartReplica, tmp_path: Path) -> None:
    marker = tmp_path / "died"
    script = f"""
        import os, time
        def init():
            if os.path.exists({str(marker)!r}): time.sleep(20)
        def run(raw):
            open({str(marker)!r}, "w").close()
            os._exit(7)
    """
    replica = start_replica(script)
    assert replica.score([]).status == 502
    replica.wait_for(lambda: [each["state"] for each in replica.status()["workers"]] == ["starting"])
    started = time.monotonic()
    replica.process.send_signal(signal.SIGTERM)
    assert replica.process.wait(15) == 0
    assert time.monotonic() - started < 2


def test_what_a_script_started_in_the_background_ends_with_its_worker(start_replica: StartReplica) -> None:
    replica = start_replica(BACKGROUND)
    program = int(replica.score([]).body)
    replica.apply()  # the old worker ends in the ordinary way
    replica.wait_for(lambda: not process_table.start_ticks_of(program))
    program = int(replica.score([]).body)
    replica.control(command="stop")
    replica.wait_for(lambda: not process_table.start_ticks_of(program))


def test_who_stops_it_a_second_time_cuts_nothing_off(start_replica: StartReplica) -> None:
    replica = start_replica("import time\ndef init(): pass\ndef run(raw):\n    time.sleep(0.7)\n    return 'done'")
    with ThreadPoolExecutor(1) as other:
        asked = other.submit(replica.score, {})
        replica.wait_for(lambda: any(worker["in_flight"] for worker in replica.status()["workers"]))
        for _ in range(3):
            replica.control(command="stop")
        assert asked.result().json == "done"
    assert replica.process.wait(10) == 0


def test_last_words_of_a_detached_server_follow_its_log(tmp_path: Path) -> None:
    code = """
        import os, pathlib, sys
        from modelport.server import logs
        logs.SEGMENT_BYTES_MAX = 100
        path = pathlib.Path(sys.argv[1])
        for descriptor in (1, 2):
            os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND), descriptor)
        logs.LogFile(path).write([b"x" * 200])
        os.write(2, b"last words")
    """
    subprocess.run([sys.executable, "-c", textwrap.dedent(code), str(tmp_path / "log")], check=True, timeout=30)
    assert (tmp_path / "log").read_text() == "last words"
    assert "x" * 200 in (tmp_path / "log.1").read_text()


def test_result_that_cannot_be_sent_is_not_told_as_an_exception(start_replica: StartReplica) -> None:
    answer = start_replica("def init(): pass\ndef run(raw): return {1, object()}").score({})
    assert (answer.status, answer.json["code"]) == (502, "result-not-serialisable")
    assert "What run() returned cannot be sent" in answer.json["detail"]


@pytest.mark.parametrize("name", ["SIGHUP", "SIGQUIT", "SIGUSR1", "SIGTERM"])
def test_signal_that_can_be_caught_ends_the_server_in_order(start_replica: StartReplica, name: str) -> None:
    replica = start_replica()
    replica.process.send_signal(getattr(signal, name))
    assert replica.process.wait(10) == 0
    assert replica.events()[-1].kind == "server-stopped"
