"""Neighbours: decent clients who ask all the time while others send garbage; each must get its own number back.

A program of its own (`python neighbours.py PORT CONNECTIONS PAUSE_SECONDS COUNT`), so that the times it sees are not
those of a busy tester. It ends at the end of its standard input, once COUNT requests were asked, and prints what it
saw as JSON.
"""

from __future__ import annotations

import http.client
import json
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass
class Seen:
    """What all neighbours together saw."""

    asked: int = 0
    wrong: list[str] = field(default_factory=list)
    milliseconds: list[float] = field(default_factory=list)


class Neighbour(threading.Thread):
    """One client with one connection."""

    def __init__(self, number: int, port: int, pause_seconds: float, seen: Seen) -> None:
        super().__init__(daemon=True)
        self._number = number
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        self._pause_seconds = pause_seconds
        self._seen = seen
        self.enough = threading.Event()

    def run(self) -> None:
        mine = 0
        while not self.enough.is_set():
            mine += 1
            self._ask(self._number * 10_000_000 + mine)
            time.sleep(self._pause_seconds)
        self._connection.close()

    def _ask(self, value: int) -> None:
        started = time.perf_counter()
        try:
            headers = {"content-type": "application/json", "x-request-id": f"n-{value}"}
            self._connection.request("POST", "/score", json.dumps({"yours": value}), headers)
            response = self._connection.getresponse()
            body = response.read()
            expected = (200, f"n-{value}", json.dumps({"yours": value}).encode())
            got = (response.status, response.getheader("x-request-id"), body)
            if got != expected:
                self._seen.wrong.append(f"asked {value}, got {got!r}"[:2000])
        except (OSError, http.client.HTTPException) as error:
            self._seen.wrong.append(f"asked {value}, got {error!r}")
            self._connection.close()
        self._seen.milliseconds.append((time.perf_counter() - started) * 1000)
        self._seen.asked += 1


def main() -> None:
    port, connections, pause_seconds, count = int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]), int(sys.argv[4])
    seen = Seen()
    threads = [Neighbour(number + 1, port, pause_seconds, seen) for number in range(connections)]
    for thread in threads:
        thread.start()
    sys.stdin.read()
    while seen.asked < count and len(seen.wrong) < 50:
        time.sleep(0.01)
    for thread in threads:
        thread.enough.set()
    for thread in threads:
        thread.join()
    ordered = sorted(seen.milliseconds)
    words = {"asked": seen.asked, "wrong": seen.wrong[:20], "wrong_count": len(seen.wrong)}
    times = {name: ordered[min(int(len(ordered) * part), len(ordered) - 1)] for name, part in
             (("p50_ms", 0.5), ("p99_ms", 0.99), ("max_ms", 1.0))}  # fmt: skip
    print(json.dumps({**words, **times}))


class Neighbourhood:
    """Neighbours at work as long as the `with` block runs; `seen` says afterwards what they saw."""

    def __init__(self, port: int, connections: int = 2, pause_seconds: float = 0.002, count: int = 1) -> None:
        words = [sys.executable, str(Path(__file__)), str(port), str(connections), str(pause_seconds), str(count)]
        self._process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.seen: dict[str, Any] = {}

    def __enter__(self) -> Neighbourhood:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        output, _ = self._process.communicate(timeout=600)
        self.seen = json.loads(output)
        if kind is None:
            assert self.seen["wrong"] == [], self.seen


if __name__ == "__main__":
    main()
