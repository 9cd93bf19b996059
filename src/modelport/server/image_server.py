"""The server as it runs in a container: a replica whose events are lines of its output, and the duties of process 1."""

from __future__ import annotations

import asyncio
import faulthandler
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from modelport.errors import ModelportError, ProtocolError, UserError, nearest
from modelport.events import EventLines
from modelport.manifest import Manifest
from modelport.server import last_words
from modelport.server.__main__ import run_loop
from modelport.server.control import Execute
from modelport.server.control import commands_of as replica_commands
from modelport.server.image_manifest import ImagePlaces, read_image_manifest
from modelport.server.reaper import adopt_orphans, keep_reaping
from modelport.server.replica import Replica
from modelport.server.runtime_place import LAST_PACKETS_SECONDS, RuntimePlace
from modelport.settings import read_settings

INIT_FAILED = 3
_OPTIONS = {"--manifest": "built_in", "--volume": "volume", "--runtime": "runtime"}


def run(arguments: list[str]) -> int:
    """Serve until told to stop; returns the exit code."""
    faulthandler.enable()  # a crash in native code leaves its name and its stack in the log
    environ = dict(read_settings().environ)
    try:
        places = read_places(arguments)
        return run_loop(serve(read_image_manifest(places, environ), places, environ))
    except ModelportError as error:
        last_words.say(last_words.of_error(error))
        return INIT_FAILED if error.code == "variable-invalid" else error.exit_code  # 3 as v1's server has it


def read_places(arguments: list[str]) -> ImagePlaces:
    """The places that the command line names. Raises `UserError` (`image-option-unknown`)."""
    chosen: dict[str, Path] = {}
    for name, value in zip(arguments[::2], [*arguments[1::2], ""], strict=False):
        if name not in _OPTIONS or not value:
            raise UserError(
                "image-option-unknown", f"The server in an image has no option {name!r} with the value {value!r}.",
                nearest(name, _OPTIONS),
            )  # fmt: skip
        chosen[_OPTIONS[name]] = Path(value)
    return ImagePlaces(**chosen)


async def serve(manifest: Manifest, places: ImagePlaces, environ: Mapping[str, str]) -> int:
    """Serve one manifest; if it cannot, say why as the last thing."""
    replica = Replica(manifest, dict(environ), EventLines(sys.stdout.fileno(), manifest.service_id))
    place = RuntimePlace(places.runtime)

    async def announce(_: Replica) -> None:
        await place.open(commands_of(replica, places, environ))
        replica.on_moved = lambda: place.announce(replica.manifest.listen.host, replica.port)
        replica.on_moved()

    adopt_orphans()
    reaping = asyncio.get_running_loop().create_task(
        keep_reaping(lambda: {worker.child.pid for worker in replica.lifecycle.workers})
    )
    try:
        code = await replica.run(announce)
        if code == 0:
            await asyncio.sleep(LAST_PACKETS_SECONDS)
    finally:
        reaping.cancel()
        place.close()
    failure = replica.lifecycle.failure
    if code == INIT_FAILED and failure is not None:
        last_words.say(last_words.of_failure(failure))
    return code


def commands_of(replica: Replica, places: ImagePlaces, environ: Mapping[str, str]) -> Execute:
    """What can be asked of the server in a container: `status`, `stop`, `apply` (read the manifest anew) and `scale`
    (`workers`)."""
    plain = replica_commands(replica)

    async def execute(words: dict[str, Any]) -> dict[str, Any]:
        if words["command"] == "apply":
            return await replica.apply(read_image_manifest(places, environ))
        if words["command"] == "scale":
            return await replica.apply(_scaled(replica.lifecycle.manifest, words))
        return await plain(words)

    return execute


def _scaled(manifest: Manifest, words: Mapping[str, Any]) -> Manifest:
    """The manifest with another number of workers. Raises `UserError` (`limit-invalid`)."""
    try:
        workers = int(words["workers"])
    except ValueError as error:
        raise ProtocolError("control-invalid", f"The number of workers cannot be {words['workers']!r}.") from error
    return replace(manifest, limits=replace(manifest.limits, workers=workers).check())
