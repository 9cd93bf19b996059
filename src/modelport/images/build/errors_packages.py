"""Why packages could not be installed in a build (pure): what apt, apk and dnf, pip and uv print."""

from __future__ import annotations

import re

from modelport.errors import DeploymentError, ModelportError, ResolutionError
from modelport.images.build.evidence import Evidence

_STEP = "build"
_SHOWN_VERSIONS = 12
_HASH = r"hash mismatch for|do not match the hashes|HASHES ARE REQUIRED|hashes? (are|is) required"
# Without the "E: " that apt begins these lines with: it writes it by itself, so that BuildKit, which takes both outputs
# as they come, may put a line of the other one in between.
_SYSTEM = (
    r"Unable to locate package (?P<apt>\S+)|Package '(?P<gone>[^']+)' has no installation candidate"
    r"|Version '(?P<version>[^']+)' for '(?P<of>[^']+)' was not found|^\s*(?P<apk>\S+) \(no such package\)"
    r"|(?:No match for argument|Unable to find a match): (?P<dnf>\S+)"
    r"|Couldn't find any package by (regex|glob) '(?P<glob>[^']+)'"
)
_TOOL = (
    r"command '(?P<command>[^']*(?:gcc|g\+\+|cc|clang|c\+\+)[^']*)' failed: No such file"
    r"|(?P<shell>\b(?:gcc|g\+\+|cc|c\+\+|clang|make|cmake|gfortran|rustc|cargo|pg_config|mysql_config|swig))(?::| :)* "
    r"(?:command )?not found|(?:fatal error|error): (?P<header>[\w./-]+\.h(?:pp)?): No such file"
    r"|No (?P<cmake>CMAKE_\w+_COMPILER) could be found|can't find (?P<rust>Rust compiler)|(?P<pg>pg_config) executable "
    r"not found|Unknown compiler\(s\): (?P<meson>.*)|(?P<vc>unable to execute '[^']+'): No such file"
)
_PACKAGE = (
    r"Failed building wheel for (?P<a>\S+)|Failed to build `(?P<b>[^`]+)`|╰─> (?P<c>[A-Za-z0-9][\w.-]*)$"
    r"|Failed to build (?P<d>[A-Za-z0-9][\w.-]*)$|Running setup\.py install for (?P<e>\S+) did not"
)
_NO_VERSION = (
    r"Could not find a version that satisfies the requirement (?P<asked>.+?) \(from versions: (?P<versions>[^)]*)\)"
)
_UV_VERSION = (
    r"(?:there (?:is|are) no versions? of|only the following versions of) (?P<asked>[A-Za-z0-9][\w.<>=!~,*+-]*)"
)
_UV_NAME = r"(?P<asked>[A-Za-z0-9][\w.-]*) was not found in (?:the package registry|the provided package locations)"
_UV_ONLY = r"only (?P<asked>[A-Za-z0-9][\w.-]*)(?P<limit>[<>=!~][^ ]*)? is available"
_CONFLICT = r"conflicting dependencies|ResolutionImpossible|The conflict is caused by|No solution found when resolving"


def hash_differs(evidence: Evidence) -> ModelportError | None:
    """A file of the index is not the one that was locked."""
    if not evidence.find(_HASH):
        return None
    more = (r"^\s*(expected|got|computed)\b", r"^\s*sha256:")
    return ResolutionError(
        "hash-mismatch",
        f"{evidence.place}: a file of the index is not the one that was locked.{evidence.proof(_HASH, *more)}",
        "Find out why the file has changed before trusting it; a change of the requirements makes a new lock.",
    )


def system_package_missing(evidence: Evidence) -> ModelportError | None:
    """The distribution of the base has no such package, or its lists were not fetched."""
    match = evidence.find(_SYSTEM)
    if not match:
        return None
    words = match.groupdict()
    name = next((words[key] for key in ("apt", "gone", "of", "apk", "dnf", "glob") if words.get(key)), "a package")
    instruction = evidence.instruction.text if evidence.instruction else evidence.step.name
    fetched = "update" in instruction or "apt" not in instruction
    wanted = f"'{name}' in version {words['version']}" if words.get("version") else f"'{name}'"
    return DeploymentError(
        "apt-package-missing",
        f"{evidence.place}: the distribution of the base has no package {wanted}"
        f"{'' if fetched else ', or its package lists were not fetched in this step'}.{evidence.proof(_SYSTEM)}",
        "Check the name in the distribution's package search (it may differ from release to release)."
        if fetched
        else f"Fetch the lists in the same step: RUN apt-get update && apt-get install -y {name} "
        "&& rm -rf /var/lib/apt/lists/*",
        step=_STEP,
    )


def compiler_missing(evidence: Evidence) -> ModelportError | None:
    """A package has no wheel for this Python and platform, and its source needs a compiler, a header or a tool."""
    match = evidence.find(_TOOL)
    if not match:
        return None
    missing = next(word for word in match.groupdict().values() if word)
    package = _package(evidence)
    return ResolutionError(
        "compiler-missing",
        f"{evidence.place}: {package} has no ready-made wheel for this Python and platform, and to build it from its "
        f"source '{missing}' is missing in the image.{evidence.proof(_TOOL, _PACKAGE)}",
        "Ask for a version that has a wheel (or a Python that it was made for); or bring a base_dockerfile that "
        "installs what is missing: RUN apt-get update && apt-get install -y build-essential python3-dev",
    )


def package_build_failed(evidence: Evidence) -> ModelportError | None:
    """The source of a package could not be built, for a reason of its own."""
    if not evidence.find(_PACKAGE):
        return None
    return ResolutionError(
        "package-build-failed",
        f"{evidence.place}: {_package(evidence)} could not be built from its source.{evidence.last_lines()}",
        f"Ask for a version, or a Python, that has a wheel; the whole log: {evidence.facts.log_file}",
    )


def version_missing(evidence: Evidence) -> ModelportError | None:
    """A requirement that no version answers, where the versions that exist are told."""
    match = evidence.find(_NO_VERSION)
    if match and match["versions"].strip() not in ("", "none"):
        return _no_version(evidence, match["asked"], match["versions"], _NO_VERSION)
    return None


def not_resolved(evidence: Evidence) -> ModelportError | None:
    """A requirement that nothing answers, or requirements that cannot hold together."""
    match = evidence.find(_UV_NAME) or evidence.find(_NO_VERSION)
    if match:
        return ResolutionError(
            "package-not-found",
            f"{evidence.place}: there is no package '{match['asked']}' in the package index."
            f"{evidence.proof(_UV_NAME, _NO_VERSION, 'No matching distribution')}",
            "Check the spelling, and that the index of this machine (pip.conf, PIP_INDEX_URL) has the package.",
        )
    match = evidence.find(_UV_VERSION)
    if match:
        only = evidence.find(_UV_ONLY)
        known = f"{only['asked']}{only['limit'] or ''}" if only else ""
        return _no_version(evidence, match["asked"], known, _UV_VERSION)
    if not evidence.find(_CONFLICT):
        return None
    sides = r"^\s*The user requested|depends on|depend on|you require|Cannot install"
    return ResolutionError(
        "requirements-conflict",
        f"{evidence.place}: the requirements cannot hold together.{evidence.proof(sides)}",
        "Loosen or take out one of them.",
    )


def _no_version(evidence: Evidence, asked: str, versions: str, pattern: str) -> ResolutionError:
    listed = [version.strip() for version in versions.split(",") if version.strip()]
    shown = ", ".join((["…"] if len(listed) > _SHOWN_VERSIONS else []) + listed[-_SHOWN_VERSIONS:])
    known = f" Versions that exist: {shown}." if shown else ""
    return ResolutionError(
        "package-version-missing",
        f"{evidence.place}: no version answers '{asked}' for the Python of the image.{known}{evidence.proof(pattern)}",
        "Ask for a version that exists." if shown else "Ask for another version.",
    )


def _package(evidence: Evidence) -> str:
    match = evidence.find(_PACKAGE)
    named = next((word for word in match.groupdict().values() if word), "") if match else ""
    return f"'{re.split('[=@]', named)[0]}'" if named else "a package"
