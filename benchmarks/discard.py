"""A program that reads what clients upload, and does nothing with it: what an upload costs the machine, whoever reads.

`python -m benchmarks.discard` prints its port, answers each request whose head has a Content-Length with 200 when its
body has come, and ends with its standard input. It reads all clients in turn, each into the same buffer.
"""

from __future__ import annotations

import contextlib
import selectors
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

_READ_BYTES = 256 * 1024  # as the event loop of a server
_ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"


class _Upload:
    """One client, and how much of its body is still to come."""

    def __init__(self, client: socket.socket) -> None:
        self._client = client
        self._head = b""
        self._left = 0

    def take(self, buffer: memoryview) -> bool:
        """Read once; False where the client has left."""
        try:
            size = self._client.recv_into(buffer)
        except OSError:
            size = 0
        if not size:
            self._client.close()
            return False
        if not self._left:
            size = self._begin(bytes(buffer[:size]))
        if size:
            self._left -= size
            if self._left <= 0:
                self._client.send(_ANSWER)
                self._left = 0
        return True

    def _begin(self, data: bytes) -> int:
        """Take in a head; returns how much of the body came with it."""
        self._head += data
        head, found, body = self._head.partition(b"\r\n\r\n")
        if not found:
            return 0
        self._head = b""
        self._left = int(head.lower().partition(b"content-length:")[2].split()[0])
        return len(body)


def main() -> None:
    buffer = memoryview(bytearray(_READ_BYTES))
    with socket.create_server(("127.0.0.1", 0), backlog=1024) as listener, selectors.DefaultSelector() as selector:
        selector.register(listener, selectors.EVENT_READ)
        selector.register(sys.stdin, selectors.EVENT_READ)
        print(listener.getsockname()[1], flush=True)
        while True:
            for key, _ in selector.select():
                if key.fileobj is sys.stdin:
                    return
                if key.fileobj is listener:
                    client = listener.accept()[0]
                    selector.register(client, selectors.EVENT_READ, _Upload(client))
                elif not key.data.take(buffer):
                    selector.unregister(key.fd)


@contextlib.contextmanager
def discarding() -> Iterator[int]:
    """Such a program runs as long as the `with` block does; yields its port."""
    words = [sys.executable, "-m", "benchmarks.discard"]
    root = Path(__file__).parents[1]
    with subprocess.Popen(words, cwd=root, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        if process.stdout is None:
            raise RuntimeError("the program that discards uploads has no output")
        yield int(process.stdout.readline())
        process.communicate()


if __name__ == "__main__":
    main()
