"""One replica from start to end: opens the listener, the control socket and the workers, and closes them in order."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from modelport import process_table
from modelport.errors import ModelportError, port_error
from modelport.events import Event, EventLines, EventRecord
from modelport.manifest import Manifest
from modelport.server.app import App, RequestIds
from modelport.server.bodies import BodyBudget
from modelport.server.connection import Connection
from modelport.server.handler import Shared
from modelport.server.journal import Journal
from modelport.server.lifecycle import Lifecycle, Surroundings
from modelport.server.logs import LogFile
from modelport.server.memory import GIVE_BACK_EVERY_SECONDS, give_back, set_apart
from modelport.server.metrics import Metrics
from modelport.server.rollout import Rollout
from modelport.server.turns import Turns

_LOOK_AT_CLOCKS_SECONDS = 0.25
_WRITTEN_SECONDS_MAX = 0.5
_BACKLOG = 2048


class Replica:
    """A server and its workers. `run` returns the exit code. Events go to `events`, if that is given, else to the
    record in the service's folder."""

    def __init__(self, manifest: Manifest, environ: dict[str, str], events: EventLines | None = None) -> None:
        self.manifest = manifest
        log = LogFile(Path(manifest.places.log_file) if manifest.places.log_file else None)
        directory = manifest.places.service_directory
        record = events or (EventRecord(Path(directory), manifest.service_id) if directory else None)
        self._journal = Journal(log, record)
        self._environ = environ
        self._metrics = Metrics()
        self._connections: set[Connection] = set()
        self._servers: list[asyncio.Server] = []
        self._ended: asyncio.Future[int] | None = None
        self._stopping: asyncio.Task[None] | None = None
        self.port = 0
        self.on_moved: Callable[[], None] = lambda: None
        self.lifecycle = Lifecycle(manifest, Surroundings(self._journal, environ, self._stop_now), self._metrics)
        self._app = App(self.lifecycle, self._metrics, self._connections)

    async def run(self, on_listening: Callable[[Replica], Awaitable[None]] | None = None) -> int:
        """Serve until asked to stop. Raises `ConflictError` (`port-in-use`) before anything was started."""
        loop = asyncio.get_running_loop()
        self._ended = loop.create_future()
        self.port = await self._listen(self.manifest)
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.stop)
        clock = loop.create_task(self._watch_clocks())
        if on_listening is not None:
            await on_listening(self)
        self._log(f"listening on http://{self.manifest.listen.host}:{self.port}")
        self.lifecycle.apply(self.manifest)
        set_apart()  # while the workers start
        try:
            return await self._ended
        finally:
            clock.cancel()
            await self._close()

    async def _listen(self, manifest: Manifest) -> int:
        """Open one more listener and return its port. Raises `ConflictError` or `UserError`."""
        loop = asyncio.get_running_loop()
        limits = manifest.limits
        budget = BodyBudget(limits.body_budget_bytes)
        shared = Shared(self._app, limits, budget, RequestIds(), self._connections, Turns(loop))
        listen = manifest.listen
        try:
            server = await loop.create_server(
                lambda: Connection(shared, loop), listen.host, listen.port, backlog=_BACKLOG
            )
        except OSError as error:
            raise port_error(listen.host, listen.port, error) from error
        self._servers.append(server)
        return int(server.sockets[0].getsockname()[1])

    async def apply(self, manifest: Manifest) -> dict[str, Any]:
        """Take on a new revision: a new port is opened before the workers start, the old one closed when they serve."""
        moved = manifest.listen.port not in (0, self.port) or manifest.listen.host != self.manifest.listen.host
        if moved:
            await self._listen(manifest)
        try:
            rollout = self.lifecycle.apply(manifest)
        except ModelportError:
            if moved:
                self._servers.pop().close()
            raise
        if moved:
            asyncio.get_running_loop().create_task(self._close_old_listener(rollout))
        return rollout.to_dict()

    async def _close_old_listener(self, rollout: Rollout) -> None:
        """Once it is known whether the new revision serves, close the listener that is not needed any more."""
        while rollout.succeeded is None:
            await asyncio.sleep(0.02)
        leaving = self._servers[:-1] if rollout.succeeded else self._servers[-1:]
        for server in leaving:
            server.close()
            self._servers.remove(server)
        if rollout.succeeded:
            self.manifest = rollout.manifest
        self.port = self._servers[-1].sockets[0].getsockname()[1]
        self.on_moved()

    async def _watch_clocks(self) -> None:
        gave_back = time.monotonic()
        while True:
            await asyncio.sleep(_LOOK_AT_CLOCKS_SECONDS)
            now = time.monotonic()
            if now - gave_back > GIVE_BACK_EVERY_SECONDS:
                gave_back = now
                give_back()
            for connection in list(self._connections):
                connection.check_time(now)

    @property
    def is_stopping(self) -> bool:
        """Whether it was asked to end."""
        return self._stopping is not None

    def stop(self) -> None:
        """Drain and end; asked a second time, end at once."""
        if self._stopping is not None:
            self._stop_now(1)
            return
        self._stopping = asyncio.get_running_loop().create_task(self._drain())

    async def _drain(self) -> None:
        self._log("draining: requests in flight are answered, new ones refused")
        await self.lifecycle.drain()
        for connection in list(self._connections):
            connection.close_when_idle()
        self._stop_now(0)

    def _stop_now(self, code: int) -> None:
        if self._ended is not None and not self._ended.done():
            self._ended.set_result(code)

    async def _close(self) -> None:
        for server in self._servers:
            server.close()
        for worker in self.lifecycle.workers:
            worker.kill("the server is ending")
        deadline = time.monotonic() + 2.0
        while (self.lifecycle.workers or self._connections) and time.monotonic() < deadline:
            for connection in list(self._connections):
                connection.close_when_idle()
            await asyncio.sleep(0.005)
        self._journal.append(Event("server-stopped", "succeeded", data={"pid": os.getpid()}))
        self._journal.close()

    async def status(self) -> dict[str, Any]:
        """The life cycle's status with the port and the process. What it tells of can be read in log and record by
        then, unless the disk is very busy."""
        await self._journal.written(_WRITTEN_SECONDS_MAX)
        return {**self.lifecycle.status(), "port": self.port, "pid": os.getpid()}

    def _log(self, text: str) -> None:
        self._journal.write("server", "stdout", "", text)


def write_identity(replica: Replica, control: Path) -> None:
    """Write server.json: who serves, since when, on which port, and where it can be told things."""
    ticks = process_table.start_ticks_of(os.getpid()) or 0
    words = {
        "pid": os.getpid(),
        "start_ticks": ticks,
        "boot_id": process_table.boot_id(),
        "port": replica.port,
        "host": replica.manifest.listen.host,
        "control": str(control),
        "started": time.time(),
    }
    path = Path(replica.manifest.places.service_directory) / "server.json"
    temporary = path.with_suffix(".tmp")
    temporary.write_text(json.dumps(words))
    temporary.chmod(0o600)
    temporary.replace(path)
