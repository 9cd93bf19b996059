"""Makes the package of the benchmarks importable, and gives it something to ask."""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

ServerMaker = Callable[[float, int], int]


@pytest.fixture
def serve() -> Iterator[ServerMaker]:
    """`serve(seconds, status)` starts a server that answers one request at a time and returns its port."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    servers: list[asyncio.Server] = []

    def start(seconds: float, status: int) -> int:
        server = asyncio.run_coroutine_threadsafe(_listen(seconds, status), loop).result(5)
        servers.append(server)
        return int(server.sockets[0].getsockname()[1])

    yield start
    asyncio.run_coroutine_threadsafe(_close(servers), loop).result(5)
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


async def _listen(seconds: float, status: int) -> asyncio.Server:
    turn = asyncio.Lock()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while head := await _head(reader):
            await reader.readexactly(int(head.partition(b"Content-Length: ")[2].partition(b"\r\n")[0]))
            async with turn:
                await asyncio.sleep(seconds)
            writer.write(b"HTTP/1.1 %d X\r\nContent-Length: 2\r\n\r\nok" % status)
        writer.close()
        await writer.wait_closed()

    return await asyncio.start_server(answer, "127.0.0.1", 0)


async def _head(reader: asyncio.StreamReader) -> bytes:
    try:
        return await reader.readuntil(b"\r\n\r\n")
    except (asyncio.IncompleteReadError, ConnectionError):
        return b""


async def _close(servers: list[asyncio.Server]) -> None:
    for server in servers:
        server.close()
    current = asyncio.current_task()
    rest = [task for task in asyncio.all_tasks() if task is not current]
    if rest:
        await asyncio.wait(rest, timeout=2)
