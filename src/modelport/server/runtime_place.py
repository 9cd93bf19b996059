"""Where a server in a container can be found by programs that are run beside it: its control socket, its address."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from modelport.server.control import Control, Execute

# The one folder that can be written on a read-only root; a fixed name, because it is looked for from outside.
RUNTIME_DIRECTORY = Path("/tmp/modelport")  # noqa: S108 - a container's /tmp is its own
# With its last process a container loses its network, and with that what was sent and is still on its way: on a busy
# machine one of ten answers that were written within the last millisecond.
LAST_PACKETS_SECONDS = 0.3
CONTROL_NAME = "control.sock"
ADDRESS_NAME = "server.json"


class RuntimePlace:
    """The folder of one server. Where it cannot be written the server runs all the same and cannot be told anything."""

    def __init__(self, directory: Path = RUNTIME_DIRECTORY) -> None:
        self._directory = directory
        self._control: Control | None = None

    async def open(self, execute: Execute) -> None:
        """Open the control socket."""
        from modelport.server.control import open_control  # the programs that only look for the folder need it not

        try:
            self._control = await open_control(execute, self._directory / CONTROL_NAME)
        except OSError as error:
            sys.stderr.write(f"no control socket in {self._directory} ({error.strerror}): mount a writable /tmp\n")
            sys.stderr.flush()

    def announce(self, host: str, port: int, tls: bool = False) -> None:
        """Write down where the server listens, for the health check."""
        if self._control is None:
            return
        path = self._directory / ADDRESS_NAME
        temporary = path.with_suffix(".tmp")
        temporary.write_text(json.dumps({"host": host, "port": port, "tls": tls, "pid": os.getpid()}))
        temporary.replace(path)

    def close(self) -> None:
        """Answer nobody any more."""
        if self._control is not None:
            self._control.close()
