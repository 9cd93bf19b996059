"""A worker of the tests' own that breaks the wire: started in place of the user's Python, which it hands over to for
some of the starts, so that good workers stand beside bad ones.

`write_fake_python` makes the program. It reads what to do from `plan.json` in the folder it lies in: a list of ill
deeds, taken in turn by successive starts; a start that finds the word "good" (or no more words) becomes the real
Python.
"""

from __future__ import annotations

import fcntl
import json
import mmap
import os
import random
import socket
import struct
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from modelport.worker import wire

RUBBISH_JSON = [b"", b"[]", b"null", b"7", b'"x"', b"{", b"[" * 50_000, b"\xff", b'{"h": 5}', b'{"h": [1]}',
                b'{"h": [["a"]]}', b'{"c": {}, "h": {"a": 1}}', b'{"code": []}', b'{"code": "no-such-code"}',
                b'{"code": "run-failed", "detail": 5}', b'{"c": "a\\u0000b", "h": [["a b:c", "d\\u0007"]]}',
                b'{"init_seconds": "x"}', b'{"description": 5}',
                b'{"init_seconds": 1e999, "description": {"swagger": []}}']  # fmt: skip


class FakeWorker:
    """One bad worker: it says hello like a good one, then does its ill deed whenever a request comes."""

    def __init__(self, connection: socket.socket, slots_fd: int, chance: random.Random) -> None:
        self.connection = connection
        self.chance = chance
        self._slots_fd = slots_fd
        self._reader = wire.FrameReader(wire.SERVER_KINDS)
        self._slots: wire.Slots | None = None

    def frames(self) -> Iterator[wire.Frame]:
        """What the server sends, until it closes."""
        while data := self.connection.recv(1 << 18):
            yield from self._reader.feed(data)

    def say_ready(self, payload: bytes | None = None) -> None:
        """READY as a good worker sends it, or with another payload."""
        words = {"version": wire.VERSION, "python": "3.11.7", "init_seconds": 0.1, "description": {"swagger": {}}}
        self.send(wire.pack(wire.READY, 0, json.dumps(words).encode() if payload is None else payload))

    def send(self, data: bytes) -> None:
        """Send bytes as they are; the server may have hung up already."""
        try:
            self.connection.sendall(data)
        except OSError:
            os._exit(0)

    def begin(self, request: int, since: float | None = None) -> None:
        """Mark the request as begun."""
        if self._slots is None:
            self._slots = wire.Slots(mmap.mmap(self._slots_fd, wire.SLOT_BYTES), 1)
        self._slots.begin(0, request, time.monotonic() if since is None else since)

    def answer(self, request: int, body: bytes = b'"from the fake"', status: int = 200, head: bytes = b"") -> bytes:
        """A right answer, to be bent."""
        return wire.pack_answer(wire.ANSWER, request, status, 0.001, head, body)


Deed = Callable[[FakeWorker, int], None]


def mutated(worker: FakeWorker, request: int) -> None:
    """Any frame, with some bytes changed, left out or put in, or cut off."""
    chance = worker.chance
    kind = chance.choice(sorted(wire.WORKER_KINDS))
    data = bytearray(chance.choice((worker.answer(request), wire.pack(kind, request, chance.randbytes(30)))))
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(data)) if data else 0
        data[at : at + chance.randint(0, 3)] = chance.randbytes(chance.randint(0, 3))
    worker.send(bytes(data))
    worker.send(chance.randbytes(chance.choice((0, 16, 5000))))


def a_request_it_does_not_have(worker: FakeWorker, request: int) -> None:
    worker.send(worker.answer(worker.chance.choice((0, request + 1, request - 1, 2**64 - 1))))


def answers_twice(worker: FakeWorker, request: int) -> None:
    worker.send(worker.answer(request) + worker.answer(request))


def chunks_before_the_head(worker: FakeWorker, request: int) -> None:
    worker.send(wire.pack(worker.chance.choice((wire.CHUNK, wire.END)), request, b"chunk"))


def ends_what_never_began(worker: FakeWorker, request: int) -> None:
    aborts = worker.chance.random() < 0.5
    worker.send(wire.pack_json(wire.ABORT, request, {"detail": "x"}) if aborts else wire.pack(wire.END, request))


def streams_and_answers(worker: FakeWorker, request: int) -> None:
    after = (worker.answer(request), wire.pack(wire.SKIPPED, request),
             wire.pack_answer(wire.STREAM, request, 200, 0.1, b"", b"again"), wire.pack(wire.ABORT, request, b"[]"),
             wire.pack(wire.CHUNK, request, b"x" * 3_000_000))  # fmt: skip
    worker.send(wire.pack_answer(wire.STREAM, request, 200, 0.1, b"", b"first"))
    worker.send(worker.chance.choice(after))


def odd_head(worker: FakeWorker, request: int) -> None:
    head = worker.chance.choice(RUBBISH_JSON)
    kind, flags = worker.chance.choice(((wire.ANSWER, 0), (wire.ANSWER, wire.FLAG_PROBLEM), (wire.STREAM, 0)))
    worker.send(wire.pack_answer(kind, request, 200, 0.001, head, b"body", flags))


def odd_numbers(worker: FakeWorker, request: int) -> None:
    chance = worker.chance
    status = chance.choice((0, 100, 101, 199, 600, 65535, 200))
    seconds = chance.choice((float("nan"), float("inf"), -1.0, -1e308)) if status == 200 else 0.1
    worker.send(wire.pack_answer(chance.choice((wire.ANSWER, wire.STREAM)), request, status, seconds, b"", b"x"))


def lies_about_lengths(worker: FakeWorker, request: int) -> None:
    chance = worker.chance
    length = chance.choice((0, 3, 5_000, 2**31 - 1, 2**32 - 1))
    kind = chance.choice((wire.ANSWER, wire.CHUNK, wire.READY))
    worker.send(wire.HEAD.pack(length, kind, 0, wire.MAGIC, request) + b"x" * 100)


def head_longer_than_the_payload(worker: FakeWorker, request: int) -> None:
    worker.send(wire.pack(wire.ANSWER, request, struct.pack("!HdI", 200, 0.1, 2**32 - 1) + b"{}"))


def ready_twice(worker: FakeWorker, _request: int) -> None:
    worker.say_ready()


def fails_after_ready(worker: FakeWorker, _request: int) -> None:
    worker.send(wire.pack_json(wire.FAILED, 0, {"code": "init-failed", "message": "not any more"}))


def closes(worker: FakeWorker, _request: int) -> None:
    """It hangs up and goes on living."""
    worker.connection.close()
    time.sleep(30)


def exits(_worker: FakeWorker, _request: int) -> None:
    os._exit(7)


def endless_frame(worker: FakeWorker, request: int) -> None:
    kind = worker.chance.choice((wire.ANSWER, wire.CHUNK, wire.READY))
    worker.send(wire.HEAD.pack(wire.PAYLOAD_BYTES_MAX, kind, 0, wire.MAGIC, request))
    while True:
        worker.send(b"\x00" * 1_000_000)


def says_nothing(worker: FakeWorker, _request: int) -> None:
    """It takes the request and never begins it."""
    for _ in worker.frames():
        continue


def begins_in_the_future(worker: FakeWorker, request: int) -> None:
    worker.begin(request, worker.chance.choice((float("nan"), 1e18, float("inf"), 0.0)))
    for _ in worker.frames():
        continue


def other_direction(worker: FakeWorker, request: int) -> None:
    worker.send(wire.pack(worker.chance.choice(sorted(wire.SERVER_KINDS)), request, b"{}"))


def ready_with_rubbish(worker: FakeWorker, _request: int) -> None:
    worker.say_ready(worker.chance.choice(RUBBISH_JSON))


def failed_with_rubbish(worker: FakeWorker, _request: int) -> None:
    payload = worker.chance.choice([*RUBBISH_JSON, b'{"message": [], "traceback": 5, "code": 7, "line": "x"}'])
    worker.send(wire.pack(wire.FAILED, 0, payload))


def answers_before_ready(worker: FakeWorker, _request: int) -> None:
    worker.send(worker.answer(1))


WITH_A_REQUEST: dict[str, Deed] = {
    deed.__name__: deed
    for deed in (mutated, a_request_it_does_not_have, answers_twice, chunks_before_the_head, ends_what_never_began,
                 streams_and_answers, odd_head, odd_numbers, lies_about_lengths, head_longer_than_the_payload,
                 ready_twice, fails_after_ready, closes, exits, endless_frame, says_nothing, begins_in_the_future,
                 other_direction)
}  # fmt: skip
BEFORE_READY: dict[str, Deed] = {
    deed.__name__: deed
    for deed in (ready_with_rubbish, failed_with_rubbish, answers_before_ready, closes, exits, mutated)
}


def write_fake_python(folder: Path, plan: list[str], seed: int) -> str:
    """Make a program that stands in place of Python and does what `plan` says; returns its path."""
    (folder / "plan.json").write_text(json.dumps({"plan": plan, "seed": seed, "next": 0}))
    program = folder / "python"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{Path(__file__)}" "{folder / "plan.json"}" "$@"\n')
    program.chmod(0o755)
    return str(program)


def _next_deed(path: str) -> tuple[str, int]:
    with open(path, "r+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        words: dict[str, Any] = json.load(file)
        number = words["next"]
        words["next"] += 1
        file.seek(0)
        file.truncate()
        json.dump(words, file)
    plan = words["plan"]
    return (plan[number] if number < len(plan) else "good"), words["seed"] * 1000 + number


def main() -> None:
    name, seed = _next_deed(sys.argv[1])
    if name == "good":
        os.execv(sys.executable, [sys.executable, *sys.argv[2:]])
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM, 0, int(sys.argv[3]))
    worker = FakeWorker(connection, int(sys.argv[4]), random.Random(seed))
    print(f"the fake does: {name}", flush=True)
    phase, _, deed = name.partition(":")
    frames = worker.frames()
    next(frames)
    if phase == "before-ready":
        BEFORE_READY[deed](worker, 0)
        time.sleep(0.3)
        os._exit(9)
    worker.say_ready()
    for kind, _, request, _ in frames:
        if kind == wire.REQUEST:
            if worker.chance.random() < 0.5:
                worker.begin(request)
            WITH_A_REQUEST[deed](worker, request)


if __name__ == "__main__":
    main()
