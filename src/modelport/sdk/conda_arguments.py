"""Arguments of `CondaDependencies`, checked."""

from __future__ import annotations

import re
from collections.abc import Iterable

from packaging.utils import canonicalize_name

from modelport.errors import UserError


def core_package(name: str, core_type: str) -> str:
    """The name of a framework's package for processors or graphics cards; raises `UserError` (`argument-invalid`)."""
    if core_type not in ("cpu", "gpu"):
        raise wrong("core_type", core_type, "'cpu' or 'gpu'")
    return canonicalize_name(f"{name}-gpu" if core_type == "gpu" else name)


def option_name(option: str) -> str:
    """The name of one of pip's options without its value."""
    return re.split(r"[=\s]", option.strip(), maxsplit=1)[0]


def text(name: str, value: object) -> str:
    """`value`, stripped, if it is text that is not empty; raises `UserError` (`argument-invalid`)."""
    if isinstance(value, str) and value.strip():
        return value.strip()
    raise wrong(name, value, "text that is not empty")


def texts(name: str, values: object) -> list[str]:
    """As `text`, for each of a list."""
    if isinstance(values, str) or not isinstance(values, Iterable):
        raise wrong(name, values, "a list such as ['numpy==1.26.4']")
    return [text(name, value) for value in values]


def wrong(name: str, value: object, valid: str) -> UserError:
    """The error for an argument that is not valid."""
    return UserError(
        "argument-invalid",
        f"CondaDependencies: {name} is {value!r}; {valid} is needed.",
        "Example: CondaDependencies.create(python_version='3.11', pip_packages=['numpy==1.26.4'])",
    )
