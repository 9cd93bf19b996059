"""Tells which Python a set of old pins was made for, by asking the solver where they have ready-made files."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from packaging.requirements import InvalidRequirement, Requirement

from modelport.environments.specification import Dependency
from modelport.errors import ResolutionError

HasFiles = Callable[[Sequence[Dependency], str], bool]
"""Whether every one of the requirements has a ready-made file for a Python, "3.6"; "" is the one that was asked for."""

PYTHONS = ("3.14", "3.13", "3.12", "3.11", "3.10", "3.9", "3.8", "3.7", "3.6", "3.5")
"""The Pythons that are tried, newest first."""


def old_pins_error(
    requirements: Sequence[Dependency], python_version: str, has_files: HasFiles
) -> ResolutionError | None:
    """The error that names the Python which the pins need; None where it is not their age that stands in the way."""
    pins = [entry for entry in requirements if _is_pinned(entry.text)]
    if not pins or has_files(pins, ""):
        return None
    stuck = [pin for pin in pins if not has_files([pin], "")]
    pythons = [python for python in PYTHONS if not python_version.startswith(f"{python}.") and has_files(stuck, python)]
    if not stuck or not pythons:
        return None
    return ResolutionError(
        "package-not-for-python",
        f"{_joined([str(pin) for pin in stuck])} {'was' if len(stuck) == 1 else 'were'} made for Python "
        f"{_joined(pythons, 'or')}: there is no ready-made file for Python {python_version}, which this environment "
        "has.",
        f"Ask for Python {pythons[0]} (python={pythons[0]} in the conda file) on a target that has it; or for newer "
        "versions, and check that the model still loads with them.",
    )


def _is_pinned(text: str) -> bool:
    try:
        specifiers = Requirement(text.partition(" --hash")[0]).specifier
    except InvalidRequirement:
        return False
    return any(each.operator in ("==", "===") for each in specifiers)


def _joined(words: Sequence[str], last: str = "and") -> str:
    """
    >>> _joined(["3.7", "3.6", "3.5"], "or")
    '3.7, 3.6 or 3.5'
    """
    return f" {last} ".join(filter(None, [", ".join(words[:-1]), words[-1]]))
