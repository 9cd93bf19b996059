"""`python -m modelport.server.gateway CONFIG [--runtime FOLDER]`: own a port, and pass requests on to one backend.

The backend can be changed at any moment without a lost request: `switch` (by `control_client`) sends all new requests
to the new one, while those in flight end at the old one; the answer tells when none is left there.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

from modelport.errors import ModelportError, port_error
from modelport.manifest import Listen
from modelport.server.app import RequestIds
from modelport.server.bodies import BodyBudget
from modelport.server.connection import Connection
from modelport.server.control import Execute, unknown_command
from modelport.server.exchange import Exchange
from modelport.server.gateway_backend import IDLE_SECONDS_MAX, Backend
from modelport.server.gateway_client import ClientConnection, ForwardedExchange
from modelport.server.gateway_config import GatewayConfig, address_of, load_certificate, tls_context
from modelport.server.gateway_forwarding import Forwarding
from modelport.server.handler import Shared
from modelport.server.problem import Problem
from modelport.server.runtime_place import LAST_PACKETS_SECONDS, RUNTIME_DIRECTORY, RuntimePlace
from modelport.server.turns import Turns

COMMANDS = ("status", "switch", "apply", "stop")
_LOOK_AT_CLOCKS_SECONDS = 0.25
_BACKLOG = 2048


class Gateway:
    """Passes requests on to the current backend. `run` returns the exit code."""

    def __init__(self, config: GatewayConfig) -> None:
        self.config = config
        self.port = 0
        self.draining = False
        self.backend: Backend | None = None
        self.leaving: list[Backend] = []
        self.answers: Counter[int] = Counter()
        self.on_listening: Callable[[], Any] = lambda: None
        self._connections: set[Connection] = set()
        self._tls = tls_context(config.tls) if config.tls else None
        self._stop: asyncio.Event | None = None
        self.switch(config.backend)

    # -- what a connection asks ----------------------------------------------------------------------------------

    def begin(self, exchange: Exchange) -> Problem | None:  # noqa: ARG002 - they are all treated alike
        """Refuse what nobody could answer."""
        if self.draining:
            return Problem("draining", "The gateway is shutting down.", 1)
        if self.backend is None:
            return Problem("not-ready", "No container of the service has become ready yet.", 1)
        return None

    def handle(self, exchange: Exchange) -> None:
        """Pass a request on to whatever is the backend at this moment."""
        forwarded = cast(ForwardedExchange, exchange)
        if forwarded.forwarding is None and self.backend is not None:
            Forwarding(forwarded, self.backend).start()

    def leave(self, exchange: Exchange) -> None:
        """The client has gone."""
        forwarding = cast(ForwardedExchange, exchange).forwarding
        if forwarding is not None:
            forwarding.cancel()

    def drained(self, exchange: Exchange, size: int) -> None:
        """Streams are held back by the sockets themselves."""

    def refused(self, exchange: Exchange, problem: Problem) -> None:
        """Refusals of the gateway are counted with all answers, and told to nobody else."""

    def finished(self, status: int) -> None:
        """Count the answer."""
        self.answers[status] += 1

    # -- what is behind ------------------------------------------------------------------------------------------

    def switch(self, address: str) -> Backend | None:
        """Send every request that comes from now on to `address` ("": to nobody); returns the backend that is left,
        if it is another. Raises `UserError` (`backend-invalid`)."""
        place = address_of(address)
        old = self.backend
        if old is not None and place == (old.host, old.port):
            return None
        self.backend = Backend(*place) if place is not None else None
        if old is not None:
            old.close()
            self.leaving.append(old)
        return old

    def status(self) -> dict[str, Any]:
        """Everything that a target asks for, as JSON-ready words."""
        self.leaving = [backend for backend in self.leaving if backend.in_flight]
        return {
            "state": "draining" if self.draining else "ready" if self.backend else "starting",
            "backend": str(self.backend) if self.backend else "",
            "in_flight": len(self.backend.in_flight) if self.backend else 0,
            "leaving": [{"backend": str(each), "in_flight": len(each.in_flight)} for each in self.leaving],
            "answers": {str(status): count for status, count in sorted(self.answers.items())},
            "connections": len(self._connections),
            "port": self.port,
            "pid": os.getpid(),
        }

    async def drain_old(self, old: Backend | None, wait_seconds: float) -> dict[str, Any]:
        """The status, with `drained`: whether nothing is in flight at the backend that was left."""
        drained = old is None or await old.wait_drained(wait_seconds)
        return {**self.status(), "drained": drained and not self.status()["leaving"]}

    # -- its life ------------------------------------------------------------------------------------------------

    async def run(self) -> int:
        """Pass requests on until told to stop, then let those in flight end. Raises `ConflictError`, `UserError`."""
        loop = asyncio.get_running_loop()
        self._stop = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.stop)
        server = await self._listen(self.config.listen)
        clock = loop.create_task(self._watch_clocks())
        self.on_listening()
        try:
            await self._stop.wait()
            server.close()
            await self._drain()
        finally:
            clock.cancel()
            server.close()
        return 0

    def stop(self) -> None:
        """Let what is in flight end, then end."""
        if self._stop is not None:
            self._stop.set()

    async def _listen(self, listen: Listen) -> asyncio.Server:
        loop = asyncio.get_running_loop()
        limits = self.config.limits
        budget = BodyBudget(limits.body_budget_bytes)
        shared = Shared(self, limits, budget, RequestIds(), self._connections, Turns(loop))
        try:
            server = await loop.create_server(
                lambda: ClientConnection(shared, loop), listen.host, listen.port, ssl=self._tls, backlog=_BACKLOG
            )
        except OSError as error:
            raise port_error(listen.host, listen.port, error) from error
        self.port = int(server.sockets[0].getsockname()[1])
        return server

    async def _drain(self) -> None:
        self.draining = True
        deadline = time.monotonic() + self.config.limits.drain_timeout_seconds
        while self._connections and time.monotonic() < deadline:
            for connection in list(self._connections):
                connection.close_when_idle()
            await asyncio.sleep(0.01)

    async def _watch_clocks(self) -> None:
        while True:
            await asyncio.sleep(_LOOK_AT_CLOCKS_SECONDS)
            now = time.monotonic()
            for connection in list(self._connections):
                connection.check_time(now)
            if self.backend is not None:
                self.backend.close_idle_since(now - IDLE_SECONDS_MAX)

    def reload(self, config: GatewayConfig) -> Backend | None:
        """Use another backend and certificate; where it listens stays. Raises `UserError` before anything changed."""
        if config.tls is not None and self._tls is not None:
            load_certificate(self._tls, config.tls)
        return self.switch(config.backend)


def commands_of(gateway: Gateway, config_file: Path) -> Execute:
    """What can be asked of a gateway: `status`, `switch` (`backend`), `apply` (read the configuration anew), `stop`.

    `switch` and `apply` answer when nothing is in flight at the old backend any more, or after `wait_seconds`.
    """

    async def execute(words: dict[str, Any]) -> dict[str, Any]:
        command = words["command"]
        wait_seconds = float(words.get("wait_seconds", 0))
        if command == "status":
            return gateway.status()
        if command == "switch":
            return await gateway.drain_old(gateway.switch(str(words["backend"])), wait_seconds)
        if command == "apply":
            return await gateway.drain_old(gateway.reload(GatewayConfig.read(config_file)), wait_seconds)
        if command == "stop":
            gateway.stop()
            return gateway.status()
        raise unknown_command(command, COMMANDS)

    return execute


async def serve(config_file: Path, runtime: Path) -> int:
    """Run the gateway that `config_file` describes, with its control socket in `runtime`."""
    gateway = Gateway(GatewayConfig.read(config_file))
    place = RuntimePlace(runtime)
    listen = gateway.config.listen
    tls = gateway.config.tls is not None

    def announce() -> None:
        place.announce(listen.host, gateway.port, tls)
        where = {"host": listen.host, "port": gateway.port, "tls": tls, "backend": gateway.config.backend}
        sys.stdout.write(f"gateway listening: {json.dumps(where)}\n")
        sys.stdout.flush()

    gateway.on_listening = announce
    await place.open(commands_of(gateway, config_file))
    try:
        code = await gateway.run()
        await asyncio.sleep(LAST_PACKETS_SECONDS)
        return code
    finally:
        place.close()


def main(arguments: list[str]) -> int:
    """Read the configuration and pass requests on."""
    from modelport.server.__main__ import run_loop

    runtime = Path(arguments[arguments.index("--runtime") + 1]) if "--runtime" in arguments else RUNTIME_DIRECTORY
    try:
        return run_loop(serve(Path(arguments[0]), runtime))
    except ModelportError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
