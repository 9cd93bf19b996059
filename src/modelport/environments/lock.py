"""A lock: the exact packages that an environment consists of, for one version of Python on one kind of machine."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from packaging.utils import canonicalize_name

from modelport.environments.specification import Dependency
from modelport.errors import ResolutionError

_PIN = re.compile(r"([A-Za-z0-9][A-Za-z0-9._-]*)\s*==\s*([^\s;\\]+)")


@dataclass(frozen=True)
class LockedPackage:
    """One package of a lock: "six==1.17.0", a URL or a path; its hashes; and of a local folder its content digest."""

    requirement: str
    hashes: tuple[str, ...] = ()
    content: str = ""

    @property
    def name(self) -> str:
        """The canonical name, or "" for a URL or a path."""
        match = _PIN.match(self.requirement)
        return str(canonicalize_name(match[1])) if match else ""

    @property
    def version(self) -> str:
        """The version, or "" for a URL or a path."""
        match = _PIN.match(self.requirement)
        return match[2] if match else ""


@dataclass(frozen=True)
class Lock:
    """Exact pins with hashes; `python_version` is the full version and `platform` the machine they are meant for."""

    python_version: str
    platform: str
    packages: tuple[LockedPackage, ...] = ()

    @property
    def digest(self) -> str:
        """SHA-256 of everything that the lock says."""
        return hashlib.sha256(json.dumps(self.to_json(), sort_keys=True).encode()).hexdigest()

    @property
    def versions(self) -> dict[str, str]:
        """Canonical name -> version of every package from an index."""
        return {package.name: package.version for package in self.packages if package.name}

    @property
    def has_all_hashes(self) -> bool:
        """Whether every package can be checked when it is installed."""
        return all(package.hashes for package in self.packages)

    def to_requirements(self) -> str:
        """The lock as the text of a requirements file.

        >>> print(Lock("3.11.7", "linux-x86_64", (LockedPackage("six==1.17.0", ("sha256:00",)),)).to_requirements())
        six==1.17.0 --hash=sha256:00
        <BLANKLINE>
        """
        lines = (" ".join([p.requirement, *(f"--hash={value}" for value in p.hashes)]) for p in self.packages)
        return "".join(f"{line}\n" for line in lines)

    def to_json(self) -> dict[str, Any]:
        """The lock as JSON-ready words."""
        packages = [
            {"requirement": package.requirement, "hashes": list(package.hashes), "content": package.content}
            for package in self.packages
        ]
        return {"python_version": self.python_version, "platform": self.platform, "packages": packages}

    @classmethod
    def from_json(cls, words: Mapping[str, Any]) -> Lock:
        """The inverse of `to_json`."""
        packages = tuple(
            LockedPackage(entry["requirement"], tuple(entry["hashes"]), entry["content"]) for entry in words["packages"]
        )
        return cls(words["python_version"], words["platform"], packages)


def parse_compiled(text: str) -> tuple[LockedPackage, ...]:
    r"""The packages in the output of `uv pip compile`, sorted.

    >>> parse_compiled("six==1.17.0 \\\n    --hash=sha256:00\n")
    (LockedPackage(requirement='six==1.17.0', hashes=('sha256:00',), content=''),)
    """
    joined = re.sub(r"\\\n\s*", " ", text)
    lines = (line.strip() for line in joined.splitlines())
    packages = [_package(line) for line in lines if line and not line.startswith(("#", "--"))]
    return tuple(sorted(packages, key=lambda package: package.requirement))


def _package(line: str) -> LockedPackage:
    requirement, *hashes = re.split(r"\s+--hash=", line)
    return LockedPackage(requirement.strip(), tuple(sorted(value.strip() for value in hashes)))


def checked_against(packages: tuple[LockedPackage, ...], asked: tuple[Dependency, ...]) -> tuple[LockedPackage, ...]:
    """The packages with their hashes limited to those that the input demands (the solver itself does not look).

    Raises `ResolutionError` (`hash-mismatch`) if the index has none of the files that the input names.
    """
    demanded = {_asked_name(entry): entry for entry in asked if " --hash=" in entry.text}
    return tuple(
        _limited(package, demanded[package.name]) if package.name in demanded else package for package in packages
    )


def _asked_name(dependency: Dependency) -> str:
    match = re.match(r"[A-Za-z0-9][A-Za-z0-9._-]*", dependency.text)
    return str(canonicalize_name(match[0])) if match else dependency.text


def _limited(package: LockedPackage, asked: Dependency) -> LockedPackage:
    wanted = set(re.findall(r"--hash=(\S+)", asked.text))
    kept = tuple(value for value in package.hashes if value in wanted)
    if kept:
        return LockedPackage(package.requirement, kept, package.content)
    place = f"{asked.place}: " if asked.place else ""
    raise ResolutionError(
        "hash-mismatch",
        f"{place}none of the {len(wanted)} hashes given for {package.requirement} belongs to a file of the index.",
        "Make the hashes anew (uv pip compile --generate-hashes), and find out why they differ before trusting it.",
    )
