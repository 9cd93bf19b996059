"""A crowd that takes all that a service has: clients that upload large bodies at once, clients that keep a connection
and ask nothing, and one that reads a stream byte by byte.

A program of its own (`python -m benchmarks.crowd PORT UPLOAD_PORT`), so that what it does is not in the way of whoever
measures. A line on its standard input lets the uploads begin, to a port of their own; once all of them were answered it
prints what it saw as JSON, and lets everything go at the end of its standard input.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path

UPLOADS = 50
UPLOAD_BYTES = 100_000_000
IDLE = 500
STREAM_PIECES = 4_000  # 40 MB, of which nobody will read more than some bytes
PATIENCE_SECONDS = 60.0
_BLOCK = b" " * (1 << 20)


@dataclass(frozen=True)
class Crowd:
    """What the crowd saw: `accepted` uploads were answered 200, `refused` by 503 `body-budget` with Retry-After,
    `other` are all else. `idle_lost` connections were closed by the service. `read_bytes` is what the slow reader got.
    """

    accepted: int
    refused: int
    other: int
    upload_seconds: float
    idle_lost: int
    read_bytes: int


class Crowded:
    """The crowd is there as long as the `with` block runs; `upload` lets it upload and returns what it saw."""

    def __init__(self, port: int, upload_port: int) -> None:
        words = [sys.executable, "-m", "benchmarks.crowd", str(port), str(upload_port)]
        root = Path(__file__).parents[1]
        self._process = subprocess.Popen(words, cwd=root, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def __enter__(self) -> Crowded:
        self._line()  # all are connected
        return self

    def upload(self) -> Crowd:
        """Send all large bodies at once. Raises `RuntimeError` where the crowd broke down."""
        if self._process.stdin is not None:
            self._process.stdin.write("upload\n")
            self._process.stdin.flush()
        return Crowd(**json.loads(self._line()))

    def _line(self) -> str:
        line = self._process.stdout.readline() if self._process.stdout is not None else ""
        if not line:
            raise RuntimeError("the crowd broke down")
        return line

    def __exit__(self, *_: object) -> None:
        self._process.communicate(timeout=PATIENCE_SECONDS)


def upload(port: int) -> str:
    """Send one large body; the words that count it: accepted, refused or what else came."""
    head = "POST /score HTTP/1.1\r\nHost: x\r\nContent-Type: application/octet-stream\r\nContent-Length: %d\r\n\r\n"
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_SECONDS) as client:
        with contextlib.suppress(OSError):  # whoever refuses hangs up in the middle, and has said why
            client.sendall((head % UPLOAD_BYTES).encode())
            left = UPLOAD_BYTES
            while left and not select.select([client], [], [], 0)[0]:
                left -= client.send(_BLOCK[:left])
        try:
            answer = client.recv(65536).lower()
        except OSError as error:
            return f"broken: {error}"
    if answer.startswith(b"http/1.1 200 "):
        return "accepted"
    is_refusal = answer.startswith(b"http/1.1 503 ") and b"body-budget" in answer and b"\r\nretry-after: " in answer
    return "refused" if is_refusal else answer[:60].decode("latin-1")


def upload_all(port: int) -> Counter[str]:
    """All at once, each on a thread of its own."""
    seen: Counter[str] = Counter()
    threads = [threading.Thread(target=lambda: seen.update([upload(port)])) for _ in range(UPLOADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return seen


def keep_alive(port: int) -> socket.socket:
    """A connection that asked once and asks nothing more."""
    client = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_SECONDS)
    client.sendall(b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n")
    client.recv(65536)
    return client


class SlowReader(threading.Thread):
    """Asks for a stream and reads a byte of it each second."""

    def __init__(self, port: int) -> None:
        super().__init__(daemon=True)
        body = b'{"stream": %d}' % STREAM_PIECES
        head = b"POST /score HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
        self._client = socket.socket()
        self._client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self._client.connect(("127.0.0.1", port))
        self._client.sendall(head % len(body) + body)
        self._left = threading.Event()
        self.read_bytes = 0

    def run(self) -> None:
        with contextlib.suppress(OSError):
            while not self._left.wait(1.0) and self._client.recv(1):
                self.read_bytes += 1

    def leave(self) -> None:
        """Read nothing more and close."""
        self._left.set()
        self.join()
        self._client.close()


def step_back() -> None:
    """Run behind everybody else: the crowd stands for other machines, which would not take the processors of this."""
    if hasattr(os, "sched_setscheduler"):  # niceness means nothing to priorities of real time
        os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))
    os.nice(19)


def main() -> None:
    port, upload_port = map(int, sys.argv[1:])
    step_back()
    idle = [keep_alive(port) for _ in range(IDLE)]
    reader = SlowReader(port)
    reader.start()
    print("there", flush=True)
    sys.stdin.readline()
    started = time.monotonic()
    seen = upload_all(upload_port)
    seconds = time.monotonic() - started
    lost = len(select.select(idle, [], [], 0)[0])  # nothing is owed to them: what can be read is the end
    accepted, refused = seen.pop("accepted", 0), seen.pop("refused", 0)
    for words in seen:
        sys.stderr.write(f"an upload ended otherwise: {words}\n")
    print(json.dumps(asdict(Crowd(accepted, refused, seen.total(), seconds, lost, reader.read_bytes))), flush=True)
    sys.stdin.read()
    reader.leave()
    for client in idle:
        client.close()


if __name__ == "__main__":
    main()
