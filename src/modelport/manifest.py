"""service.json: everything that a replica is told, written by targets and read by the server.

The same file stands in a local service's folder and in an image. It holds no secrets: keys lie in a file of their own.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, TypeVar

from modelport.errors import ProtocolError, UserError, nearest

SCHEMA_VERSION = 1
WORKERS_MAX = 1000  # processes of one machine; a slip of the keyboard kept the server busy until its start timed out


@dataclass(frozen=True)
class Limits:
    """What one replica takes on at once, and for how long.

    Times in milliseconds and seconds, sizes in bytes; the defaults are those of the v1 service.
    """

    workers: int = 1
    max_concurrent_requests: int = 1
    scoring_timeout_ms: int = 60_000
    max_request_wait_time_ms: int = 500
    max_body_bytes: int = 100 * 1024 * 1024
    body_budget_bytes: int = 1024 * 1024 * 1024
    max_header_bytes: int = 32 * 1024
    header_timeout_seconds: float = 5.0
    init_timeout_seconds: float = 300.0
    drain_timeout_seconds: float = 90.0

    def check(self) -> Limits:
        """Return the limits themselves if each is a positive number and the workers are not more than `WORKERS_MAX`,
        else raise `UserError` naming the first that is not."""
        for limit in fields(self):
            value = getattr(self, limit.name)
            whole = isinstance(limit.default, int)
            if isinstance(value, bool) or not isinstance(value, int if whole else (int, float)) or value <= 0:
                kind = "a whole number" if whole else "a number"
                raise UserError(
                    "limit-invalid",
                    f"The limit {limit.name} must be {kind} greater than zero; it is {value!r}.",
                    f"Leave {limit.name} out for the default, {limit.default}.",
                )
        if self.workers > WORKERS_MAX:
            raise UserError(
                "limit-invalid",
                f"The limit workers (replicas) is at most {WORKERS_MAX} processes; it is {self.workers}.",
                "A worker for each core is a good start: modelport explain limit-invalid",
            )
        return self


@dataclass(frozen=True)
class Listen:
    """Where the replica listens: `port` 0 means a free one; loopback unless told otherwise."""

    host: str = "127.0.0.1"
    port: int = 5001
    cors_origins: tuple[str, ...] = ()


@dataclass(frozen=True)
class Program:
    """What the worker runs: the interpreter, the folder it stands in, the script, the models.

    `app_directory` is the working directory (in an image /var/azureml-app); `entry_script` is relative to it;
    `model_directory` becomes AZUREML_MODEL_DIR; `models` names what is served ("name:version").
    """

    python: str
    app_directory: str
    entry_script: str
    model_directory: str = ""
    environment_variables: dict[str, str] = field(default_factory=dict)
    models: tuple[str, ...] = ()


@dataclass(frozen=True)
class Places:
    """Where the replica writes and reads beside its program; empty means "not there".

    `service_directory` holds the event record and `server.json`; `runtime_directory` is short and holds sockets;
    `keys_file` is a 0600 file of accepted keys; `log_file` is where lines go, or the server's own standard output.
    """

    service_directory: str = ""
    runtime_directory: str = ""
    keys_file: str = ""
    log_file: str = ""


@dataclass(frozen=True)
class Container:
    """How a service is put into a container, for targets that run images; all empty where none is run.

    `image` is what the engine knows it by (an id, or a name with a digest), `image_name` what people call it. Limits
    of 0 are none. With `own_files` the script comes from the revision's folder and not from the image. `certificate`
    and `key` are PEM files of the machine that deploys, by which the service speaks TLS; `host_name` is what its
    address shows.
    """

    image: str = ""
    image_name: str = ""
    cpu_cores: float = 0.0
    memory_bytes: int = 0
    own_files: bool = False
    certificate: str = ""
    key: str = ""
    host_name: str = ""


@dataclass(frozen=True)
class Manifest:
    """One revision of one service, complete. `debug` puts exception texts into answers; `exit_on_init_failure` ends
    the server with exit code 3 when the first init() fails (images)."""

    service_name: str
    program: Program
    service_id: str = ""
    revision: int = 1
    operation: str = ""
    limits: Limits = Limits()
    listen: Listen = Listen()
    places: Places = Places()
    auth_enabled: bool = False
    debug: bool = False
    exit_on_init_failure: bool = False
    container: Container = Container()
    schema: int = SCHEMA_VERSION

    def to_json(self) -> str:
        """The manifest as indented JSON, keys in the order of the fields; `container` only where there is one."""
        words = asdict(self)
        if self.container == Container():
            del words["container"]
        return json.dumps(words, indent=2) + "\n"

    def write(self, path: Path) -> None:
        """Write the manifest to `path` (0600), completely or not at all."""
        temporary = path.with_name(f".{path.name}.{os.getpid()}")
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(self.to_json())
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)

    @classmethod
    def from_json(cls, text: str) -> Manifest:
        """Read a manifest. Raises `ProtocolError` for another schema version and for keys or values that are not of
        the manifest."""
        try:
            words = json.loads(text)
        except ValueError as error:
            raise _damaged(f"it is not JSON ({error})") from error
        if not isinstance(words, dict):
            raise _damaged("it is not a JSON object")
        if words.get("schema") != SCHEMA_VERSION:
            raise ProtocolError(
                "manifest-version",
                f"The manifest has schema {words.get('schema')!r}; this version of Modelport reads {SCHEMA_VERSION}.",
                "Deploy the service again with this version.",
            )
        parts = {"limits": Limits, "listen": Listen, "places": Places, "program": Program, "container": Container}
        built = {
            key: build_part(parts[key], value, key, _damaged) if key in parts else value for key, value in words.items()
        }
        return build_part(cls, built, "manifest", _damaged)

    @classmethod
    def read(cls, path: Path) -> Manifest:
        """Read the manifest at `path`. Raises `ProtocolError` as `from_json` does, and `OSError`."""
        return cls.from_json(path.read_text())


Part = TypeVar("Part")


def build_part(kind: type[Part], words: Any, where: str, damaged: Callable[[str], ProtocolError]) -> Part:
    """Make the dataclass `kind` of a JSON object; raises what `damaged` makes of the reason why that cannot be done."""
    if not isinstance(words, dict):
        raise damaged(f"'{where}' is not an object")
    known = {entry.name for entry in fields(kind)}  # type: ignore[arg-type]
    for key in words:
        if key not in known:
            raise damaged(f"'{where}' has the unknown key '{key}'. {nearest(key, known)}")
    values = {key: tuple(value) if isinstance(value, list) else value for key, value in words.items()}
    try:
        return kind(**values)
    except TypeError as error:
        raise damaged(f"'{where}' is not complete ({error})") from error


def _damaged(what: str) -> ProtocolError:
    return ProtocolError("manifest-damaged", f"The manifest cannot be used: {what}.", "Deploy the service again.")
