"""Checks of the machine (pure)."""

from __future__ import annotations

from collections.abc import Iterator

from modelport.diagnosis.facts import Facts
from modelport.diagnosis.finding import Finding, Severity
from modelport.targets.local import SOCKET_PATH_BYTES_MAX

_DISK_NEEDED = 200_000_000  # what a small environment and its service take
_DISK_COMFORTABLE = 2_000_000_000
_MEMORY_NEEDED = 150_000_000  # a server with a worker that loads scikit-learn


def check_disk(facts: Facts) -> Iterator[Finding]:
    """There is room for models, environments and services."""
    machine = facts.machine
    if machine is None or not machine.home or machine.disk_free_bytes >= _DISK_COMFORTABLE:
        return
    scarce = machine.disk_free_bytes < _DISK_NEEDED
    yield Finding(
        "disk-full", Severity.ERROR if scarce else Severity.WARNING, "machine",
        f"The disk of '{machine.home}' has {machine.disk_free_bytes / 1e6:.0f} MB left.", (),
        "Free some room, delete what is not used (modelport model delete, modelport image prune), or put workspaces on "
        "another disk: export MODELPORT_HOME=/other/disk/modelport",
    )  # fmt: skip


def check_memory(facts: Facts) -> Iterator[Finding]:
    """There is memory for a service."""
    machine = facts.machine
    if machine is not None and 0 < machine.memory_free_bytes < _MEMORY_NEEDED:
        yield Finding(
            "memory-scarce", Severity.WARNING, "machine",
            f"The machine has {machine.memory_free_bytes / 1e6:.0f} MB of memory left.", (),
            "End what is not needed, or stop a service: modelport service stop NAME",
        )  # fmt: skip


def check_socket_path(facts: Facts) -> Iterator[Finding]:
    """The path of a service's socket is not longer than a socket's path may be."""
    machine = facts.machine
    if machine is not None and machine.socket_path_bytes > SOCKET_PATH_BYTES_MAX:
        yield Finding(
            "runtime-path-too-long", Severity.ERROR, "machine",
            f"The folder for sockets is too long: a path of {SOCKET_PATH_BYTES_MAX} bytes is possible, and "
            f"{machine.socket_path_bytes} are needed.", (),
            "Set MODELPORT_RUNTIME_DIR to a short folder of your own, for example /tmp/mp.",
        )  # fmt: skip


def check_engine(facts: Facts) -> Iterator[Finding]:
    """Where a service needs a container engine, there is one."""
    machine, service = facts.machine, facts.service
    if machine is None or not machine.engine_trouble:
        return
    needed = service is not None and service.target == "container"
    if needed:
        yield Finding(
            "engine-not-running", Severity.ERROR, "machine", machine.engine_trouble, (),
            "Start the engine (sudo systemctl start docker), or deploy without one: --target local",
        )  # fmt: skip
