"""Clients that leave, stall or do not read: nothing that the server lent them stays lent."""

from __future__ import annotations

import os
import socket
import time
from pathlib import Path

from tests.server.conftest import RunningReplica, StartReplica

HEAD = b"POST /score HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n"
LARGE = b"[" + b" " * 400_000 + b"]"  # spooled to a file


def connect(replica: RunningReplica) -> socket.socket:
    return socket.create_connection(("127.0.0.1", replica.port), timeout=10)


def open_files(replica: RunningReplica) -> list[str]:
    folder = Path(f"/proc/{replica.process.pid}/fd")
    return [os.readlink(each) for each in folder.iterdir() if each.is_symlink()]


def spooled_bodies(replica: RunningReplica) -> int:
    return sum("modelport-body" in name for name in open_files(replica))


def connections(replica: RunningReplica) -> int:
    """How many clients are connected beside the one that asks."""
    text = replica.ask("GET", "/metrics").body.decode()
    return int(float(text.partition("\nmodelport_connections ")[2].partition("\n")[0])) - 1


def test_a_client_that_leaves_within_its_body_harms_nobody(start_replica: StartReplica) -> None:
    replica = start_replica()
    with connect(replica) as client:
        client.sendall(HEAD % 1000 + b"[")
    replica.wait_for(lambda: connections(replica) == 0)
    assert [replica.score([number]).json for number in range(3)] == [[0], [1], [2]]
    assert replica.status()["queue_length"] == 0


def test_a_client_that_leaves_with_requests_behind_the_first_harms_nobody(start_replica: StartReplica) -> None:
    replica = start_replica("import time\ndef init(): pass\ndef run(raw): time.sleep(0.2); return 1")
    with connect(replica) as client:
        client.sendall((HEAD % 2 + b"[]") * 4)
        time.sleep(0.05)
    replica.wait_for(lambda: connections(replica) == 0)
    assert replica.score([]).status == 200
    assert replica.status()["queue_length"] == 0


def test_a_worker_is_free_again_when_the_reader_of_its_stream_has_left(start_replica: StartReplica) -> None:
    script = """
        import json, time
        def init(): pass
        def run(raw):
            if json.loads(raw): return "free"
            return forever()
        def forever():
            while True:
                yield "x"
                time.sleep(0.01)
    """
    replica = start_replica(script)
    with connect(replica) as client:
        client.sendall(HEAD % 2 + b"[]")
        client.recv(1000)
    assert replica.score([1]).json == "free"
    assert replica.status()["workers"][0]["in_flight"] == 0


def test_a_stream_that_begins_after_its_reader_left_ends(start_replica: StartReplica, tmp_path: Path) -> None:
    ended = tmp_path / "ended"
    script = f"""
        import json, time
        def init(): pass
        def run(raw):
            if json.loads(raw): return "free"
            time.sleep(0.3)
            return large()
        def large():
            try:
                for _ in range(400): yield b"y" * 100_000
            finally:
                open({str(ended)!r}, "w").close()
    """
    replica = start_replica(script, max_concurrent_requests=2)
    with connect(replica) as client:
        client.sendall(HEAD % 2 + b"[]")
        time.sleep(0.1)
    replica.wait_for(ended.exists)
    replica.wait_for(lambda: replica.status()["workers"][0]["in_flight"] == 0)


def test_a_worker_that_answers_its_deadline_with_a_stream_is_let_go(start_replica: StartReplica) -> None:
    script = """
        import time
        def init(): pass
        def run(raw):
            time.sleep(0.28)
            return (b"y" * 100_000 for _ in range(400))
    """
    replica = start_replica(script, max_concurrent_requests=2, scoring_timeout_ms=200)
    with connect(replica) as client, connect(replica) as other:
        client.sendall(HEAD % 2 + b"[]")
        time.sleep(0.15)
        other.sendall(HEAD % 2 + b"[]")  # keeps the worker from being killed at once
        assert b"504" in client.recv(1000).split(b"\r\n")[0]
    replica.wait_for(lambda: [each["name"] for each in replica.status()["workers"]] == ["worker-2"])


def test_the_body_of_a_stream_that_breaks_off_is_let_go(start_replica: StartReplica) -> None:
    replica = start_replica("def init(): pass\ndef run(raw):\n    yield 'begun'\n    raise ValueError('broken')\n")
    with connect(replica) as client:
        client.sendall(HEAD % len(LARGE) + LARGE)
        while client.recv(65536):
            time.sleep(0.01)
    replica.wait_for(lambda: spooled_bodies(replica) == 0)


def test_bodies_that_wait_behind_a_refused_request_are_let_go(start_replica: StartReplica) -> None:
    replica = start_replica("import time\ndef init(): pass\ndef run(raw): time.sleep(0.3); return 1")
    with connect(replica) as client:
        client.sendall(HEAD % 2 + b"[]" + HEAD % len(LARGE) + LARGE + b"NONSENSE\r\n\r\n")
        while client.recv(65536):
            time.sleep(0.01)
    replica.wait_for(lambda: spooled_bodies(replica) == 0)


def test_a_head_that_stalls_behind_an_answered_request_is_given_up(start_replica: StartReplica) -> None:
    replica = start_replica(header_timeout_seconds=0.4)
    with connect(replica) as client:
        client.sendall(HEAD % 2 + b"[]" + b"GET / HTTP/1.1\r\nhost:")
        received = b""
        while part := client.recv(65536):
            received += part
    assert received.startswith(b"HTTP/1.1 200 ") and b"HTTP/1.1 408 " in received
