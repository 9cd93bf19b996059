"""The local target: one detached server process per service, which survives the program that started it.

A service is known by its folder: `server.json` says which process serves it, since when, and where it listens.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from modelport import process, process_table
from modelport.errors import ConflictError, DeploymentError, ModelportError, UserError
from modelport.events import EventRecord
from modelport.exits import Exit
from modelport.manifest import Manifest
from modelport.process_table import ProcessIdentity
from modelport.services import serving_lock
from modelport.services.relay import error_of
from modelport.services.target import Call, LogRequest, Observation, Reply, ServicePlace
from modelport.settings import running_interpreter
from modelport.targets import calling, local_control, local_endings, local_logs, ports

_START_SECONDS_MAX = 30.0
_POLL_SECONDS = 0.01
_GRACE_SECONDS = 10.0  # beyond the drain time limit, before the server is killed
SOCKET_PATH_BYTES_MAX = 107
_LAST_LINES = 20


class LocalTarget:
    """Runs services as processes of this machine. `environ` is what servers and workers inherit."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ

    def observe(self, place: ServicePlace) -> Observation:
        """What server.json, the process table and the server itself say."""
        words = _read_identity(place)
        if not words:
            return Observation()
        identity = ProcessIdentity(int(words["pid"]), int(words["start_ticks"]))
        same_boot = words.get("boot_id", "") == process_table.boot_id()
        alive = same_boot and identity.is_alive()
        status = local_control.status(Path(str(words["control"]))) if alive else {}
        endpoint = (str(words["host"]), int(status.get("port") or words["port"]))
        seen = Observation(True, alive, same_boot, status, endpoint, identity.pid)
        return seen if alive else local_endings.told(seen, place.directory, Path(str(words["control"])))

    def apply(self, place: ServicePlace, manifest: Manifest) -> Observation:
        """Start the server with the manifest, or hand it to the one that runs."""
        _check_socket_path(place)
        _wait_while_starting(place)
        seen = self.observe(place)
        path = place.manifest_path(manifest.revision)
        manifest.write(path)
        if seen.alive:
            control = _control_of(place)
            error = local_control.ask(control, {"command": "apply", "manifest": str(path)}).get("error")
            if error:
                raise error_of(error)
            return self.observe(place)
        return self._start(place, manifest, path)

    def _start(self, place: ServicePlace, manifest: Manifest, path: Path) -> Observation:
        ports.check_free(manifest.listen.host, manifest.listen.port)
        make_runtime_directory(place.runtime_directory)
        # The server inherits the lock that we hold: it is taken from its first moment on, also if we are killed now.
        with serving_lock.handed_on(place.directory) as held:
            if held:
                _end_leftovers(place)
            identity = process.spawn_detached(
                [running_interpreter(), "-m", "modelport.server", path, *map(str, held)],
                environ=self._environ_of_server(),
                directory=place.directory,
                output=Path(manifest.places.log_file),
                pass_fds=held,
            )
        try:
            _wait_for_server(place, identity)
        except BaseException:  # Ctrl-C too: nobody would know of a process that has not said where it listens
            process_table.kill(identity)
            raise
        return self.observe(place)

    def _environ_of_server(self) -> dict[str, str]:
        """The environment with paths that hold in another folder too."""
        environ = dict(self._environ)
        if environ.get("PYTHONPATH"):
            entries = environ["PYTHONPATH"].split(os.pathsep)
            environ["PYTHONPATH"] = os.pathsep.join(str(Path(entry).absolute()) for entry in entries)
        return environ

    def scale(self, place: ServicePlace, replicas: int) -> Observation:
        """0: drain and end the server. Else run the place's revision with so many workers, at the port it had."""
        seen = self.observe(place)
        if replicas == 0:
            _end(place, seen)
            return self.observe(place)
        manifest = Manifest.read(place.manifest_path())
        port = manifest.listen.port or seen.endpoint[1]
        if not seen.alive and not manifest.listen.port and not ports.is_free(manifest.listen.host, port):
            port = 0  # nobody asked for this port: another will do
        changed = replace(
            manifest,
            operation=place.operation,
            limits=replace(manifest.limits, workers=replicas),
            listen=replace(manifest.listen, port=port),
        )
        return self.apply(place, changed)

    def logs(self, place: ServicePlace, request: LogRequest) -> Iterator[str]:
        """Lines of service.log and its older segments, the last ones of a server that lives among them."""
        self.observe(place)  # it writes down what it still holds before it answers
        return local_logs.read(place.directory / "service.log", request)

    def execute(self, place: ServicePlace, call: Call) -> Reply:
        """POST to the server on this machine, whatever proxies are set."""
        seen = self.observe(place)
        return calling.post(place.name, seen.endpoint, call)

    def delete(self, place: ServicePlace) -> None:
        """End the server and remove its sockets; one that is just starting is waited for first."""
        _wait_while_starting(place)
        _end(place, self.observe(place))
        _end_leftovers(place)
        local_control.remove_runtime_directory(place.runtime_directory)


def _read_identity(place: ServicePlace) -> dict[str, Any]:
    try:
        words = json.loads((place.directory / "server.json").read_bytes())
        return dict(words) if {"pid", "start_ticks", "port", "host", "control"} <= set(words) else {}
    except (OSError, ValueError, TypeError):
        return {}


def _wait_while_starting(place: ServicePlace) -> None:
    """Wait for a server that holds the lock and has not said yet who it is: whoever started it was killed."""
    deadline = time.monotonic() + _START_SECONDS_MAX
    while time.monotonic() < deadline and not _is_alive(_read_identity(place)):
        if not serving_lock.is_held(place.directory):
            return
        time.sleep(_POLL_SECONDS)


def _is_alive(words: Mapping[str, Any]) -> bool:
    return bool(words) and ProcessIdentity(int(words["pid"]), int(words["start_ticks"])).is_alive()


def _control_of(place: ServicePlace) -> Path:
    return Path(str(_read_identity(place).get("control", socket_path(place.runtime_directory))))


def socket_path(runtime_directory: Path) -> Path:
    """Where a server listens for its owner, in its folder for sockets."""
    return runtime_directory / "control.sock"


def _check_socket_path(place: ServicePlace) -> None:
    length = len(os.fsencode(socket_path(place.runtime_directory)))
    if length > SOCKET_PATH_BYTES_MAX:
        raise UserError(
            "runtime-path-too-long",
            f"The folder for sockets '{place.runtime_directory.parent}' is too long: the path of a socket has "
            f"{SOCKET_PATH_BYTES_MAX} bytes, and {length} are needed.",
            "Set MODELPORT_RUNTIME_DIR to a short folder of your own, for example /tmp/mp.",
        )


def make_runtime_directory(path: Path) -> None:
    """Make the folder for sockets (0700); raises `UserError` (`runtime-directory-foreign`) if it is another user's."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    owner = path.parent.stat().st_uid
    if hasattr(os, "getuid") and owner not in (os.getuid(), 0):
        raise UserError(
            "runtime-directory-foreign",
            f"The folder for sockets '{path.parent}' belongs to user {owner}, who could read what passes there.",
            "Set MODELPORT_RUNTIME_DIR to a short folder of your own.",
        )
    path.mkdir(exist_ok=True, mode=0o700)


def _wait_for_server(place: ServicePlace, identity: ProcessIdentity) -> None:
    deadline = time.monotonic() + _START_SECONDS_MAX
    while time.monotonic() < deadline:
        if _read_identity(place).get("pid") == identity.pid and local_control.status(_control_of(place)):
            return
        if not identity.is_alive():
            raise _start_failure(place, process_table.exit_code_of(identity))
        time.sleep(_POLL_SECONDS)
    raise DeploymentError(
        "server-start-timeout",
        f"The server of service '{place.name}' did not open its control socket within {_START_SECONDS_MAX:g} s.",
        "The machine may be overloaded, or its disk full: look at the load (uptime) and at the disk (df -h).",
        step="launch",
    )


def _start_failure(place: ServicePlace, code: int | None) -> ModelportError:
    """What the server wrote down before it ended, or else how it ended and the last words in its log."""
    events = list(EventRecord(place.directory).read(place.operation))
    told = [event for event in events if event.kind == "launch" and event.status == "failed" and event.code]
    if told and told[-1].code == "port-in-use":
        return ConflictError("port-in-use", told[-1].message, "Choose another port, or leave it out for a free one.")
    lines = list(local_logs.read(place.directory / "service.log", LogRequest(_LAST_LINES)))
    how = "" if code is None else f": {Exit(code).words}"
    again = "Try again. If it was not by hand, memory may have run out: journalctl -k | grep -i 'out of memory'"
    words = "The lines above are its last words; 'python -m modelport.server' must run in this environment."
    return DeploymentError(
        "server-start-failed",
        told[-1].message if told else f"The server of service '{place.name}' ended before it was ready to start{how}.",
        again if code is not None and code < 0 else words,
        step="launch",
        traceback="\n".join(lines),
    )


def _end(place: ServicePlace, seen: Observation) -> None:
    """Ask the server to drain and end; one that does not is killed, and its workers with it."""
    if not seen.alive:
        return
    words = _read_identity(place)
    identity = ProcessIdentity(int(words["pid"]), int(words["start_ticks"]))
    patience = _GRACE_SECONDS + _drain_seconds(place)
    asked = "ok" in local_control.ask(_control_of(place), {"command": "stop"})
    if asked and process_table.wait_until_gone(identity, timeout_seconds=patience):
        return
    process_table.terminate(identity, grace_seconds=_GRACE_SECONDS)


def _end_leftovers(place: ServicePlace) -> None:
    """End what user code had started in the background under a server that was killed: the kernel ended the workers
    with it, and knows nothing of what belongs to them. Only while no server runs."""
    process_table.kill_those_of("AML_APP_ROOT", place.directory / "revisions")


def _drain_seconds(place: ServicePlace) -> float:
    try:
        return Manifest.read(place.manifest_path()).limits.drain_timeout_seconds
    except (OSError, ModelportError):
        return 0.0
