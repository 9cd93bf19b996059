"""Makes and starts the containers of a service, and finds those that there are."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from modelport.errors import ConflictError, DeploymentError, ProtocolError
from modelport.manifest import Listen, Manifest
from modelport.naming import NAME_LABEL, ROLE_LABEL, SERVICE_LABEL, WORKSPACE_LABEL
from modelport.targets.container_engine import Engine, File
from modelport.targets.container_seen import Crew, is_running
from modelport.targets.container_words import (
    BUILT_IN,
    GATEWAY,
    GATEWAY_FILE,
    PORT,
    STATE,
    Names,
    alias_of,
    gateway_words,
    host_words,
    manifest_inside,
    own_files,
    replica_words,
    role_of,
)

_CERTIFICATE, _KEY = "certificate.pem", "key.pem"
_ATTEMPTS = 5
_GATEWAY_SECONDS, _POLL_SECONDS = 60.0, 0.1


def crew_of(engine: Engine, names: Names) -> Crew:
    """The containers of a service, and to which of them its requests go."""
    found = engine.containers(names.labels)
    gateways = sorted((each for each in found if role_of(each) == GATEWAY), key=is_running)
    gateway: Mapping[str, Any] = gateways[-1] if gateways else {}
    backend = ""
    if gateway:
        backend = str(_words(engine.read(str(gateway["Id"]), f"{STATE}/{GATEWAY_FILE}")).get("backend", ""))
    return Crew(gateway, tuple(each for each in found if role_of(each) != GATEWAY), backend)


def endpoint_of(engine: Engine, names: Names) -> tuple[str, int]:
    """Where a service is published; port 0 if nowhere."""
    found = sorted(engine.containers({**names.labels, ROLE_LABEL: GATEWAY}), key=is_running)
    return Crew(found[-1] if found else {}).endpoint


def _words(content: bytes) -> dict[str, Any]:
    try:
        return dict(json.loads(content))
    except (ValueError, TypeError):
        return {}


def remove_namesakes(engine: Engine, names: Names) -> None:
    """Remove what a service of this name left that is gone: its deployment lost the engine on its way."""
    alike = {WORKSPACE_LABEL: names.workspace, NAME_LABEL: names.service}
    for each in engine.containers(alike):
        labels = each["Config"]["Labels"]
        if labels[SERVICE_LABEL] != names.service_id:
            remove_all(engine, {**alike, SERVICE_LABEL: labels[SERVICE_LABEL]})


def remove_all(engine: Engine, labels: Mapping[str, str]) -> None:
    """Remove the containers, networks and volumes with these labels."""
    for each in engine.containers(labels):
        engine.remove(str(each["Id"]))
    engine.remove_networks(labels)
    engine.remove_volumes(labels)


# -- a revision ----------------------------------------------------------------------------------------------------


def start_replica(engine: Engine, names: Names, manifest: Manifest, keys: Path, *, keep: bool) -> str:
    """Start the container of a revision and return its id; raises `DeploymentError` (`image-missing`)."""
    image = manifest.container.image
    if not engine.image(image):
        raise DeploymentError(
            "image-missing",
            f"The image '{manifest.container.image_name or image}' of service '{names.service}' is not in the engine.",
            f"Build it again by an update, or bring it back: modelport service update {names.service}",
            step="launch",
        )
    name = names.replica(manifest.revision)
    engine.ensure_network(names.network, names.labels)
    engine.remove(name)
    engine.remove_volume(name)
    engine.ensure_volume(name, names.labels)
    made = engine.create(
        replica_words(names, manifest),
        host_words(name, names.network, manifest.container, keep=keep),
        (names.network, alias_of(manifest.revision)),
    )
    tell(engine, made, manifest, keys)
    engine.start(made)
    return made


def tell(engine: Engine, container: str, manifest: Manifest, keys: Path) -> None:
    """Put what the server of a container goes by into its volume: manifest, keys, own files."""
    built_in = _built_in(engine, container, manifest)
    inside = manifest_inside(manifest, built_in)
    files = [File("service.json", inside.to_json().encode()), *key_files(keys)]
    if manifest.container.own_files:
        files += own_files(Path(manifest.program.app_directory), built_in.program.app_directory)
    engine.put(container, STATE, files)


def key_files(keys: Path) -> Iterator[File]:
    """The accepted keys, if the service has any."""
    if keys.exists():
        yield File("keys.json", keys.read_bytes())


def _built_in(engine: Engine, container: str, manifest: Manifest) -> Manifest:
    content = engine.read(container, BUILT_IN)
    try:
        return Manifest.from_json(content.decode())
    except (ProtocolError, ValueError) as error:
        image = manifest.container.image_name or manifest.container.image
        raise DeploymentError(
            "image-foreign",
            f"The image '{image}' was not built by this version of Modelport: it has no readable {BUILT_IN}.",
            "Build it with Modelport: modelport image build --help",
            step="launch",
        ) from error


# -- the gateway ---------------------------------------------------------------------------------------------------


def start_gateway(engine: Engine, names: Names, manifest: Manifest, backend: str) -> None:
    """Start the container that owns the port; raises `ConflictError` (`port-in-use`)."""
    for attempt in range(_ATTEMPTS):
        port = manifest.listen.port or _free_port()
        try:
            _start_gateway(engine, names, manifest, (port, backend))
        except ConflictError:
            engine.remove(names.gateway(port))
            if manifest.listen.port or attempt == _ATTEMPTS - 1:
                raise
        else:
            return


def _start_gateway(engine: Engine, names: Names, manifest: Manifest, where: tuple[int, str]) -> None:
    port, backend = where
    name = names.gateway(port)
    engine.remove(name)
    engine.ensure_volume(name, names.labels)
    host = host_words(name, names.network, None, keep=True)
    host["port_bindings"] = {PORT: (manifest.listen.host, port)}
    made = engine.create(gateway_words(names, manifest, port), host, (names.network, "gateway"))
    tell_gateway(engine, made, manifest, backend)
    run_gateway(engine, made)


def run_gateway(engine: Engine, container: str) -> None:
    """Start a gateway and wait until it listens: the engine takes connections before, and resets them.

    Raises `DeploymentError` (`gateway-not-answering`).
    """
    engine.start(container)
    deadline = time.monotonic() + _GATEWAY_SECONDS
    while time.monotonic() < deadline:
        if engine.ask(container, "status").get("ok", {}).get("port"):
            return
        if not is_running(engine.inspect(container)):
            break
        time.sleep(_POLL_SECONDS)
    said = " / ".join(line for _, line in engine.lines(container, tail=3))
    raise DeploymentError(
        "gateway-not-answering",
        f"The gateway of the service does not listen{f'; it said: {said}' if said else ''}.",
        "Run the operation again; the containers show more: docker ps --all",
        step="launch",
    )


def tell_gateway(engine: Engine, container: str, manifest: Manifest, backend: str) -> None:
    """Put what a gateway goes by into its volume."""
    box = manifest.container
    tls = {"certificate_file": f"{STATE}/{_CERTIFICATE}", "key_file": f"{STATE}/{_KEY}"} if box.certificate else None
    words = {
        "backend": backend,
        "service_name": manifest.service_name,
        "listen": asdict(Listen("0.0.0.0", PORT)),  # noqa: S104 - in a network of its own
        "limits": asdict(manifest.limits),
        "tls": tls,
    }
    files = [File(GATEWAY_FILE, json.dumps(words).encode())]
    if box.certificate:
        files += [File(_CERTIFICATE, Path(box.certificate).read_bytes()), File(_KEY, Path(box.key).read_bytes())]
    engine.put(container, STATE, files)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
