"""The control socket: one JSON line asks, one JSON line answers. 0600, never on the network."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path
from typing import Any

from modelport.errors import ModelportError, ProtocolError, nearest
from modelport.manifest import Manifest
from modelport.server.replica import Replica

Execute = Callable[[dict[str, Any]], Awaitable[dict[str, Any]]]
"""What a command does: takes its words, returns the answer's, raises `ModelportError`."""

COMMANDS = ("status", "apply", "stop")
_LINE_BYTES_MAX = 64 * 1024
_SIGN_OF_LIFE_SECONDS = 1.0


class Control:
    """The open control socket. While it is open its file is touched once a second: when a server was killed, that is
    all that tells when it last lived."""

    def __init__(self, server: asyncio.Server, path: Path) -> None:
        self._server = server
        self._signs = asyncio.get_running_loop().create_task(_show_life(path))

    def close(self) -> None:
        """Answer nobody any more."""
        self._signs.cancel()
        self._server.close()


async def _show_life(path: Path) -> None:
    loop = asyncio.get_running_loop()
    while True:
        with contextlib.suppress(OSError):  # somebody cleaned the folder up; serving goes on
            await loop.run_in_executor(None, os.utime, path)  # a busy disk may take its time for it
        await asyncio.sleep(_SIGN_OF_LIFE_SECONDS)


async def open_control(execute: Execute, path: Path) -> Control:
    """Listen at `path`, which only this user can open, and do what is asked there."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    path.unlink(missing_ok=True)
    mask = os.umask(0o177)
    try:
        server = await asyncio.start_unix_server(
            lambda reader, writer: _converse(execute, reader, writer), str(path), limit=_LINE_BYTES_MAX
        )
        return Control(server, path)
    finally:
        os.umask(mask)


async def _converse(execute: Execute, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while line := await reader.readline():
            writer.write(json.dumps(await _answer(execute, line)).encode() + b"\n")
            await writer.drain()
    except (ConnectionError, ValueError):
        return  # whoever asked has left, or sent an endless line
    finally:
        writer.close()


async def _answer(execute: Execute, line: bytes) -> dict[str, Any]:
    try:
        return {"ok": await execute(json.loads(line))}
    except ModelportError as error:
        return {"error": error.to_dict()}
    except (ValueError, KeyError, TypeError, OSError) as error:
        return {"error": ProtocolError("control-invalid", f"The command cannot be read: {error!r}.").to_dict()}


def commands_of(replica: Replica) -> Execute:
    """What can be asked of a replica of this machine."""

    async def execute(words: dict[str, Any]) -> dict[str, Any]:
        command = words["command"]
        if command == "status":
            return await replica.status()
        if command == "apply":
            return await replica.apply(Manifest.read(Path(words["manifest"])))
        if command == "stop":
            if not replica.is_stopping:  # two who stop it want the same: what is in flight is still answered
                replica.stop()
            return await replica.status()
        raise unknown_command(command, COMMANDS)

    return execute


def unknown_command(command: object, commands: Iterable[str]) -> ProtocolError:
    """The error for a command that is none."""
    return ProtocolError("control-invalid", f"There is no command {command!r}. {nearest(str(command), commands)}")
