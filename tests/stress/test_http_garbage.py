"""Garbage on HTTP: only documented statuses, nothing leaks, and whoever asks decently is answered correctly."""

from __future__ import annotations

import asyncio
import contextlib
import re
import socket
import struct
import time
from collections import Counter

import pytest
from tests.server.conftest import RunningReplica, StartReplica
from tests.stress.conftest import Size
from tests.stress.http_garbage import Attack, Garbage, score
from tests.stress.neighbours import Neighbourhood
from tests.stress.observe import look, own_kib

pytestmark = pytest.mark.timeout(1200)  # the long form of a test takes a minute where nothing else runs

DOCUMENTED = {100, 200, 400, 401, 404, 405, 408, 411, 413, 415, 431, 502, 503, 504}
SCRIPT = """
    import json
    def init():
        print("init ran")
    def run(raw_data):
        value = json.loads(raw_data)
        if isinstance(value, dict) and "stream" in value:
            return stream(value["stream"])
        return value
    def stream(count):
        for number in range(count):
            yield b"x" * 30_000
"""
ANSWER = re.compile(rb"HTTP/1\.1 (\d{3}) [^\r\n]*\r\n((?:[^\r\n]+\r\n)*)\r\n")


def statuses(received: bytes) -> list[int]:
    """The status of each answer in what one connection received; fails where something else stands between them."""
    found, at = [], 0
    while at < len(received):
        match = ANSWER.match(received, at)
        if match is None:
            assert b"\r\n\r\n" not in received[at:], f"no answer begins here: {received[at : at + 300]!r}"
            break
        found.append(int(match[1]))
        at = match.end()
        length = re.search(rb"content-length: (\d+)", match[2])
        if not received.startswith(b"HTTP/1.1 ", at):  # the answer to HEAD has no body
            at = len(received) if length is None and found[-1] != 100 else at + int(length[1] if length else 0)
    return found


async def send(port: int, attack: Attack) -> bytes:
    """Do what the attack says, and return what came back."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    received = b""
    try:
        with contextlib.suppress(OSError, TimeoutError, asyncio.TimeoutError):
            for part in attack.parts:
                writer.write(part)
                await asyncio.wait_for(writer.drain(), 5)
                if attack.pause_seconds:
                    await asyncio.sleep(attack.pause_seconds)
            if attack.end == "half-close":
                writer.write_eof()
            if attack.end in ("wait", "half-close"):
                while data := await asyncio.wait_for(reader.read(1 << 18), 0.05):
                    received += data
    finally:
        if attack.end == "reset":
            plain = writer.get_extra_info("socket")
            plain.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()
    return received


async def bombard(port: int, garbage: Garbage, count: int) -> dict[int, int]:
    """Send so many attacks, some at a time, and count the statuses of the answers."""
    counted: dict[int, int] = {}
    left = count

    async def attacker() -> None:
        nonlocal left
        while left > 0:
            left -= 1
            attack = garbage.next()
            received = await send(port, attack)
            for status in statuses(received):
                counted[status] = counted.get(status, 0) + 1
                assert status in DOCUMENTED, f"{status} to {attack.name}: {attack.parts!r:.500}"

    await asyncio.gather(*(attacker() for _ in range(8)))
    return counted


def replica_for(start_replica: StartReplica, **limits: float) -> RunningReplica:
    return start_replica(SCRIPT, workers=2, max_request_wait_time_ms=20_000, **limits)


def test_garbage_harms_nobody(start_replica: StartReplica, size: Size) -> None:
    replica = replica_for(start_replica)
    garbage = Garbage(size.seed)
    warm_up, count = size.of(100, 500), size.of(200, 10_000)  # what is imported on first use is no growth
    with Neighbourhood(replica.port):
        asyncio.run(bombard(replica.port, garbage, warm_up))
    before = look(replica)
    counted: Counter[int] = Counter()
    memory = []
    with Neighbourhood(replica.port, count=size.of(100, 10_000)) as neighbours:
        for _ in range(4):
            counted.update(asyncio.run(bombard(replica.port, garbage, count // 4)))
            memory.append(own_kib(before.pid))
    after = look(replica)
    print("memory after each quarter, KiB:", memory)
    print(f"{count} attacks: {dict(sorted(counted.items()))}\nneighbours: {neighbours.seen}\n{before}\n{after}")
    assert (after.pid, after.workers, after.files, after.connections) == (before.pid, before.workers, before.files, 0)
    assert replica.status()["queue_length"] == 0
    assert "Traceback" not in (replica.directory / "server.out").read_text()
    if size.long:
        assert after.own_kib < before.own_kib * 1.05


def test_garbage_slows_others_at_most_to_half(start_replica: StartReplica, size: Size) -> None:
    """Timed: the long form alone asserts it, against the same neighbours just before."""
    replica = replica_for(start_replica)
    garbage = Garbage(size.seed + 1)
    asyncio.run(bombard(replica.port, garbage, size.of(20, 1_000)))
    rounds = []
    for _ in range(size.of(1, 3)):
        with Neighbourhood(replica.port, pause_seconds=0.005, count=size.of(50, 3_000)) as alone:
            time.sleep(size.of(0, 8))
        with Neighbourhood(replica.port, pause_seconds=0.005, count=size.of(50, 3_000)) as among:
            asyncio.run(rate_limited(replica.port, garbage, size.of(30, 800)))
        rounds.append((among.seen["p99_ms"], alone.seen["p99_ms"]))
    print("p99 in ms among garbage and alone, by round:", rounds)
    if size.long:
        assert min(among / alone for among, alone in rounds) < 2


async def rate_limited(port: int, garbage: Garbage, count: int) -> None:
    """Garbage at 100 a second: the tester shares the processors with the replica, and is not what is measured."""
    for _ in range(count):
        attack = garbage.next()
        await send(port, attack)
        await asyncio.sleep(0.01)


def test_slow_loris_is_cut_off_and_nobody_else_waits(start_replica: StartReplica, size: Size) -> None:
    replica = replica_for(start_replica, header_timeout_seconds=size.of(1, 5))
    before = look(replica)
    sockets = [socket.create_connection(("127.0.0.1", replica.port)) for _ in range(size.of(50, 500))]
    with Neighbourhood(replica.port, count=size.of(50, 1_000)) as neighbours:
        answered = drip(list(sockets), seconds=size.of(3, 9))
    print(f"{answered} of {len(sockets)} answered; neighbours: {neighbours.seen}")
    assert answered == len(sockets)
    assert look(replica).files == before.files


def drip(sockets: list[socket.socket], seconds: float) -> int:
    """Send each a byte now and then; returns how many were told 408 and closed."""
    head = b"POST /score HTTP/1.1\r\nhost: x\r\nx-slow: "
    answered = 0
    deadline = time.monotonic() + seconds
    for each in sockets:
        each.sendall(head)
    while sockets and time.monotonic() < deadline:
        time.sleep(0.2)
        for each in list(sockets):
            with contextlib.suppress(BlockingIOError):
                each.setblocking(False)
                if (received := each.recv(4096)).startswith(b"HTTP/1.1 408 "):
                    answered += 1
                if received:
                    each.close()
                    sockets.remove(each)
                    continue
            with contextlib.suppress(OSError):
                each.sendall(b"z")
    for each in sockets:
        each.close()
    return answered


def test_bodies_over_the_limit_are_refused_and_leave_nothing(start_replica: StartReplica, size: Size) -> None:
    limit = size.of(2_000_000, 100 * 1024 * 1024)
    replica = replica_for(start_replica, max_body_bytes=limit)
    replica.score([1])
    before = look(replica)
    chunk = b"10000\r\n" + b"x" * 65536 + b"\r\n"
    with Neighbourhood(replica.port, count=50):
        for _ in range(size.of(2, 4)):
            with socket.create_connection(("127.0.0.1", replica.port), timeout=30) as client:
                client.sendall(b"POST /score HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n")
                sent = 0
                with contextlib.suppress(OSError):
                    while sent < 2 * limit:
                        client.sendall(chunk)
                        sent += 65536
                assert client.recv(4096).startswith(b"HTTP/1.1 413 ")
        head = b"POST /score HTTP/1.1\r\nhost: x\r\ncontent-length: %d\r\n\r\n"
        declared = replica.raw(head % (2 * limit), timeout=5)
        assert declared.startswith(b"HTTP/1.1 413 ")
    after = look(replica)
    print(before, after, sep="\n")
    assert (after.pid, after.files) == (before.pid, before.files)
    assert after.own_kib < before.own_kib + limit / 1024 / 10


def test_many_pipelined_requests_are_all_answered_in_order(start_replica: StartReplica, size: Size) -> None:
    replica = replica_for(start_replica)
    count = size.of(500, 20_000)
    with socket.create_connection(("127.0.0.1", replica.port), timeout=60) as client, Neighbourhood(replica.port):
        received = asyncio.run(pipelined(client, [score(b"%d" % number) for number in range(count)]))
    numbers = [int(body) for body in re.findall(rb"\r\n\r\n(\d+)(?=HTTP/1\.1 |$)", received)]
    assert numbers == list(range(count))


async def pipelined(client: socket.socket, requests: list[bytes]) -> bytes:
    client.setblocking(False)
    reader, writer = await asyncio.open_connection(sock=client)
    writer.write(b"".join(requests[:-1]) + requests[-1].replace(b"host: x", b"host: x\r\nconnection: close"))
    received = await asyncio.wait_for(reader.read(), 60)
    writer.close()
    return received
