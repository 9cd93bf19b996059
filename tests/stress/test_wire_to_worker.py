"""A server that breaks the wire: the real worker ends, and never hangs; what it answered before was right."""

from __future__ import annotations

import contextlib
import json
import mmap
import os
import random
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.stress.conftest import Size

from modelport.server.launching import worker_main
from modelport.worker import wire

SCRIPT = """
import json
def init(): pass
def run(raw_data):
    value = json.loads(raw_data)
    return (b"x" * 1000 for _ in range(value["stream"])) if isinstance(value, dict) and "stream" in value else value
"""
ENDS_WITHIN_SECONDS = 10.0
HEADS = [b"", b"[]", b"{}", b"{", b'{"m": "POST"}', b'{"m": 5, "t": 7, "h": [1]}', b"[" * 50_000, b"\xff",
         b'{"m": "GET", "t": "/score?a=1", "h": []}',
         b'{"m": "", "t": "", "c": "text/plain", "h": [["a", "b"]]}']  # fmt: skip


class FakeServer:
    """The server's end of a real worker."""

    def __init__(self, app: Path, threads: int, chance: random.Random) -> None:
        self.chance = chance
        self._threads = threads
        self._script = app / "score.py"
        self._script.write_text(SCRIPT)
        self.connection, theirs = socket.socketpair()
        self.connection.settimeout(ENDS_WITHIN_SECONDS)
        slots_fd = os.memfd_create("slots")
        os.ftruncate(slots_fd, wire.page_bytes(threads))
        self.page = mmap.mmap(slots_fd, wire.page_bytes(threads))
        words = [sys.executable, worker_main(), str(theirs.fileno()), str(slots_fd)]
        self.process = subprocess.Popen(
            words, pass_fds=(theirs.fileno(), slots_fd), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, cwd=app
        )
        theirs.close()
        os.close(slots_fd)
        self._reader = wire.FrameReader(wire.WORKER_KINDS)
        self._frames: list[wire.Frame] = []

    def hello(self, **changes: object) -> bytes:
        """A hello, right but for the changes."""
        words = {"version": wire.VERSION, "script": str(self._script), "app_root": str(self._script.parent),
                 "threads": self._threads, "slots_bytes": wire.page_bytes(self._threads)}  # fmt: skip
        return wire.pack_json(wire.HELLO, 0, {**words, **changes})

    def send(self, data: bytes) -> None:
        """Send bytes as they are; the worker may have ended already."""
        with contextlib.suppress(OSError):
            self.connection.sendall(data)

    def receive(self) -> wire.Frame:
        """The next frame."""
        while not self._frames:
            data = self.connection.recv(1 << 18)
            assert data, "the worker ended: " + self.errors()
            self._frames = self._reader.feed(data)
        return self._frames.pop(0)

    def ready(self) -> None:
        """Begin as a good server does."""
        self.send(self.hello())
        assert self.receive()[0] == wire.READY

    def is_right(self, number: int) -> bool:
        """Whether the worker answers a valid request with its own number."""
        self.send(wire.pack_request(number, b"%d" % number, b"id"))
        kind, _, request, payload = self.receive()
        return (kind, request, wire.unpack_answer(payload)[3]) == (wire.ANSWER, number, b"%d" % number)

    def end(self) -> int:
        """Close, and wait until the worker has ended; returns its exit code."""
        with contextlib.suppress(OSError):
            self.connection.shutdown(socket.SHUT_WR)
        with contextlib.suppress(OSError):
            while self.connection.recv(1 << 18):
                continue
        self.connection.close()
        try:
            return self.process.wait(ENDS_WITHIN_SECONDS)
        finally:
            self.page.close()
            if self.process.poll() is None:
                self.process.kill()
                self.process.wait()
            self.process.stderr.close()  # type: ignore[union-attr]

    def errors(self) -> str:
        """What the worker wrote to its standard error until it ended."""
        return self.process.stderr.read().decode()  # type: ignore[union-attr]


def mutated(server: FakeServer) -> bytes:
    """A valid frame with bytes changed, left out or put in, or cut off."""
    chance = server.chance
    request = wire.pack_request(3, b"[1]", b"id", 0.0, b"{}")
    frames = (request, wire.pack(wire.CANCEL, 3), wire.pack(wire.CREDIT, 3, b"\x00" * 8))
    data = bytearray(chance.choice(frames))
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(data)) if data else 0
        data[at : at + chance.randint(0, 3)] = chance.randbytes(chance.randint(0, 3))
    return bytes(data) + chance.randbytes(chance.choice((0, 16, 4000)))


def rubbish(server: FakeServer) -> bytes:
    return server.chance.randbytes(server.chance.randint(16, 5000))


def odd_request(server: FakeServer) -> bytes:
    chance = server.chance
    head = chance.choice(HEADS)
    body, begin_before = chance.choice((b"", b"[1]", b"\xff" * 9)), chance.choice((0.0, float("nan"), -1.0))
    return wire.pack_request(5, body, chance.randbytes(20), begin_before, head)


def short_request(server: FakeServer) -> bytes:
    return wire.pack(wire.REQUEST, 5, server.chance.randbytes(server.chance.randint(0, 20)))


def body_that_never_came(_server: FakeServer) -> bytes:
    return wire.pack_request(5, b"", b"id", descriptor=True)


def body_in_a_pipe(server: FakeServer) -> bytes:
    reading, writing = os.pipe()
    socket.send_fds(server.connection, [wire.pack_request(5, b"", b"id", descriptor=True)], [reading])
    os.close(reading)
    os.close(writing)
    return b""


def bad_credit(server: FakeServer) -> bytes:
    stream = wire.pack_request(5, b'{"stream": 5000}', b"id")
    return stream + wire.pack(wire.CREDIT, 5, server.chance.randbytes(server.chance.choice((0, 3, 9, 500))))


def other_direction(server: FakeServer) -> bytes:
    return wire.pack(server.chance.choice(sorted(wire.WORKER_KINDS)), 5, b"{}")


def second_hello(server: FakeServer) -> bytes:
    return server.hello()


def huge_length(server: FakeServer) -> bytes:
    length = server.chance.choice((2**31 - 1, 2**32 - 1, wire.PAYLOAD_BYTES_MAX + 1))
    return wire.HEAD.pack(length, wire.REQUEST, 0, wire.MAGIC, 5) + b"x" * 1000


def cut_off(server: FakeServer) -> bytes:
    frame = wire.pack_request(5, b"[1]" * 100, b"id")
    return frame[: server.chance.randrange(len(frame))]


def unknown_requests(_server: FakeServer) -> bytes:
    credit = b"\xff" * 8
    return b"".join(wire.pack(wire.CANCEL, number) + wire.pack(wire.CREDIT, number, credit) for number in range(50))


DEEDS: dict[str, Callable[[FakeServer], bytes]] = {
    deed.__name__: deed
    for deed in (mutated, rubbish, odd_request, short_request, body_that_never_came, body_in_a_pipe, bad_credit,
                 other_direction, second_hello, huge_length, cut_off, unknown_requests)
}  # fmt: skip
# After these the worker cannot go on: it has to end by itself, with the exit code that says why.
FATAL = {
    "rubbish", "short_request", "body_that_never_came", "bad_credit", "other_direction", "second_hello", "huge_length"
}  # fmt: skip
EXIT_BROKEN = 70


@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("deed", sorted(DEEDS))
def test_a_worker_survives_or_ends(tmp_path: Path, size: Size, deed: str, threads: int) -> None:
    for number in range(size.of(1, 40)):
        server = FakeServer(tmp_path, threads, random.Random(size.seed * 1000 + number))
        try:
            server.ready()
            assert server.is_right(1) and server.is_right(2)
            server.send(DEEDS[deed](server))
            if deed in FATAL:
                wait_until_ended(server)
        finally:
            code = server.end()
        assert code in ((EXIT_BROKEN,) if deed in FATAL else (0, EXIT_BROKEN)), (number, code)


def wait_until_ended(server: FakeServer) -> None:
    """The worker has to end although its socket stays open."""
    deadline = time.monotonic() + ENDS_WITHIN_SECONDS
    with contextlib.suppress(OSError):
        while server.connection.recv(1 << 18) and time.monotonic() < deadline:
            continue
    server.process.wait(ENDS_WITHIN_SECONDS)


@pytest.mark.parametrize(
    "changes",
    [{"version": wire.VERSION + 1}, {"version": None}, {"script": 5}, {"threads": 0}, {"threads": "x"},
     {"slots_bytes": 0}, {"app_root": []}, {"slots_bytes": 10**9}, {"script": "/nowhere/score.py"}],
)  # fmt: skip
def test_a_worker_ends_at_a_hello_it_cannot_use(tmp_path: Path, changes: dict[str, object]) -> None:
    server = FakeServer(tmp_path, 1, random.Random(1))
    server.send(server.hello(**changes))
    server.process.wait(ENDS_WITHIN_SECONDS)
    assert server.end() != 0


@pytest.mark.parametrize(
    "first",
    [b"\x00" * 16, wire.pack(wire.HELLO, 0, b"[]"), wire.pack(wire.HELLO, 0, b"[" * 50_000), wire.pack(wire.QUIT, 0),
     wire.pack_request(1, b"[1]", b"id")],
)  # fmt: skip
def test_a_worker_ends_at_rubbish_in_place_of_a_hello(tmp_path: Path, first: bytes) -> None:
    server = FakeServer(tmp_path, 1, random.Random(1))
    server.send(first)
    server.process.wait(ENDS_WITHIN_SECONDS)
    assert server.end() == EXIT_BROKEN


def test_what_comes_right_behind_the_hello_is_not_lost(tmp_path: Path) -> None:
    server = FakeServer(tmp_path, 1, random.Random(1))
    server.send(server.hello() + wire.pack_request(1, json.dumps(7).encode(), b"id") + wire.pack(wire.QUIT, 0))
    assert [server.receive()[0] for _ in range(2)] == [wire.READY, wire.ANSWER]
    assert server.end() == 0
