"""Solves an environment from conda channels with py-rattler (the extra `modelport[conda]`), for an image.

Only where the user asks for it: else the packages of a conda file come from PyPI. Requirements of the pip section are
solved afterwards, under the Python and beside the packages that the channels gave.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import unquote, urlsplit

from packaging.utils import canonicalize_name

from modelport.environments.environment import EnvironmentDefinition
from modelport.environments.foreign_python import ForeignPython
from modelport.environments.lock import Lock, LockedPackage
from modelport.environments.options import RealisationOptions, Report
from modelport.environments.solve import solve
from modelport.environments.specification import Dependency
from modelport.environments.wish import wish_of
from modelport.errors import MissingExtraError, ResolutionError

_DEFAULT_CHANNELS = ("conda-forge",)
# py-rattler's errors have no class in common.
_TROUBLE = ("FetchRepoDataError", "GatewayError", "InvalidChannelError", "InvalidMatchSpecError", "SolverError")
_SUBDIRS = {"x86_64": "linux-64", "aarch64": "linux-aarch64", "ppc64le": "linux-ppc64le", "s390x": "linux-s390x"}


@dataclass(frozen=True)
class CondaPackage:
    """One package of a channel: its name, version and build, where it is, and its digest."""

    name: str
    version: str
    build: str
    url: str
    sha256: str

    @property
    def local_path(self) -> str:
        """The path of a package of a channel on this machine, "" for another."""
        parts = urlsplit(self.url)
        return unquote(parts.path) if parts.scheme == "file" else ""

    @property
    def file_name(self) -> str:
        """The last part of its URL."""
        return unquote(urlsplit(self.url).path).rpartition("/")[2]


@dataclass(frozen=True)
class CondaSolution:
    """What an environment from channels consists of: their packages, and the lock of the pip section beside them."""

    packages: tuple[CondaPackage, ...]
    pip: Lock
    subdir: str

    @property
    def python(self) -> str:
        """The version of Python."""
        return next(package.version for package in self.packages if package.name == "python")

    @property
    def lock(self) -> Lock:
        """Both together as one lock."""
        locked = [
            LockedPackage(f"{each.name}=={each.version}", (f"sha256:{each.sha256}",), f"conda:{each.build}")
            for each in self.packages
        ]
        both = sorted([*locked, *self.pip.packages], key=lambda package: package.requirement)
        return Lock(self.python, f"conda-{self.subdir}", tuple(both))


def solve_conda(
    definition: EnvironmentDefinition, place: ForeignPython, options: RealisationOptions, report: Report
) -> CondaSolution:
    """Solve an environment from its channels for the machine and C library of `place`.

    Raises `MissingExtraError` without py-rattler, `ResolutionError` (`conda-unsolvable`, and of `solve` for the pip
    section).
    """
    channels = definition.channels or _DEFAULT_CHANNELS
    report(f"Solving {len(definition.conda)} conda packages from {', '.join(channels)} …")
    subdir = _subdir(place.machine)
    packages = _solved(definition, channels, subdir, place)
    report(f"Solved {len(packages)} conda packages.")
    python = next(package.version for package in packages if package.name == "python")
    wish = wish_of(replace(definition, conda=()))
    pins = tuple(Dependency(f"{canonicalize_name(each.name)}=={each.version}") for each in packages if _is_pin(each))
    foreign = replace(place, version=python)
    lock = solve(replace(wish, constraints=(*wish.constraints, *pins)), foreign, options, report)
    there = {str(canonicalize_name(package.name)) for package in packages}
    kept = tuple(package for package in lock.packages if package.name not in there)
    return CondaSolution(packages, replace(lock, packages=kept), subdir)


def _is_pin(package: CondaPackage) -> bool:
    """Versions of conda that are none of Python's ("2024a_1") cannot bind the pip section."""
    return package.name != "python" and package.version.replace(".", "").isdigit()


def _subdir(machine: str) -> str:
    if machine in _SUBDIRS:
        return _SUBDIRS[machine]
    raise ResolutionError(
        "conda-unsolvable",
        f"Conda channels have no packages for the machine '{machine}'; they have them for: {', '.join(_SUBDIRS)}.",
        "Leave the solver out, so that packages come from PyPI.",
    )


def _solved(
    definition: EnvironmentDefinition, channels: Sequence[str], subdir: str, place: ForeignPython
) -> tuple[CondaPackage, ...]:
    try:
        import rattler
        from rattler import exceptions
    except ImportError:
        raise MissingExtraError("Solving from conda channels", "conda") from None
    specs = [dependency.text for dependency in definition.conda]
    specs += [] if any(_is_python(text) for text in specs) else ["python"]
    try:
        records = asyncio.run(
            rattler.solve(
                list(channels), specs, platforms=[subdir, "noarch"],
                virtual_packages=_virtual_packages(rattler, place),
            )
        )  # fmt: skip
    except tuple(getattr(exceptions, name) for name in _TROUBLE) as error:
        raise _unsolvable(channels, specs, error) from error
    found = [_package(record) for record in records]
    return tuple(sorted(found, key=lambda package: package.name))


def _is_python(text: str) -> bool:
    return text.replace("=", " ").replace("<", " ").replace(">", " ").split()[0] == "python"


def _virtual_packages(rattler: Any, place: ForeignPython) -> list[Any]:
    """What packages may ask of the image's system."""
    known = {"__unix": "0", "__linux": "4.0"}
    if place.glibc_minor:
        known["__glibc"] = place.libc.partition(" ")[2]
    return [
        rattler.GenericVirtualPackage(rattler.PackageName(name), rattler.Version(version), rattler.BuildString("0"))
        for name, version in known.items()
    ]


def _package(record: Any) -> CondaPackage:
    return CondaPackage(
        name=record.name.normalized,
        version=str(record.version),
        build=str(record.build),
        url=str(record.url),
        sha256=record.sha256.hex() if record.sha256 else "",
    )


def _unsolvable(channels: Sequence[str], specs: Sequence[str], error: Exception) -> ResolutionError:
    return ResolutionError(
        "conda-unsolvable",
        f"The conda packages {', '.join(specs)} cannot be had from the channels {', '.join(channels)}.\n"
        f"py-rattler says:\n{str(error).strip()}",
        "Check the names, versions and channels of the conda file; loosen or take out what is in conflict.",
    )
