"""A connection and a client that does not read: what is taken from it, and for how long it is borne."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import socket
import time
import weakref
from collections.abc import AsyncIterator, Iterator

import pytest

from modelport.manifest import Limits
from modelport.server.bodies import BodyBudget
from modelport.server.connection import READER_PAUSE_SECONDS_MAX, Connection
from modelport.server.exchange import Exchange
from modelport.server.handler import Shared
from modelport.server.problem import Problem
from modelport.server.turns import Turns

REQUEST = b"GET / HTTP/1.1\r\nhost: x\r\n\r\n"
HALF_A_BODY = b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\n[1"


class Answers:
    """Answers everything at once, with so many bytes."""

    def __init__(self, size: int) -> None:
        self.handled = 0
        self._body = b"x" * size

    def begin(self, exchange: Exchange) -> None:
        """Refuses nothing."""

    def handle(self, exchange: Exchange) -> None:
        self.handled += 1
        exchange.connection.answer(exchange, 200, (), self._body)

    def refused(self, exchange: Exchange, problem: Problem) -> None:
        """Records nothing."""

    def leave(self, exchange: Exchange) -> None:
        """Lends nothing."""

    def drained(self, exchange: Exchange, size: int) -> None:
        """Streams nothing."""

    def finished(self, status: int) -> None:
        """Counts nothing."""


class Fails(Answers):
    """Has a fault at the first request."""

    def handle(self, exchange: Exchange) -> None:
        if not self.handled:
            self.handled += 1
            raise RuntimeError("a fault of our own")
        super().handle(exchange)


@contextlib.asynccontextmanager
async def connected(handler: Answers) -> AsyncIterator[tuple[Connection, socket.socket]]:
    loop = asyncio.get_running_loop()
    shared = Shared(handler, Limits(), BodyBudget(1000), lambda: b"id", set(), Turns(loop))
    ours, theirs = socket.socketpair()
    connection = Connection(shared, loop)
    transport, _ = await loop.connect_accepted_socket(lambda: connection, ours)
    theirs.setblocking(False)
    try:
        yield connection, theirs
    finally:
        transport.abort()
        theirs.close()
        await asyncio.sleep(0)


async def ask_without_reading(client: socket.socket, times: int) -> None:
    for _ in range(times):
        with contextlib.suppress(BlockingIOError):
            client.send(REQUEST)
        await asyncio.sleep(0.001)


def test_no_more_requests_are_taken_while_the_answers_pile_up() -> None:
    async def talk() -> None:
        handler = Answers(100_000)
        async with connected(handler) as (_, client):
            await ask_without_reading(client, 100)
            held_at = handler.handled
            assert held_at < 20
            read = 0
            while read < 100 * 100_000:
                read += len(await asyncio.get_running_loop().sock_recv(client, 1 << 20))
            assert handler.handled == 100

    asyncio.run(asyncio.wait_for(talk(), 20))


def test_a_client_that_reads_nothing_is_cut_off() -> None:
    async def talk() -> None:
        async with connected(Answers(100_000)) as (connection, client):
            await ask_without_reading(client, 20)
            connection.check_time(time.monotonic() + 3 * READER_PAUSE_SECONDS_MAX)
            await asyncio.sleep(0.01)
            read = 0
            with contextlib.suppress(ConnectionResetError):
                while part := await asyncio.get_running_loop().sock_recv(client, 1 << 20):
                    read += len(part)
            assert read < 20 * 100_000

    asyncio.run(asyncio.wait_for(talk(), 20))


def test_a_client_that_reads_a_large_answer_slowly_is_borne() -> None:
    async def talk() -> None:
        async with connected(Answers(10_000_000)) as (connection, client):
            await ask_without_reading(client, 1)
            later = time.monotonic()
            for _ in range(3):
                await asyncio.get_running_loop().sock_recv(client, 1 << 20)
                await asyncio.sleep(0.01)
                later += 3 * READER_PAUSE_SECONDS_MAX
                connection.check_time(later)
            await asyncio.sleep(0.01)
            assert len(await asyncio.get_running_loop().sock_recv(client, 1 << 20)) > 0

    asyncio.run(asyncio.wait_for(talk(), 20))


@pytest.fixture
def no_collector() -> Iterator[None]:
    """Nothing looks for circles: what only a collector could free stays."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


@pytest.mark.usefixtures("no_collector")
@pytest.mark.parametrize(
    "sent",
    [b"", REQUEST, REQUEST[:9], b"NONSENSE\r\n\r\n", HALF_A_BODY, REQUEST * 999],
    ids=["nothing", "a request", "half a head", "rubbish", "half a body", "a pipeline"],
)
def test_a_connection_that_ended_is_freed_at_once(sent: bytes) -> None:
    async def talk() -> weakref.ref[Connection]:
        async with connected(Answers(10)) as (connection, client):
            client.send(sent)
            await asyncio.sleep(0.01)
            return weakref.ref(connection)

    async def freed() -> bool:
        found = await talk()
        deadline = time.monotonic() + 5
        while found() is not None and time.monotonic() < deadline:
            await asyncio.sleep(0.005)
        return found() is None

    assert asyncio.run(asyncio.wait_for(freed(), 20))


def test_a_fault_of_our_own_is_answered_logged_and_survived(caplog: pytest.LogCaptureFixture) -> None:
    async def talk() -> None:
        async with connected(Fails(10)) as (_, client):
            loop = asyncio.get_running_loop()
            await loop.sock_sendall(client, REQUEST)
            answer = await loop.sock_recv(client, 1 << 16)
            assert answer.startswith(b"HTTP/1.1 500 ")
            assert b'"code":"internal-error"' in answer
            assert b"a fault of our own" not in answer
            await loop.sock_sendall(client, REQUEST)
            assert (await loop.sock_recv(client, 1 << 16)).startswith(b"HTTP/1.1 200 ")

    asyncio.run(asyncio.wait_for(talk(), 20))
    assert "a fault of our own" in caplog.text
