"""The least of HTTP/1.1 that a load generator needs: one connection, one request after the other."""

from __future__ import annotations

import asyncio


def request_bytes(path: str, body: bytes, content_type: str) -> bytes:
    """A whole POST request, ready to be sent again and again."""
    headers = ["Host: 127.0.0.1", f"Content-Type: {content_type}", f"Content-Length: {len(body)}"]
    return "\r\n".join([f"POST {path} HTTP/1.1", *headers, "", ""]).encode() + body


class Connection:
    """A kept-alive connection to loopback.

    `head` (in lower case) and `body` are those of the last answer; the body of a chunked one is not kept."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self.is_open = True
        self.head = self.body = b""

    @classmethod
    async def open(cls, port: int) -> Connection:
        return cls(*await asyncio.open_connection("127.0.0.1", port, limit=1 << 22))

    def send(self, data: bytes) -> None:
        """Send a request whose answer nobody will read."""
        self._writer.write(data)

    async def exchange(self, data: bytes) -> int:
        """Send a request and read its answer; the status, or 0 if the connection broke."""
        try:
            self._writer.write(data)
            return await self._read_answer()
        except (OSError, asyncio.IncompleteReadError, ValueError):
            self.close()
            return 0

    async def _read_answer(self) -> int:
        self.head = head = (await self._reader.readuntil(b"\r\n\r\n")).lower()
        status = int(head[9:12])
        if b"transfer-encoding: chunked" in head:
            await self._skip_chunks()
        else:
            length = int(head.partition(b"content-length:")[2].partition(b"\r\n")[0] or 0)
            self.body = await self._reader.readexactly(length)
        if b"connection: close" in head:
            self.close()
        return status

    async def _skip_chunks(self) -> None:
        size = -1
        while size:
            size = int((await self._reader.readline()).partition(b";")[0], 16)
            await self._reader.readexactly(size + 2)

    def close(self) -> None:
        self.is_open = False
        self._writer.close()
