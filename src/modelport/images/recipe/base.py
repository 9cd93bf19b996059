"""Which base an image is built on: the default, the user's own, or what stands in for one of the original's (pure)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from modelport.errors import UserError
from modelport.settings import DEFAULT_BASE_IMAGE

# The bases that v1 named by default or in its documentation; nobody publishes them with a Python of today.
_ORIGINALS = ("mcr.microsoft.com/azureml/", "mcr.microsoft.com/azureml-")
# The last suite that python:3.x was published for, where it is not the one of the default.
_OLD_SUITES: Mapping[str, str] = {"3.6": "bullseye"}


def default_base(template: str, python: str) -> str:
    """The default base image for a minor version of Python.

    >>> default_base("python:{python}-slim-bookworm", "3.11")
    'python:3.11-slim-bookworm'
    >>> default_base("python:{python}-slim-bookworm", "3.6")
    'python:3.6-slim-bullseye'
    """
    name = template.replace("{python}", python)
    suite = _OLD_SUITES.get(python)
    return name.replace("bookworm", suite) if suite and template == DEFAULT_BASE_IMAGE else name


def is_original(reference: str) -> bool:
    """Whether an image is one of the bases that v1 brought along.

    >>> is_original("mcr.microsoft.com/azureml/base:intelmpi2018.3-ubuntu16.04")
    True
    """
    return reference.lower().startswith(_ORIGINALS)


def stand_in_note(reference: str, stand_in: str) -> str:
    """The line of the log that says what takes the place of one of the original's bases."""
    gpu = "; it has no CUDA libraries" if "gpu" in reference or "cuda" in reference else ""
    return f"The base image '{reference}' belongs to the original service; '{stand_in}' takes its place{gpu}."


def given_base(container: Mapping[str, Any]) -> tuple[str, str]:
    """(kind, value) of the base that the docker section of an environment names: "image", "dockerfile", "context", or
    ("", "") for none; `base_image_registry` goes before the name of an image that has no registry.

    Raises `UserError` (`base-given-twice`).
    """
    keys = {"image": "base_image", "dockerfile": "base_dockerfile", "context": "build_context"}
    given = {kind: str(container[key]) for kind, key in keys.items() if container.get(key)}
    if len(given) > 1:
        raise UserError(
            "base-given-twice",
            f"The environment names more than one base: {' and '.join(f'docker.{keys[kind]}' for kind in given)}.",
            "Set all but one of them to None.",
        )
    kind, value = next(iter(given.items()), ("", ""))
    registry = str((container.get("base_image_registry") or {}).get("address") or "").rstrip("/")
    if kind == "image" and registry and not value.startswith(f"{registry}/"):
        value = f"{registry}/{value}"
    return kind, value
