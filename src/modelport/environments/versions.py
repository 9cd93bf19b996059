"""Finds the versions of a package that exist around the one asked for, by asking the solver for each."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from packaging.requirements import InvalidRequirement, Requirement
from packaging.version import InvalidVersion, Version

from modelport.environments.specification import Dependency

Ask = Callable[[str, str], str]
"""Takes a requirement and "highest" or "lowest", gives the version that the solver picks, or ""."""

SHOWN_VERSIONS = 3
"""How many versions are shown on each side of the one asked for."""


def versions_near(asked: Dependency, ask: Ask) -> tuple[str, ...]:
    """The oldest and the newest version, and the nearest on both sides of the one asked for, oldest first.

    The solver knows every kind of index with its credentials; "the newest below 1.5" again and again is a list.
    """
    try:
        requirement = Requirement(asked.text.partition(" --hash")[0])
    except InvalidRequirement:
        return ()
    name = requirement.name
    pin = next((spec.version.removesuffix(".*") for spec in requirement.specifier), "")
    found = {ask(name, "highest"), ask(name, "lowest")}
    if pin and found != {""}:
        found |= set(_walk(lambda edge: ask(f"{name}<{edge}", "highest"), pin))
        found |= set(_walk(lambda edge: ask(f"{name}>{edge}", "lowest"), pin))
    return tuple(sorted(found - {""}, key=_sort_key))


def _walk(step: Callable[[str], str], edge: str) -> Iterator[str]:
    for _ in range(SHOWN_VERSIONS):
        edge = step(edge)
        if not edge:
            return
        yield edge


def _sort_key(version: str) -> Version:
    try:
        return Version(version)
    except InvalidVersion:
        return Version("0")
