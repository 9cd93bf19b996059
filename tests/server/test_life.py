"""Updates, streams, draining: what happens while requests are under way."""

from __future__ import annotations

import http.client
import json
import signal
import socket
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from tests.server.conftest import RunningReplica, StartReplica

from modelport.manifest import Limits, Listen


def rewrite(replica: RunningReplica, script: str) -> None:
    replica.script.write_text(script)


def test_an_update_replaces_the_script_without_losing_a_request(start_replica: StartReplica) -> None:
    replica = start_replica("def init(): pass\ndef run(raw): return 1")
    statuses: list[int] = []
    values: list[Any] = []
    stop = threading.Event()

    def hammer() -> None:
        connection = http.client.HTTPConnection("127.0.0.1", replica.port)
        while not stop.is_set():
            connection.request("POST", "/score", b"[]", {"content-type": "application/json"})
            response = connection.getresponse()
            statuses.append(response.status)
            values.append(json.loads(response.read()))
        connection.close()

    clients = [threading.Thread(target=hammer) for _ in range(4)]
    for client in clients:
        client.start()
    for number in (2, 3):
        rewrite(replica, f"def init(): pass\ndef run(raw): return {number}")
        replica.apply()
        revision = replica.manifest.revision
        replica.wait_for(lambda revision=revision: replica.status()["revision"] == revision)
    time.sleep(0.1)
    stop.set()
    for client in clients:
        client.join()
    assert set(statuses) == {200} and len(statuses) > 100
    assert values[-1] == 3
    replica.wait_for(lambda: len(replica.status()["workers"]) == 1)


def test_the_old_revision_stays_when_the_new_one_fails(start_replica: StartReplica) -> None:
    replica = start_replica("def init(): pass\ndef run(raw): return 1")
    rewrite(replica, "def init():\n    raise KeyError('weights')\ndef run(raw): return 2")
    replica.apply()
    replica.wait_for(lambda: replica.status()["rollout"]["state"] == "failed")
    assert "weights" in replica.status()["rollout"]["failure"]["traceback"]
    assert replica.status()["state"] == "ready"
    assert replica.score([]).json == 1


def test_a_failed_first_revision_is_mended_by_the_next(start_replica: StartReplica) -> None:
    replica = start_replica("def init(): raise OSError()\ndef run(raw): pass", wait=False)
    replica.wait_for(lambda: replica.status()["state"] == "failed")
    rewrite(replica, "def init(): pass\ndef run(raw): return 'mended'")
    replica.apply()
    replica.wait_ready()
    assert replica.score([]).json == "mended"


def test_refuses_a_second_update_while_one_is_under_way(start_replica: StartReplica) -> None:
    replica = start_replica("def init(): pass\ndef run(raw): return 1")
    rewrite(replica, "import time\ndef init(): time.sleep(2)\ndef run(raw): return 2")
    replica.apply()
    assert replica.apply()["error"]["code"] == "operation-in-progress"


def test_an_update_can_change_limits_and_the_number_of_workers(start_replica: StartReplica) -> None:
    replica = start_replica("import os\ndef init(): pass\ndef run(raw): return os.getpid()")
    replica.apply(limits=Limits(workers=2))
    replica.wait_for(lambda: len([w for w in replica.status()["workers"] if w["revision"] == 2]) == 2)


def test_an_update_can_move_to_another_port(start_replica: StartReplica) -> None:
    replica = start_replica()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    old = replica.port
    replica.apply(listen=Listen(port=port))
    replica.wait_for(lambda: replica.status()["port"] == port)
    replica.port = port
    assert replica.score([1]).status == 200
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", old)) != 0


def test_a_generator_streams_its_chunks_as_they_come(start_replica: StartReplica) -> None:
    script = """
        import time
        def init(): pass
        def run(raw):
            for number in range(3):
                yield "part %d;" % number
                time.sleep(0.15)
    """
    replica = start_replica(script)
    connection = http.client.HTTPConnection("127.0.0.1", replica.port)
    connection.request("POST", "/score", b"[]", {"content-type": "application/json"})
    response = connection.getresponse()
    assert response.status == 200
    assert response.read(7) == b"part 0;"
    first = time.monotonic()
    assert response.read() == b"part 1;part 2;"
    assert time.monotonic() - first > 0.2  # the first was there long before the last
    connection.close()


def test_a_failure_in_the_middle_of_a_stream_breaks_it_off_visibly(start_replica: StartReplica) -> None:
    script = "def init(): pass\ndef run(raw):\n    yield 'begun'\n    raise ValueError('broken')\n"
    replica = start_replica(script)
    connection = http.client.HTTPConnection("127.0.0.1", replica.port)
    connection.request("POST", "/score", b"[]", {"content-type": "application/json"})
    try:
        connection.getresponse().read()
        raise AssertionError("the stream looked complete")
    except (http.client.HTTPException, ConnectionError):
        replica.wait_for(lambda: "broken" in replica.log())
    finally:
        connection.close()


def test_a_failure_before_the_first_chunk_is_an_ordinary_problem(start_replica: StartReplica) -> None:
    script = "def init(): pass\ndef run(raw):\n    raise ValueError('broken')\n    yield 1\n"
    answer = start_replica(script).score([])
    assert (answer.status, answer.json["code"]) == (502, "run-failed")


def test_a_client_that_leaves_closes_the_generator(start_replica: StartReplica, tmp_path: Path) -> None:
    marker = tmp_path / "closed"
    script = f"""
        import time
        def init(): pass
        def run(raw):
            try:
                while True:
                    yield "x" * 100
                    time.sleep(0.02)
            finally:
                open({str(marker)!r}, "w").write(str(time.monotonic()))
    """
    replica = start_replica(script)
    with socket.create_connection(("127.0.0.1", replica.port)) as client:
        client.sendall(b"POST /score HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\n[]")
        client.recv(1000)
        left = time.monotonic()
    replica.wait_for(lambda: marker.exists() and marker.read_text() != "")
    assert float(marker.read_text()) - left < 5


def test_a_slow_reader_holds_back_the_script_and_loses_nothing(start_replica: StartReplica, tmp_path: Path) -> None:
    progress = tmp_path / "progress"
    script = f"""
        def init(): pass
        def run(raw):
            for number in range(400):
                open({str(progress)!r}, "w").write(str(number))
                yield b"y" * 100_000
    """
    replica = start_replica(script)
    with socket.create_connection(("127.0.0.1", replica.port)) as client:
        client.sendall(b"POST /score HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: 2\r\n\r\n[]")
        time.sleep(0.5)
        held_at = int(progress.read_text())
        time.sleep(0.3)
        assert int(progress.read_text()) == held_at < 399, "the script ran ahead of its reader"
        received = b""
        while part := client.recv(1 << 20):
            received += part
    assert received.partition(b"\r\n\r\n")[2].count(b"y") == 40_000_000


def test_the_deadline_counts_anew_for_each_chunk(start_replica: StartReplica) -> None:
    script = """
        import json, time
        def init(): pass
        def run(raw):
            for pause in json.loads(raw):
                time.sleep(pause)
                yield "."
    """
    replica = start_replica(script, scoring_timeout_ms=400)
    assert replica.score([0.2, 0.2, 0.2, 0.2]).body == b"...."
    try:
        replica.score([0.1, 5])
        raise AssertionError("the stream looked complete")
    except (http.client.HTTPException, ConnectionError):
        replica.wait_ready()


def test_drains_before_it_ends(start_replica: StartReplica) -> None:
    replica = start_replica("import time\ndef init(): pass\ndef run(raw): time.sleep(1.0); return 'done'")
    found: list[Any] = []
    client = threading.Thread(target=lambda: found.append(replica.score([])))
    client.start()
    time.sleep(0.3)
    replica.process.send_signal(signal.SIGTERM)
    time.sleep(0.2)
    assert replica.ask("GET", "/readyz").status == 503
    refused = replica.score([])
    assert (refused.status, refused.json["code"]) == (503, "draining")
    client.join()
    assert found[0].json == "done"
    assert replica.process.wait(5) == 0


def test_ends_at_once_when_nothing_is_under_way(start_replica: StartReplica) -> None:
    replica = start_replica()
    started = time.monotonic()
    replica.process.send_signal(signal.SIGTERM)
    assert replica.process.wait(5) == 0
    assert time.monotonic() - started < 5  # the limit for draining is 90 s


def test_a_port_in_use_is_told_before_anything_starts(start_replica: StartReplica) -> None:
    first = start_replica()
    with pytest.raises(AssertionError, match=f"Port {first.port} on 127.0.0.1 is in use"):
        start_replica(wait=False, port=first.port)
    assert first.score([1]).status == 200


def test_serves_the_documents_that_describe_it(start_replica: StartReplica) -> None:
    replica = start_replica()
    assert replica.ask("GET", "/swagger.json").json["swagger"] == "2.0"
    assert replica.ask("GET", "/swagger.json?version=3").json["openapi"].startswith("3.0")
    assert replica.ask("GET", "/openapi.json").json["openapi"].startswith("3.1")


def test_counts_what_it_does(start_replica: StartReplica) -> None:
    replica = start_replica()
    for _ in range(3):
        replica.score([1])
    text = replica.ask("GET", "/metrics").body.decode()
    assert 'modelport_http_requests_total{status="200"}' in text
    assert "modelport_run_seconds_count 3.0" in text
    assert "modelport_workers_ready 1.0" in text


def test_a_service_can_move_to_another_address_and_be_updated_there(start_replica: StartReplica) -> None:
    replica = start_replica()
    port = replica.port
    for revision in (2, 3):
        replica.apply(listen=Listen("127.0.0.2", port))
        replica.wait_for(lambda revision=revision: replica.status()["revision"] == revision)
        replica.wait_for(lambda: replica.identity()["host"] == "127.0.0.2")
