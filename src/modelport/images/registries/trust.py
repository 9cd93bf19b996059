"""Which registries an engine was told to reach without a checked certificate: Modelport goes by the same list."""

from __future__ import annotations

import ipaddress
import json
import re
from collections.abc import Mapping
from typing import Any

from modelport.images.engine import Engine
from modelport.images.registries.reference import is_loopback


def is_insecure(engine: Engine, registry: str) -> bool:
    """Whether the engine speaks plain HTTP (or unchecked HTTPS) to a registry; this machine's own addresses always."""
    if is_loopback(registry):
        return True
    if engine.kind != "docker":
        return False  # podman and buildah are told by files of their own, which a remote one has elsewhere
    done = engine.run(["info", "--format", "{{json .RegistryConfig}}"])
    try:
        words = json.loads(done.stdout)
    except ValueError:
        return False
    return isinstance(words, dict) and is_listed(words, registry)


def is_listed(configuration: Mapping[str, Any], registry: str) -> bool:
    """Whether a docker engine's registry configuration lists `registry` as insecure.

    >>> is_listed({"InsecureRegistryCIDRs": ["10.0.0.0/8"]}, "10.1.2.3:5000")
    True
    >>> is_listed({"IndexConfigs": {"r.example:5000": {"Secure": False}}}, "r.example")
    False
    """
    known = (configuration.get("IndexConfigs") or {}).get(registry)
    if isinstance(known, Mapping):
        return known.get("Secure") is False
    try:
        address = ipaddress.ip_address(re.sub(r":[0-9]+$", "", registry).strip("[]"))
    except ValueError:
        return False
    networks = [ipaddress.ip_network(word, strict=False) for word in configuration.get("InsecureRegistryCIDRs") or ()]
    return any(address in network for network in networks)
