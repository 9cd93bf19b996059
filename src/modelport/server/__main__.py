"""`python -m modelport.server MANIFEST [LOCK]`: run the replica that a manifest describes, until it is told to stop.

LOCK is a descriptor on which whoever started the server holds the service's lock already: so there is no moment, from
the start of the process on, in which a server runs and the lock is free.
"""

from __future__ import annotations

import asyncio
import faulthandler
import os
import signal
import sys
from pathlib import Path
from typing import IO

from modelport.errors import ConflictError, ModelportError
from modelport.events import Event, EventRecord
from modelport.manifest import Manifest
from modelport.server.control import Control, commands_of, open_control
from modelport.server.replica import Replica, write_identity
from modelport.settings import read_settings

# Unhandled they would end it without a word, as only signal 9 may: whoever looks next takes silence for that one.
_OTHER_WISHES_TO_END = tuple(
    getattr(signal, name) for name in ("SIGHUP", "SIGQUIT", "SIGUSR1", "SIGUSR2") if hasattr(signal, name)
)


def run_loop(main: object) -> int:
    """Run a coroutine on the fastest event loop there is."""
    if sys.platform == "win32":
        return asyncio.run(main)  # type: ignore[arg-type]
    import uvloop

    return int(uvloop.run(main))


async def serve(manifest: Manifest, environ: dict[str, str]) -> int:
    """Serve one manifest with its control socket and identity file, if it has a folder for them."""
    replica = Replica(manifest, environ)
    controls: list[Control] = []

    async def announce(_: Replica) -> None:
        for number in _OTHER_WISHES_TO_END:
            asyncio.get_running_loop().add_signal_handler(number, replica.stop)
        if manifest.places.service_directory and manifest.places.runtime_directory:
            control = Path(manifest.places.runtime_directory) / "control.sock"
            controls.append(await open_control(commands_of(replica), control))
            replica.on_moved = lambda: write_identity(replica, control)
            replica.on_moved()

    try:
        return await replica.run(announce)
    finally:
        for control in controls:
            control.close()


def open_lock(path: Path, inherited: list[str]) -> IO[str]:
    """The file of the service's lock: the descriptor that was inherited, which no worker may inherit in turn."""
    if not inherited:
        return path.open("w")
    descriptor = int(inherited[0])
    os.set_inheritable(descriptor, False)
    return os.fdopen(descriptor, "w")


def take(lock: IO[str], manifest: Manifest) -> None:
    """Hold the lock until this process ends; raises `ConflictError` (`service-running`)."""
    import fcntl

    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise ConflictError("service-running", f"The service '{manifest.service_name}' runs already.") from None


def main() -> int:
    """Read the manifest, take the service's lock, serve."""
    faulthandler.enable()  # a crash in native code leaves its name and its stack in the log
    manifest = Manifest.read(Path(sys.argv[1]))
    directory = Path(manifest.places.service_directory)
    with open_lock(directory / "server.lock", sys.argv[2:]) as lock:
        try:
            take(lock, manifest)
            return run_loop(serve(manifest, dict(read_settings().environ)))
        except ModelportError as error:
            event = Event("launch", "failed", error.message, manifest.operation, manifest.revision, code=error.code)
            EventRecord(directory, manifest.service_id).append(event)
            sys.stderr.write(f"{error}\n")
            return error.exit_code
        except Exception as error:
            told = f"{type(error).__name__}: {error}"
            event = Event("server-failed", "failed", told, manifest.operation, manifest.revision, code="internal-error")
            EventRecord(directory, manifest.service_id).append(event)
            raise


if __name__ == "__main__":
    sys.exit(main())
