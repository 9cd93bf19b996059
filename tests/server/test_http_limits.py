"""What is refused, with which status, before it costs anything."""

from __future__ import annotations

import socket
import time

import pytest
from tests.server.conftest import ECHO, StartReplica


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/nothing", 404, "path-unknown"),
        ("DELETE", "/score", 405, "method-not-allowed"),
        ("POST", "/", 405, "method-not-allowed"),
        ("GET", "/swagger.json?version=9", 404, "swagger-version-unknown"),
    ],
)
def test_explains_what_it_refuses(start_replica: StartReplica, method: str, path: str, status: int, code: str) -> None:
    answer = start_replica().ask(method, path, b"" if method == "POST" else None)
    assert (answer.status, answer.json["code"]) == (status, code)
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json["request_id"] == answer.headers["x-request-id"]


def test_refuses_a_body_over_the_limit_before_reading_it(start_replica: StartReplica) -> None:
    replica = start_replica(max_body_bytes=1000)
    received = replica.raw(b"POST /score HTTP/1.1\r\nhost: x\r\ncontent-length: 5000000000\r\n\r\n", timeout=1)
    assert received.startswith(b"HTTP/1.1 413 ") and b"body-too-large" in received


def test_counts_a_chunked_body_as_it_arrives(start_replica: StartReplica) -> None:
    replica = start_replica(max_body_bytes=1000)
    chunks = b"".join(b"1f4\r\n" + b"x" * 500 + b"\r\n" for _ in range(3))
    received = replica.raw(b"POST /score HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n" + chunks, timeout=1)
    assert received.startswith(b"HTTP/1.1 413 ")


def test_delivers_the_refusal_to_a_client_that_is_still_sending(start_replica: StartReplica) -> None:
    replica = start_replica(max_body_bytes=1000)
    answer = replica.ask("POST", "/score", b"x" * 400_000)
    assert answer.status == 413


def test_refuses_headers_over_the_limit(start_replica: StartReplica) -> None:
    replica = start_replica()
    received = replica.raw(b"GET / HTTP/1.1\r\nhost: x\r\nbig: " + b"x" * 70_000 + b"\r\n\r\n", timeout=1)
    assert received.startswith(b"HTTP/1.1 431 ") and b"headers-too-large" in received


def test_refuses_an_endless_header_that_never_ends(start_replica: StartReplica) -> None:
    received = start_replica().raw(b"GET / HTTP/1.1\r\nhost: " + b"x" * 70_000, timeout=1)
    assert received.startswith(b"HTTP/1.1 431 ")


def test_refuses_a_request_id_of_more_than_a_hundred_characters(start_replica: StartReplica) -> None:
    replica = start_replica()
    assert replica.score([], x_request_id="r" * 100).status == 200
    assert replica.score([], x_request_id="r" * 101).status == 431


def test_gives_up_on_headers_that_come_too_slowly(start_replica: StartReplica) -> None:
    replica = start_replica(header_timeout_seconds=0.4)
    started = time.monotonic()
    received = replica.raw(b"GET / HTTP/1.1\r\nhost:", timeout=5)
    assert received.startswith(b"HTTP/1.1 408 ") and 0.3 < time.monotonic() - started < 4


@pytest.mark.parametrize("rubbish", [b"\x16\x03\x01\x02\x00\x01\x00", b"NONSENSE\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n"])
def test_answers_rubbish_with_400_and_a_reason(start_replica: StartReplica, rubbish: bytes) -> None:
    received = start_replica().raw(rubbish + b"\r\n\r\n", timeout=2)
    assert received.startswith(b"HTTP/1.1 400 ") and b"malformed-request" in received


def test_asks_for_a_length_where_a_body_belongs(start_replica: StartReplica) -> None:
    received = start_replica().raw(b"POST /score HTTP/1.1\r\nhost: x\r\n\r\n", timeout=1)
    assert received.startswith(b"HTTP/1.1 411 ") and b"length-missing" in received


def test_refuses_conflicting_lengths(start_replica: StartReplica) -> None:
    head = b"POST /score HTTP/1.1\r\nhost: x\r\ncontent-length: 3\r\ntransfer-encoding: chunked\r\n\r\n"
    received = start_replica().raw(head + b"3\r\n[1]\r\n0\r\n\r\n", timeout=1)
    assert received.startswith(b"HTTP/1.1 400 ")


def test_invites_a_client_that_waits_for_permission_to_send(start_replica: StartReplica) -> None:
    replica = start_replica()
    with socket.create_connection(("127.0.0.1", replica.port), timeout=5) as connection:
        connection.sendall(b"POST /score HTTP/1.1\r\nhost: x\r\nexpect: 100-continue\r\ncontent-length: 3\r\n\r\n")
        assert connection.recv(1000).startswith(b"HTTP/1.1 100 ")
        connection.sendall(b"[7]")
        assert b"[7]" in connection.recv(10000)


def test_keeps_all_large_bodies_within_one_budget(start_replica: StartReplica) -> None:
    replica = start_replica(body_budget_bytes=1_000_000)
    answer = replica.ask("POST", "/score", b"[" + b" " * 2_000_000 + b"]")
    assert (answer.status, answer.json["code"]) == (503, "body-budget")
    assert answer.headers["retry-after"] == "1"
    assert replica.score([1]).status == 200


def test_asks_for_a_key_before_it_reads_the_body(start_replica: StartReplica, tmp_path: object) -> None:
    keys = f"{tmp_path}/keys.json"
    with open(keys, "w") as file:
        file.write('{"primary": "first-key", "secondary": "second-key"}')
    replica = start_replica(ECHO, auth_enabled=True, keys_file=keys)
    refused = replica.score([1])
    assert (refused.status, refused.headers["www-authenticate"]) == (401, "Bearer")
    assert replica.score([1], authorization="Bearer wrong").json["code"] == "key-missing"
    assert replica.score([1], authorization="Bearer first-key").status == 200
    assert replica.score([1], authorization="Bearer second-key").status == 200
    with open(keys, "w") as file:
        file.write('{"primary": "third-key", "secondary": "second-key"}')
    assert replica.score([1], authorization="Bearer first-key").status == 401
    assert replica.score([1], authorization="Bearer third-key").status == 200
    assert replica.ask("GET", "/").status == 200


def test_lets_browsers_of_configured_origins_in(start_replica: StartReplica) -> None:
    replica = start_replica(cors_origins=["https://app.example"])
    preflight = replica.ask("OPTIONS", "/score", origin="https://app.example", access_control_request_method="POST")
    assert preflight.status == 200
    assert preflight.headers["access-control-allow-origin"] == "https://app.example"
    assert "POST" in preflight.headers["access-control-allow-methods"]
    assert replica.score([1], origin="https://app.example").headers["access-control-allow-origin"] == "https://app.example"
    assert "access-control-allow-origin" not in replica.score([1], origin="https://other.example").headers
    refused = replica.ask("DELETE", "/score", origin="https://app.example")
    assert (refused.status, refused.headers["allow"]) == (405, "POST, GET, OPTIONS")
    assert refused.headers["access-control-allow-origin"] == "https://app.example"


def test_takes_a_target_with_scheme_and_host_as_proxies_send_it(start_replica: StartReplica) -> None:
    head = b"POST http://model.example/score HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: 3\r\n\r\n[7]"
    assert start_replica().raw(head).endswith(b"[7]")
