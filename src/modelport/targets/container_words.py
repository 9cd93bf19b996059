"""What is asked of the engine for one service: names, labels, limits, files of its containers (pure)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from modelport.manifest import Container, Listen, Manifest, Places, Program
from modelport.naming import (
    NAME_LABEL,
    REVISION_LABEL,
    ROLE_LABEL,
    SERVICE_LABEL,
    WORKSPACE_LABEL,
    container_name,
)
from modelport.services.target import ServicePlace
from modelport.targets.container_engine import SERVER_PYTHON, USER, File

STATE = "/var/lib/modelport"
OWN_APP = f"{STATE}/app"
MODELS_FOLDER = "azureml-models"
BUILT_IN = "/opt/modelport/service.json"
GATEWAY_FILE = "gateway.json"
PORT = 5001
REPLICA, GATEWAY = "replica", "gateway"
_GRACE_SECONDS = 10.0
_LOG = {"type": "json-file", "config": {"max-size": "16m", "max-file": "4"}}


@dataclass(frozen=True)
class Names:
    """How the parts of one service are called and labelled; `workspace` is the workspace's id."""

    workspace: str
    service_id: str
    service: str

    @property
    def labels(self) -> dict[str, str]:
        """Of everything that belongs to the service."""
        return {WORKSPACE_LABEL: self.workspace, SERVICE_LABEL: self.service_id, NAME_LABEL: self.service}

    @property
    def network(self) -> str:
        """Its private network."""
        return container_name(self.service, self.service_id)

    def replica(self, revision: int) -> str:
        """The container of a revision, and its volume."""
        return container_name(self.service, self.service_id, alias_of(revision))

    def gateway(self, port: int) -> str:
        """The container that owns a port, and its volume."""
        return container_name(self.service, self.service_id, f"gateway-{port}")


def names_of(workspace: str, place: ServicePlace) -> Names:
    """The names of a service."""
    return Names(workspace, place.service_id, place.name)


def alias_of(revision: int) -> str:
    """The name of a revision's container in the private network."""
    return f"r{revision}"


def backend_of(revision: int) -> str:
    """Where the gateway finds a revision.

    >>> backend_of(3)
    'r3:5001'
    """
    return f"{alias_of(revision)}:{PORT}"


def revision_of(described: Mapping[str, Any]) -> int:
    """The revision that a container was made for."""
    return int((described.get("Config", {}).get("Labels") or {}).get(REVISION_LABEL, 0))


def role_of(described: Mapping[str, Any]) -> str:
    """Replica or gateway."""
    return str((described.get("Config", {}).get("Labels") or {}).get(ROLE_LABEL, ""))


def drain_seconds(manifest: Manifest) -> float:
    """How long a container may take to end."""
    return manifest.limits.drain_timeout_seconds + _GRACE_SECONDS


def replica_words(names: Names, manifest: Manifest) -> dict[str, Any]:
    """The container of a revision: its image as it is, under the names and labels of the service."""
    labels = {**names.labels, ROLE_LABEL: REPLICA, REVISION_LABEL: str(manifest.revision)}
    return {
        "image": manifest.container.image,
        "name": names.replica(manifest.revision),
        "labels": labels,
        "user": f"{USER}:{USER}",
        "stop_timeout": round(drain_seconds(manifest)),
    }


def gateway_words(names: Names, manifest: Manifest, port: int) -> dict[str, Any]:
    """The container that owns the port: the same image with the words of the gateway."""
    return {
        "image": manifest.container.image,
        "name": names.gateway(port),
        "labels": {**names.labels, ROLE_LABEL: GATEWAY},
        "user": f"{USER}:{USER}",
        "entrypoint": [SERVER_PYTHON, "-I", "-m", "modelport.server.gateway", f"{STATE}/{GATEWAY_FILE}"],
        "command": [],
        "ports": [PORT],
        "stop_timeout": round(drain_seconds(manifest)),
    }


def host_words(volume: str, network: str, container: Container | None, *, keep: bool) -> dict[str, Any]:
    """What a container may use and may not do; `keep`: the engine starts it again whenever it ends by itself."""
    limits: dict[str, Any] = {}
    if container is not None and container.cpu_cores:
        limits["nano_cpus"] = round(container.cpu_cores * 1e9)
    if container is not None and container.memory_bytes:
        limits["mem_limit"] = limits["memswap_limit"] = container.memory_bytes
    return {
        **limits,
        "binds": [f"{volume}:{STATE}"],
        "network_mode": network,
        "read_only": True,
        "tmpfs": {"/tmp": "rw,exec,nosuid,nodev,mode=1777"},  # noqa: S108 - a container's /tmp is its own
        "cap_drop": ["ALL"],
        "security_opt": ["no-new-privileges:true"],
        "restart_policy": {"Name": "unless-stopped" if keep else "no"},
        "log_config": _LOG,
    }


def manifest_inside(manifest: Manifest, built_in: Manifest) -> Manifest:
    """What the server in the container is told: the program of its image, and all else as it is wished."""
    wished, program = manifest.program, built_in.program
    variables = {**program.environment_variables, **wished.environment_variables}
    program = replace(
        program,
        python=wished.python or program.python,
        environment_variables=variables,
        models=wished.models or program.models,
    )
    if manifest.container.own_files:
        program = _moved(program, wished.entry_script)
    return replace(
        manifest,
        program=program,
        listen=Listen("0.0.0.0", PORT, manifest.listen.cors_origins),  # noqa: S104 - in a network of its own
        places=Places(),
        container=Container(),
        exit_on_init_failure=True,
    )


def _moved(program: Program, entry_script: str) -> Program:
    """The program in the folder of the volume, from where a link leads to the models of the image."""
    models = program.model_directory
    if models.startswith(f"{program.app_directory}/"):
        models = OWN_APP + models.removeprefix(program.app_directory)
    return replace(program, app_directory=OWN_APP, entry_script=entry_script, model_directory=models)


def own_files(folder: Path, image_app: str) -> Iterator[File]:
    """The files of a revision's working directory, without its models: those are in the image."""
    for path in sorted(folder.rglob("*")):
        relative = path.relative_to(folder)
        if path.is_file() and relative.parts[0] != MODELS_FOLDER:
            yield File(f"app/{relative.as_posix()}", path.read_bytes(), 0o700)
    yield File(f"app/{MODELS_FOLDER}", link_to=f"{image_app}/{MODELS_FOLDER}")
