"""Many requests in one read, and requests that are not what they seem: nobody else waits for them, none is misread."""

from __future__ import annotations

import socket
import threading
import time

import pytest
from tests.server.conftest import StartReplica


def test_thousands_of_requests_in_one_read_hold_up_nobody_else(start_replica: StartReplica) -> None:
    replica = start_replica()
    with socket.create_connection(("127.0.0.1", replica.port), timeout=60) as flood:
        sender = threading.Thread(target=flood.sendall, args=(b"GET /metrics HTTP/1.1\r\nhost: x\r\n\r\n" * 4000,))
        sender.start()
        time.sleep(0.02)
        waits = []
        for number in range(20):
            started = time.monotonic()
            assert replica.score([number]).json == [number]
            waits.append(time.monotonic() - started)
        flood.shutdown(socket.SHUT_RDWR)
        sender.join()
    assert max(waits) < 0.5


def test_a_large_read_of_requests_and_a_large_body_are_answered_in_order(start_replica: StartReplica) -> None:
    replica = start_replica()
    body = b'"' + b"z" * 700_000 + b'"'
    head = b"POST /score HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n"
    small = [head + b"content-length: %d\r\n\r\n%d" % (len(b"%d" % number), number) for number in range(1000)]
    large = head + b"connection: close\r\ncontent-length: %d\r\n\r\n%s" % (len(body), body)
    with socket.create_connection(("127.0.0.1", replica.port), timeout=30) as client:
        sender = threading.Thread(target=client.sendall, args=(b"".join([*small, large]),))
        sender.start()
        received = b""
        while part := client.recv(1 << 18):
            received += part
        sender.join()
    bodies = [answer.partition(b"\r\n\r\n")[2] for answer in received.split(b"HTTP/1.1 200 OK\r\n")[1:]]
    assert bodies[:-1] == [b"%d" % number for number in range(1000)]
    assert bodies[-1] == body


@pytest.mark.parametrize("endless", [b"t: u\r\n" * 20_000, b"t: " + b"u" * 100_000, b"3;" + b"e" * 100_000])
def test_trailers_and_extensions_without_end_are_refused(start_replica: StartReplica, endless: bytes) -> None:
    head = b"POST /score HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n3\r\n[1]\r\n"
    end = b"" if endless.startswith(b"3;") else b"0\r\n"
    received = start_replica().raw(head + end + endless, timeout=1)
    assert received.startswith(b"HTTP/1.1 431 ")


@pytest.mark.parametrize("version", [b"HTTP/2.0", b"HTTP/0.9", b""])
def test_other_versions_are_refused(start_replica: StartReplica, version: bytes) -> None:
    received = start_replica().raw(b"GET / " + version + b"\r\n\r\n", timeout=1)
    assert received.startswith(b"HTTP/1.1 400 ") and b"malformed-request" in received


@pytest.mark.parametrize("request_line", [b"GET /score?x=1", b"POST /score", b"GET /"])
def test_a_request_to_change_the_protocol_is_refused_once_and_not_run(
    start_replica: StartReplica, request_line: bytes
) -> None:
    replica = start_replica("def init(): pass\ndef run(raw):\n    print('it ran')\n    return 1\n")
    head = b" HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: h2c\r\ncontent-length: 3\r\n\r\n[1]"
    received = replica.raw(request_line + head, timeout=1)
    assert received.startswith(b"HTTP/1.1 400 ") and received.count(b"HTTP/1.1 ") <= 2
    assert received.count(b"\r\ncontent-type: ") == 1
    assert "it ran" not in replica.log()
