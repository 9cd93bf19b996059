"""Talks to the server of a local service: one JSON line asks, one JSON line answers."""

from __future__ import annotations

import json
import shutil
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from modelport.errors import DeploymentError

_TIMEOUT_SECONDS = 5.0


def status(control: Path) -> dict[str, Any]:
    """What the server says of itself; empty if it does not answer."""
    try:
        answer = _converse(control, {"command": "status"})
    except (OSError, ValueError):
        return {}
    return dict(answer.get("ok") or {})


def ask(control: Path, command: Mapping[str, str]) -> dict[str, Any]:
    """The server's answer, `{"ok": …}` or `{"error": …}`; raises `DeploymentError` (`server-not-answering`) for a
    command other than stop."""
    try:
        return _converse(control, command)
    except (OSError, ValueError) as error:
        if command.get("command") == "stop":
            return {}  # whoever stops it goes on to end it by signals
        raise DeploymentError(
            "server-not-answering",
            f"The server of the service runs, and does not answer on its control socket ({error}).",
            "Stop the service and start it again: modelport service stop NAME; modelport service start NAME",
            step="launch",
        ) from error


def _converse(control: Path, command: Mapping[str, str]) -> dict[str, Any]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(_TIMEOUT_SECONDS)
        connection.connect(str(control))
        connection.sendall(json.dumps(dict(command)).encode() + b"\n")
        with connection.makefile("rb") as stream:
            return dict(json.loads(stream.readline()))


def remove_runtime_directory(path: Path) -> None:
    """Remove the folder of sockets; gone already is no error."""
    shutil.rmtree(path, ignore_errors=True)
