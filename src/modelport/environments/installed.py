"""Whether an interpreter satisfies an environment with what it has installed, and the lock that this makes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from modelport.environments.interpreters import InstalledPackage, Interpreter
from modelport.environments.lock import Lock, LockedPackage
from modelport.environments.solve import platform_of
from modelport.environments.specification import Dependency
from modelport.environments.wish import Wish


@dataclass
class _Walk:
    """Follows requirements through what is installed; stops at the first that does not hold."""

    installed: Mapping[str, InstalledPackage]
    markers: Mapping[str, str]
    visited: set[tuple[str, str]] = field(default_factory=set)
    reached: set[str] = field(default_factory=set)

    def unmet(self, requirement: Requirement, needed_by: str, extra: str = "") -> str:
        """Why the requirement does not hold, "" if it does together with everything that it needs."""
        if requirement.marker and not requirement.marker.evaluate({**self.markers, "extra": extra}):
            return ""
        name = canonicalize_name(requirement.name)
        package = self.installed.get(name)
        wanted = f"{requirement.name}{requirement.specifier}{needed_by}"
        if package is None:
            return f"{wanted} is not installed"
        if requirement.url and requirement.url != package.url:
            return f"{requirement.name} was not installed from the URL asked for"
        if not requirement.specifier.contains(package.version, prereleases=True):
            return f"{wanted} is asked for, {package.version} is installed"
        self.reached.add(name)
        return next(filter(None, (self._needs(package, each) for each in ("", *sorted(requirement.extras)))), "")

    def _needs(self, package: InstalledPackage, extra: str) -> str:
        key = (canonicalize_name(package.name), extra)
        if key in self.visited:
            return ""
        self.visited.add(key)
        needs = (self.unmet(need, f" (needed by {package.name})", extra) for need in _readable(package.requires))
        return next(filter(None, needs), "")


def _readable(lines: Iterable[str]) -> Iterable[Requirement]:
    for line in lines:
        try:
            yield Requirement(line)
        except InvalidRequirement:
            continue  # metadata of old packages that no installer can read either


@dataclass(frozen=True)
class Satisfaction:
    """Either the lock of what is installed, or the reason why what is installed does not do."""

    lock: Lock | None
    reason: str = ""


def satisfies(wish: Wish, interpreter: Interpreter, packages: Iterable[InstalledPackage]) -> Satisfaction:
    """Compare a wish with what an interpreter has installed; hashes and local paths are never satisfied that way."""
    installed = {str(canonicalize_name(package.name)): package for package in packages}
    walk = _Walk(installed, interpreter.markers)
    for dependency in wish.requirements:
        reason = _unmet(walk, dependency)
        if reason:
            return Satisfaction(None, reason)
    reached = {name: installed[name] for name in walk.reached}
    reason = _outside(wish.constraints, reached)
    return Satisfaction(None, reason) if reason else Satisfaction(lock_of(interpreter, reached.values()))


def _unmet(walk: _Walk, dependency: Dependency) -> str:
    if " --hash=" in dependency.text:
        return f"{dependency.text.split()[0]} is asked for with hashes, which installed packages do not keep"
    try:
        return walk.unmet(Requirement(dependency.text), "")
    except InvalidRequirement:
        return f"{dependency.text} is a file or URL of its own"


def _outside(constraints: Iterable[Dependency], reached: Mapping[str, InstalledPackage]) -> str:
    for requirement in _readable(entry.text for entry in constraints):
        package = reached.get(canonicalize_name(requirement.name))
        if package and not requirement.specifier.contains(package.version, prereleases=True):
            return f"{requirement} is the limit, {package.version} is installed"
    return ""


def lock_of(interpreter: Interpreter, packages: Iterable[InstalledPackage]) -> Lock:
    """The lock that says what is installed; without hashes, which installed packages do not keep."""
    pins = sorted(f"{canonicalize_name(package.name)}=={package.version}" for package in packages)
    return Lock(interpreter.version, platform_of(interpreter), tuple(LockedPackage(pin) for pin in pins))
