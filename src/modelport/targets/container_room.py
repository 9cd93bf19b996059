"""Whether the engine's machine has what a service asks for: noticed before an image is built, not after."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from modelport.errors import ConflictError, UserError
from modelport.manifest import Container
from modelport.services.spec import ServiceSpec
from modelport.targets import ports
from modelport.targets.container_engine import Engine

_MIB: Final = 2**20
LEAST_MEMORY_BYTES: Final = 6 * _MIB
"""Engines refuse a container with less."""
_EVERYWHERE = ("", "0.0.0.0", "::")  # noqa: S104 - compared with, not bound to


def check_room(engine: Engine, spec: ServiceSpec, own_port: int) -> None:
    """Raise `UserError` (`container-limit-unfit`, `port-unusable`) or `ConflictError` (`port-in-use`) for what the
    engine would refuse; `own_port` is the service's own."""
    if spec.container.cpu_cores or spec.container.memory_bytes:
        check_limits(spec.container, engine.about())
    if spec.listen.port in (0, own_port):
        return
    check_published(engine.published(), spec.listen.host, spec.listen.port)
    if not engine.host:  # what else holds a port of another machine cannot be seen from here
        ports.check_free(spec.listen.host, spec.listen.port)


def check_limits(container: Container, about: Mapping[str, Any]) -> None:
    """Raise `UserError` (`container-limit-unfit`) for limits that the machine cannot give, or the engine does not."""
    cores, memory = int(about.get("NCPU") or 0), int(about.get("MemTotal") or 0)
    if cores and container.cpu_cores > cores:
        raise _unfit(
            f"{container.cpu_cores:g} processor cores, and the machine of the container engine has {cores}",
            f"Ask for {cores} at most: cpu_cores={cores} (--cpu {cores})",
        )
    if container.memory_bytes and container.memory_bytes < LEAST_MEMORY_BYTES:
        raise _unfit(
            f"{container.memory_bytes / _MIB:.3g} MiB of memory, and container engines give "
            f"{LEAST_MEMORY_BYTES // _MIB} MiB at least",
            "Memory is counted in GB: memory_gb=0.5 (--memory 0.5) is enough for most models of scikit-learn",
        )
    if memory and container.memory_bytes > memory:
        most = int(memory / 2**30 * 10) / 10
        raise _unfit(
            f"{container.memory_bytes / 2**30:.3g} GB of memory, and the machine of the container engine has "
            f"{memory / 2**30:.3g} GB",
            f"Ask for less: memory_gb={most} (--memory {most}) at most",
        )


def _unfit(what: str, remedy: str) -> UserError:
    return UserError("container-limit-unfit", f"The service asks for {what}.", f"{remedy}.")


def check_published(published: list[tuple[str, int, str]], host: str, port: int) -> None:
    """Raise `ConflictError` (`port-in-use`) if a container publishes this port at an address that meets ours."""
    for address, other, container in published:
        if other == port and (address == host or address in _EVERYWHERE or host in _EVERYWHERE):
            raise ConflictError(
                "port-in-use",
                f"The port {port} of the service is in use on the engine's machine, by the container '{container}'.",
                "Choose another port, or leave it out for a free one.",
            )
