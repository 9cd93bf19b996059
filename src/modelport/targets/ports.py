"""Ports of this machine: looked at before anything is changed for the sake of one."""

from __future__ import annotations

import socket
import sys

from modelport.errors import port_error
from modelport.services.spec import ServiceSpec


def preflight(spec: ServiceSpec, own_port: int) -> None:
    """Whether the port that a spec asks for can be had; raises as `check_free` does."""
    if spec.listen.port not in (0, own_port):
        check_free(spec.listen.host, spec.listen.port)


def check_free(host: str, port: int) -> None:
    """Return if nobody listens on `port` (0: a free one); raises `ConflictError` (`port-in-use`) or `UserError`
    (`port-unusable`: no right to it, or no such address)."""
    if not port:
        return
    try:
        _try(host, port)
    except OSError as error:
        raise port_error(host, port, error) from error


def is_free(host: str, port: int) -> bool:
    """Whether the port could be opened right now."""
    try:
        _try(host, port)
    except OSError:
        return False
    return True


def _try(host: str, port: int) -> None:
    family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    with socket.socket(family, kind, protocol) as probe:
        if sys.platform != "win32":  # as the server will: connections that linger from before do not count
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(address)
