"""What the operations on services are made of; put together by the workspace."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from modelport.errors import UserError, nearest
from modelport.events import Event
from modelport.registry.catalog import ModelRegistry
from modelport.services.spec import ServiceSpec
from modelport.services.store import ServiceStore
from modelport.services.target import ServicePlace, Target

Report = Callable[[Event], None]
"""Sees each step of an operation as the event that is recorded, when it happens."""


CLUSTER = "kubernetes"
"""The name of the target for clusters, which services may ask for whether it is there or not."""


@dataclass(frozen=True)
class RealisedEnvironment:
    """An environment that exists: its Python, the variables that a worker gets, and the digest of its lock.

    Where it is an image: the engine's id and the name of it, and the file with the log of its build.
    """

    python: str
    environment_variables: Mapping[str, str] = field(default_factory=dict, repr=False)
    lock_digest: str = ""
    image: str = ""
    image_name: str = ""
    build_log: str = ""


CheckScript = Callable[[Path], None]
"""Looks at an entry script without running it; raises `ScriptError`."""
Realise = Callable[[Mapping[str, Any], Callable[[str], None]], RealisedEnvironment]
"""Makes the environment of a definition (empty: the running interpreter) and tells lines of progress."""
Pack = Callable[[ServiceSpec, Path, Callable[[str], None]], RealisedEnvironment]
"""Makes the image of a spec, whose working directory is laid out in a folder, and tells lines of progress."""
ShareKeys = Callable[[ServicePlace], None]
"""Tells what runs for a service of keys that were made anew."""
Preflight = Callable[[ServiceSpec, int], None]
"""Whether a target could run a spec, of which the service already has the port given (0: none); raises what forbids."""


@dataclass(frozen=True)
class Parts:
    """What the operations on services are made of.

    `curated` gives the definition of the environment for a framework whose models need no script of the user's.
    `packers` make the images of those targets that run images, `key_sharers` bring new keys to those that do not see
    the service's folder.
    """

    store: ServiceStore
    models: ModelRegistry
    targets: Mapping[str, Target]
    preflights: Mapping[str, Preflight]
    check_script: CheckScript
    realise: Realise
    curated: Callable[[str], Mapping[str, Any]]
    packers: Mapping[str, Pack] = field(default_factory=dict)
    key_sharers: Mapping[str, ShareKeys] = field(default_factory=dict)

    def builds(self, spec: ServiceSpec) -> bool:
        """Whether a service runs from an image."""
        return spec.target in self.packers

    def target_of(self, spec: ServiceSpec) -> Target:
        """Where a service runs; raises `UserError` (`target-unknown`, `target-unavailable`)."""
        if spec.target in self.targets:
            return self.targets[spec.target]
        if spec.target == CLUSTER:
            raise UserError(
                "target-unavailable",
                f"Service '{spec.name}' asks for a Kubernetes cluster, and this version of Modelport has no target for "
                "clusters.",
                "The same call runs it here: give LocalWebservice.deploy_configuration(), or with an engine "
                f"AciWebservice.deploy_configuration({_asked(spec)}), and no deployment_target.",
            )
        raise UserError(
            "target-unknown",
            f"Service '{spec.name}' asks for the target '{spec.target}'. {nearest(spec.target, self.targets)}",
            "Choose one of the targets that this version of Modelport has.",
        )


def _asked(spec: ServiceSpec) -> str:
    """What one replica asks for, as arguments for a container."""
    asked = spec.cluster.resources
    return f"cpu_cores={asked.cpu_cores:g}, memory_gb={asked.memory_gb:g}"
