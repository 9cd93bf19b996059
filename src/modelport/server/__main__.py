"""`python -m modelport.server MANIFEST`: run the replica that a manifest describes, until it is told to stop."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from modelport.errors import ConflictError, ModelportError
from modelport.events import Event, EventRecord
from modelport.manifest import Manifest
from modelport.server.control import open_control
from modelport.server.replica import Replica, write_identity
from modelport.settings import read_settings


def run_loop(main: object) -> int:
    """Run a coroutine on the fastest event loop there is."""
    if sys.platform == "win32":
        return asyncio.run(main)  # type: ignore[arg-type]
    import uvloop

    return int(uvloop.run(main))


async def serve(manifest: Manifest, environ: dict[str, str]) -> int:
    """Serve one manifest with its control socket and identity file, if it has a folder for them."""
    replica = Replica(manifest, environ)
    controls: list[asyncio.Server] = []

    async def announce(_: Replica) -> None:
        if manifest.places.service_directory and manifest.places.runtime_directory:
            control = Path(manifest.places.runtime_directory) / "control.sock"
            controls.append(await open_control(replica, control))
            replica.on_moved = lambda: write_identity(replica, control)
            replica.on_moved()

    try:
        return await replica.run(announce)
    finally:
        for control in controls:
            control.close()


def main() -> int:
    """Read the manifest, take the service's lock, serve."""
    import fcntl

    manifest = Manifest.read(Path(sys.argv[1]))
    directory = Path(manifest.places.service_directory)
    with (directory / "server.lock").open("w") as lock:
        try:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise ConflictError("service-running", f"The service '{manifest.service_name}' runs already.") from None
            return run_loop(serve(manifest, dict(read_settings().environ)))
        except ModelportError as error:
            event = Event("launch", "failed", error.message, manifest.operation, manifest.revision, code=error.code)
            EventRecord(directory, manifest.service_id).append(event)
            sys.stderr.write(f"{error}\n")
            return error.exit_code


if __name__ == "__main__":
    sys.exit(main())
