"""Environments that exist in every workspace under a name of their own, and v1's names for them."""

from __future__ import annotations

from typing import Final

from modelport.environments.environment import EnvironmentDefinition
from modelport.environments.specification import Dependency

RESERVED_PREFIXES: Final = ("modelport-", "AzureML-", "Microsoft")
"""Names that begin like this cannot be registered."""

_PACKAGES: Final[dict[str, tuple[str, ...]]] = {
    "modelport-minimal": (),
    # No pins: any release since these answers a model of the same generation, and what is installed already serves.
    "modelport-sklearn": ("scikit-learn>=0.24", "pandas>=1.1", "numpy>=1.19", "joblib>=1.0"),
    "modelport-onnx": ("onnxruntime>=1.10", "numpy>=1.19"),
}

# v1 named its environments after what was in them. Those with a release that no Python of today runs give the nearest
# environment of ours; a model that needs that release needs a conda file of its own.
_ALIASES: Final[dict[str, str]] = {
    "AzureML-Minimal": "modelport-minimal",
    "AzureML-minimal-ubuntu18.04-py37-cpu-inference": "modelport-minimal",
    "AzureML-minimal-ubuntu20.04-py38-cpu-inference": "modelport-minimal",
    "AzureML-Scikit-learn-0.20.3": "modelport-sklearn",
    "AzureML-Scikit-learn0.24-Cuda11-OpenMpi4.1.0-py36": "modelport-sklearn",
    "AzureML-sklearn-0.24-ubuntu18.04-py37-cpu": "modelport-sklearn",
    "AzureML-sklearn-0.24.1-ubuntu18.04-py37-cpu-inference": "modelport-sklearn",
    "AzureML-sklearn-1.0-ubuntu20.04-py38-cpu": "modelport-sklearn",
    "AzureML-onnxruntime-1.6-ubuntu18.04-py37-cpu-inference": "modelport-onnx",
}


def curated_names() -> tuple[str, ...]:
    """The names of the curated environments, ours first."""
    return (*_PACKAGES, *_ALIASES)


def curated(name: str) -> EnvironmentDefinition | None:
    """The curated environment of that name (or of v1's name for it), or None.

    >>> [str(line) for line in curated("AzureML-Scikit-learn-0.20.3").pip][0]
    'scikit-learn>=0.24'
    """
    packages = _PACKAGES.get(_ALIASES.get(name, name))
    if packages is None:
        return None
    return EnvironmentDefinition(name, pip=tuple(Dependency(package) for package in packages), source="curated")


def is_reserved(name: str) -> bool:
    """Whether a name is kept for curated environments."""
    return name.lower().startswith(tuple(prefix.lower() for prefix in RESERVED_PREFIXES))
