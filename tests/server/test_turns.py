"""Large bodies are read one piece at a time, those that began first before the others, and all of them arrive."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading

from tests.server.conftest import StartReplica

from modelport.server.turns import IN_TURN_FROM_BYTES, Turns

LARGE_BYTES = 3 * IN_TURN_FROM_BYTES
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
