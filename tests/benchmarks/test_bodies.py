"""What a crowd of large bodies did is judged, and what an upload was answered is told apart."""

from __future__ import annotations

import os
import socket
import threading
from pathlib import Path

import pytest
from tests.conftest import Need


def run_of(refused=40, failed=0, p99_ms=18.0, spool=1 << 30, rest=19_000_000, lost=0):
    from benchmarks.bodies import BodyRun
    from benchmarks.crowd import Crowd

    crowd = Crowd(50 - refused, refused, 0, 4.0, lost, 3)
    return BodyRun(crowd, 400, failed, p99_ms, 8.0, 11.0, spool, 22_000_000, rest)


def broken(*runs):
    from benchmarks.bars import judge
    from benchmarks.bodies import Bodies
    from benchmarks.results import Results

    return [bar.what.partition(": ")[2] for bar in judge(Results(bodies=Bodies(18_000_000, runs))) if not bar.holds]


def test_a_crowd_that_nobody_notices_breaks_no_bar():
    assert broken(run_of(), run_of(p99_ms=30.0)) == []


def test_what_uploads_cost_the_machine_is_not_taken_for_the_servers_part():
    slow = run_of(p99_ms=23.0)
    assert broken(slow, slow) == ["p99 of the others over uploads to elsewhere"]


def test_each_thing_that_may_not_happen_breaks_a_bar():
    assert broken(run_of(spool=2 << 30), run_of()) == ["most in spools, MiB"]
    assert broken(run_of(refused=0), run_of(refused=0)) == ["refused by 503 with Retry-After"]
    assert broken(run_of(failed=1), run_of()) == ["other requests that failed"]
    assert broken(run_of(lost=2), run_of()) == ["idle connections lost"]
    assert broken(run_of(), run_of(rest=21_000_000)) == ["memory 10 s later over the run before, %"]


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (b"HTTP/1.1 200 OK\r\n\r\n", "accepted"),
        (b'HTTP/1.1 503 X\r\nRetry-After: 1\r\n\r\n{"code":"body-budget"}', "refused"),
        (b'HTTP/1.1 503 X\r\n\r\n{"code":"body-budget"}', "http/1.1 503 x"),
        (b'HTTP/1.1 503 X\r\nRetry-After: 1\r\n\r\n{"code":"overloaded"}', "http/1.1 503 x"),
    ],
)
def test_what_an_upload_was_answered(answer, words):
    from benchmarks.crowd import upload

    with socket.create_server(("127.0.0.1", 0)) as listener:

        def say():
            client, _ = listener.accept()
            with client:
                client.recv(100)
                client.sendall(answer)
                client.shutdown(socket.SHUT_WR)
                while client.recv(1 << 20):
                    continue

        server = threading.Thread(target=say)
        server.start()
        assert upload(listener.getsockname()[1]).startswith(words)
        server.join()


def test_large_bodies_of_a_process_are_seen(need: Need):
    from benchmarks.bodies import own_bytes, spool_bytes

    need("/proc/self/smaps_rollup", Path("/proc/self/smaps_rollup").exists(), "run on Linux 4.14 or later")
    before = spool_bytes(os.getpid())
    descriptor = os.memfd_create("modelport-body")
    os.write(descriptor, b"x" * 1_000_000)
    assert 1_000_000 <= spool_bytes(os.getpid()) - before < 1_100_000
    assert own_bytes(os.getpid()) > 1_000_000
    os.close(descriptor)


def test_uploads_to_elsewhere_are_read_to_their_end(monkeypatch):
    from benchmarks.discard import discarding

    from benchmarks import crowd

    monkeypatch.setattr(crowd, "UPLOAD_BYTES", 3_000_000)
    with discarding() as port:
        assert crowd.upload_all(port) == {"accepted": crowd.UPLOADS}
