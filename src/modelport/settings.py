"""The only place that reads environment variables and the machine's configuration files.

Everything else receives what it needs as arguments. The worker has its own single reader (`worker/entry.py`),
because it runs in the user's Python.
"""

from __future__ import annotations

import getpass
import os
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

ENVIRONMENT_VARIABLES: dict[str, str] = {
    "MODELPORT_HOME": "Folder that holds every workspace; default ~/.modelport.",
    "MODELPORT_WORKSPACE": "Workspace that the command line uses when none is named and no config.json is found.",
    "MODELPORT_SECRET_KEY": "Fernet key of the workspace secrets; default: the keyring, else a 0600 file in the home.",
    "MODELPORT_RUNTIME_DIR": "Short folder for sockets; default $XDG_RUNTIME_DIR/modelport or /tmp/modelport-<user>.",
    "MODELPORT_OUTPUT": "Default of the command line's --output: table or json.",
}


@dataclass(frozen=True)
class Settings:
    """What this process was told by its surroundings.

    `home` holds the workspaces; `runtime_directory` holds sockets and is kept short, because the path of a Unix
    socket has 108 bytes (unix(7)); `environ` is the environment that child programs inherit.
    """

    home: Path
    runtime_directory: Path
    workspace: str | None = None
    secret_key: str | None = None
    output: str = "table"
    environ: Mapping[str, str] = field(default_factory=dict, repr=False)


def read_settings(environ: Mapping[str, str] | None = None) -> Settings:
    """Read the settings from `environ` (default: the process's own environment).

    >>> read_settings({"MODELPORT_HOME": "/srv/modelport", "HOME": "/root"}).home.as_posix()
    '/srv/modelport'
    """
    env = dict(os.environ if environ is None else environ)
    home = env.get("MODELPORT_HOME")
    return Settings(
        home=Path(home).expanduser().absolute() if home else Path("~/.modelport").expanduser(),
        runtime_directory=_runtime_directory(env),
        workspace=env.get("MODELPORT_WORKSPACE") or None,
        secret_key=env.get("MODELPORT_SECRET_KEY") or None,
        output=env.get("MODELPORT_OUTPUT") or "table",
        environ=env,
    )


def _runtime_directory(env: Mapping[str, str]) -> Path:
    if env.get("MODELPORT_RUNTIME_DIR"):
        return Path(env["MODELPORT_RUNTIME_DIR"]).absolute()
    if env.get("XDG_RUNTIME_DIR") and Path(env["XDG_RUNTIME_DIR"]).is_dir():
        return Path(env["XDG_RUNTIME_DIR"]) / "modelport"
    return Path(tempfile.gettempdir()) / f"modelport-{_user(env)}"


def _user(env: Mapping[str, str]) -> str:
    if hasattr(os, "getuid"):
        return str(os.getuid())
    return env.get("USERNAME") or getpass.getuser()


def running_interpreter() -> Path:
    """The Python that runs this process: the environment that serves when no other is asked for."""
    return Path(sys.executable)
