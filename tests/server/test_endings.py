"""Ends of workers that nobody planned: what the server must still notice, and what it must not start again."""

from __future__ import annotations

import signal
import time
from pathlib import Path

from tests.server.conftest import StartReplica

from modelport.server.logs import LogSink


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
    LogSink(Path("/dev/full")).write("server", "stdout", "", "lost")


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
