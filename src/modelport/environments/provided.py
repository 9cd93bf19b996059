"""The packages of the original that the worker stands in for, so that they are never installed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from modelport.environments.specification import Dependency

PROVIDED: Final[dict[str, str]] = {
    "azureml-contrib-services": "AMLRequest, AMLResponse and rawhttp come with the worker",
    "azureml-core": "its import paths come with the worker",
    "azureml-defaults": "the server and the worker take its place",
    "azureml-inference-server-http": "the server takes its place",
    "azureml-model-management-sdk": "its schema helpers come with the worker",
    "azureml-monitoring": "its data collector comes with the worker",
    "inference-schema": "the schema decorators come with the worker",
}
"""Name on PyPI -> what takes its place."""

SUCCEEDED: Final[dict[str, str]] = {"ptvsd": "debugpy"}
"""Name on PyPI -> the package that is installed instead; the worker offers the old names."""


def without_provided(requirements: Iterable[Dependency]) -> tuple[tuple[Dependency, ...], tuple[str, ...]]:
    """Split off the packages that the worker stands in for: what is left to install, and a line for the log each.

    >>> without_provided([Dependency("six"), Dependency("azureml-defaults>=1.0.45")])[1]
    ("'azureml-defaults>=1.0.45' is not installed: the server and the worker take its place.",)
    """
    kept: list[Dependency] = []
    notes: list[str] = []
    asked = [(requirement_name(dependency.text), dependency) for dependency in requirements]
    names = {name for name, _ in asked}
    for name, dependency in asked:
        successor = SUCCEEDED.get(name)
        if name in PROVIDED:
            notes.append(f"'{dependency.text}' is not installed: {PROVIDED[name]}.")
        elif successor is None:
            kept.append(dependency)
        else:
            notes.append(f"'{dependency.text}' is not installed: '{successor}' is, under the old names as well.")
            if successor not in names:
                kept.append(Dependency(successor, dependency.place))
    return tuple(kept), tuple(notes)


def requirement_name(text: str) -> str:
    """The canonical name that a requirement asks for, or "" for a bare URL or path.

    >>> requirement_name("Inference_Schema[numpy-support]>=1.0 --hash=sha256:00")
    'inference-schema'
    """
    try:
        return canonicalize_name(Requirement(text.partition(" --hash")[0]).name)
    except InvalidRequirement:
        return ""
