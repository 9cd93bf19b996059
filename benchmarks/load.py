"""Asks a contender as fast as it answers: by wrk where it is installed, else by a small generator of our own.

wrk costs the machine less, so the figures that bars are held to come from it; the generator of our own serves where wrk
cannot be had, and says so in the report.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from modelport.measuring.http1 import Connection, request_bytes

WRK_SCRIPT = Path(__file__).with_name("post.lua")
TIMEOUT_SECONDS = 10


@dataclass(frozen=True)
class Target:
    """Where to send what."""

    port: int
    path: str
    body: bytes
    content_type: str = "application/json"


@dataclass(frozen=True)
class Rate:
    """What a closed loop reached: answers with 200, all others, and how long it ran."""

    requests: int
    failures: int
    seconds: float
    p50_ms: float
    p99_ms: float

    @property
    def per_second(self) -> float:
        return self.requests / self.seconds


def has_wrk() -> bool:
    return shutil.which("wrk") is not None


def closed_loop(target: Target, connections: int, seconds: float, scratch: Path) -> Rate:
    """Each connection sends its next request when it has the answer to the one before."""
    if has_wrk():
        return _wrk(target, connections, seconds, scratch)
    return asyncio.run(_own_loop(target, connections, seconds))


def _wrk(target: Target, connections: int, seconds: float, scratch: Path) -> Rate:
    body = scratch / "body"
    body.write_bytes(target.body)
    environ = {**os.environ, "BENCH_BODY": str(body), "BENCH_CONTENT_TYPE": target.content_type}
    options = ["-t1", f"-c{connections}", f"-d{max(1, round(seconds))}s", f"--timeout={TIMEOUT_SECONDS}s"]
    words = ["wrk", *options, "-s", str(WRK_SCRIPT), f"http://127.0.0.1:{target.port}{target.path}"]
    done = subprocess.run(words, env=environ, capture_output=True, text=True, check=True, timeout=seconds + 30)
    found = json.loads(done.stdout.splitlines()[-1])
    return Rate(found["ok"], found["failed"], found["seconds"], found["p50_ms"], found["p99_ms"])


async def _own_loop(target: Target, connections: int, seconds: float) -> Rate:
    data = request_bytes(target.path, target.body, target.content_type)
    end = time.perf_counter() + seconds
    times: list[float] = []
    failures = 0

    async def ask_until_the_end() -> None:
        nonlocal failures
        connection = await Connection.open(target.port)
        while (started := time.perf_counter()) < end:
            status = await connection.exchange(data)
            times.append(time.perf_counter() - started)
            failures += status != 200
            if not connection.is_open:
                connection = await Connection.open(target.port)
        connection.close()

    started = time.perf_counter()
    everyone = asyncio.gather(*(ask_until_the_end() for _ in range(connections)))
    await asyncio.wait_for(everyone, seconds + 2 * TIMEOUT_SECONDS)
    times.sort()
    p50, p99 = (times[int(len(times) * share)] * 1000 if times else 0.0 for share in (0.5, 0.99))
    return Rate(len(times) - failures, failures, time.perf_counter() - started, p50, p99)
