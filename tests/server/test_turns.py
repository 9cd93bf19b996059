"""Large bodies are read one piece at a time, those that began first before the others, and all of them arrive."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading

from tests.server.conftest import StartReplica
from tests.server.test_connection import Answers

from modelport.manifest import Limits
from modelport.server.bodies import BodyBudget
from modelport.server.connection import Connection
from modelport.server.handler import Shared
from modelport.server.turns import IN_TURN_FROM_BYTES, Turns

ONE_READ_BYTES = 256 * 1024  # what the event loop reads of a client at a time
LARGE_BYTES = 6 * ONE_READ_BYTES
COUNT = """
    from azureml.contrib.services.aml_request import rawhttp
    def init():
        print("init ran")
    @rawhttp
    def run(request):
        return len(request.get_data().strip())
"""


def test_one_goes_in_each_turn_of_the_loop_and_the_oldest_first() -> None:
    gone: list[str] = []

    async def take_turns() -> list[list[str]]:
        turns = Turns(asyncio.get_running_loop())
        for since, name in ((3.0, "new"), (1.0, "old"), (2.0, "younger")):
            turns.wait(since, lambda name=name: gone.append(name))  # type: ignore[misc]
        seen = []
        for _ in range(4):
            await asyncio.sleep(0)
            seen.append(list(gone))
        return seen

    all_three = ["old", "younger", "new"]
    assert asyncio.run(take_turns()) == [all_three[:1], all_three[:2], all_three, all_three]


class Source(asyncio.Transport):
    """A client's side that tells whether it is being read."""

    def __init__(self) -> None:
        super().__init__()
        self.is_read = True

    def pause_reading(self) -> None:
        self.is_read = False

    def resume_reading(self) -> None:
        self.is_read = True

    def is_closing(self) -> bool:
        return False


def test_a_large_body_waits_for_its_turn_after_one_read_of_it() -> None:
    async def read() -> list[bool]:
        loop = asyncio.get_running_loop()
        turns = Turns(loop)
        shared = Shared(Answers(1), Limits(), BodyBudget(1 << 30), lambda: b"id", set(), turns)
        connection, source = Connection(shared, loop), Source()
        connection.connection_made(source)
        head = b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: %d\r\n\r\n" % LARGE_BYTES
        connection.data_received(head + b"x" * (IN_TURN_FROM_BYTES - len(head)))
        seen = [source.is_read]
        connection.data_received(b"x" * (ONE_READ_BYTES - IN_TURN_FROM_BYTES))
        turns.wait(0.0, lambda: None)  # one that has been at it longer
        seen.append(source.is_read)
        await asyncio.sleep(0)
        seen.append(source.is_read)
        await asyncio.sleep(0)
        seen.append(source.is_read)
        connection.connection_lost(None)
        return seen

    assert asyncio.run(read()) == [True, False, False, True]


def test_many_large_bodies_at_once_arrive_whole(start_replica: StartReplica) -> None:
    replica = start_replica(COUNT, max_request_wait_time_ms=20_000)
    found = []

    def upload(byte: bytes) -> None:
        answer = replica.ask("POST", "/score", byte * LARGE_BYTES, content_type="application/octet-stream")
        found.append((answer.status, answer.json))

    threads = [threading.Thread(target=upload, args=(b"%d" % number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [(200, LARGE_BYTES)] * 6


def test_clients_that_leave_in_the_middle_leave_nothing_behind(start_replica: StartReplica) -> None:
    replica = start_replica(COUNT, body_budget_bytes=2 * LARGE_BYTES)
    head = b"POST /score HTTP/1.1\r\nhost: x\r\ncontent-length: %d\r\n\r\n" % LARGE_BYTES
    for _ in range(6):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", replica.port), timeout=5) as client:
            client.sendall(head + b"x" * (LARGE_BYTES - 1))
    replica.wait_for(lambda: b"\nmodelport_connections 1.0\n" in replica.ask("GET", "/metrics").body)
    answer = replica.ask("POST", "/score", b"x" * LARGE_BYTES, content_type="application/octet-stream")
    assert (answer.status, answer.json) == (200, LARGE_BYTES)


def test_a_large_body_that_is_refused_in_the_middle_is_told_why(start_replica: StartReplica) -> None:
    replica = start_replica(COUNT, body_budget_bytes=LARGE_BYTES)
    answer = replica.ask("POST", "/score", b"x" * (LARGE_BYTES + 1000), content_type="application/octet-stream")
    assert (answer.status, answer.json["code"]) == (503, "body-budget")
    assert replica.ask("GET", "/livez").status == 200
