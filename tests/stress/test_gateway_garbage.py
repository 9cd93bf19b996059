"""Garbage on the gateway: only documented statuses, nothing of it stays, and whoever asks decently is answered."""

from __future__ import annotations

import asyncio
from pathlib import Path

from tests.server.conftest import StartReplica
from tests.server.gateway_parts import RunningGateway
from tests.stress.conftest import Size
from tests.stress.http_garbage import Garbage
from tests.stress.neighbours import Neighbourhood
from tests.stress.test_http_garbage import SCRIPT, bombard

from modelport.manifest import Limits, Listen
from modelport.server.gateway_config import GatewayConfig


def open_files(pid: int) -> int:
    return len(list(Path(f"/proc/{pid}/fd").iterdir()))


def test_garbage_on_the_gateway_harms_nobody(start_replica: StartReplica, size: Size, tmp_path: Path) -> None:
    replica = start_replica(SCRIPT, workers=2, max_request_wait_time_ms=20_000)
    limits = Limits(header_timeout_seconds=5.0)
    gateway = RunningGateway(tmp_path, GatewayConfig(f"127.0.0.1:{replica.port}", "", Listen(port=0), limits))
    try:
        garbage = Garbage(size.seed + 7)
        with Neighbourhood(gateway.port, count=size.of(100, 10_000)) as neighbours:
            counted = asyncio.run(bombard(gateway.port, garbage, size.of(200, 10_000)))
        print(f"{dict(sorted(counted.items()))}; neighbours: {neighbours.seen}")
        gateway.wait_for(lambda: gateway.status()["in_flight"] == 0 and gateway.status()["connections"] == 0)
        replica.wait_for(lambda: replica.status()["queue_length"] == 0)
        assert "Traceback" not in gateway.output.read_text()
        assert "Traceback" not in (replica.directory / "server.out").read_text()
        assert open_files(gateway.process.pid) < 64
    finally:
        assert gateway.end() == 0
