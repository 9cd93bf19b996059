"""Reads what uv prints when it cannot solve, and says it as one error: which requirement, its place, what exists."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from packaging.utils import canonicalize_name

from modelport.environments.conda_names import RENAMED
from modelport.environments.provided import requirement_name
from modelport.environments.specification import Dependency
from modelport.environments.uv import without_secrets
from modelport.environments.wish import Wish
from modelport.errors import ResolutionError

VersionsOf = Callable[[Dependency], Sequence[str]]
"""Looks up the versions of a package that exist near the one asked for, oldest first; empty if it cannot be told."""

MISNAMED: Final[dict[str, str]] = {
    "beautifulsoup": "beautifulsoup4",
    "bs4": "beautifulsoup4",
    "cv2": "opencv-python-headless",
    "dateutil": "python-dateutil",
    "opencv": "opencv-python-headless",
    "pil": "pillow",
    "pytorch": "torch",
    "scikit": "scikit-learn",
    "skimage": "scikit-image",
    "sklearn": "scikit-learn",
    "yaml": "pyyaml",
    **RENAMED,
}
"""Names that are imported or used elsewhere -> the name on PyPI."""

_DETAIL_LINES = 25  # the end of a failed build says why; its start lists what was compiled
_NAME = r"(?P<name>[A-Za-z0-9][A-Za-z0-9._-]*[A-Za-z0-9]|[A-Za-z0-9])"
_BOX = re.compile(r"^[^\w'`\"/(\[<.]+|^\s*(?:cause|Caused by):\s*", re.MULTILINE)
_NOT_FOUND = re.compile(
    _NAME + r" was not found in (?:the package registry|the provided package locations|the cache)"
    r"|there are no versions of (?P<other>[A-Za-z0-9._-]+)(?![A-Za-z0-9._<>=!~-])"
)
_NO_VERSION = re.compile(
    r"(?:there (?:is|are) no versions? of |only the following versions of |only (?=[^ ]+ is available))" + _NAME
)
_UNUSABLE = re.compile(
    r"no wheels with a matching|no usable wheels|does not satisfy Python|requires Python|no source distribution"
)
_BUILD = re.compile(r"Failed to (?:build|download and build|prepare distributions?)[^`]*`?(?P<what>[^`\n]*)")
_COMPILER = re.compile(
    r"command '(?P<command>[^' ]*(?:cc|\+\+|clang|gfortran)[^' ]*)' failed: No such file"
    r"|(?P<name>[\w.+-]*(?:cc|\+\+|clang|gfortran)): (?:command )?not found"
)
_ADDRESS = re.compile(r"https?://[^\s`'\")]+")
_NETWORK = re.compile(
    r"error sending request|[Ff]ailed to fetch|dns error|[Cc]onnection refused|timed out|tcp connect error"
    r"|certificate|status (?:client|server) error|network was disabled"
)


@dataclass(frozen=True)
class Failure:
    """A solve or an installation that failed: what was wanted, for which Python, and what uv printed."""

    wish: Wish
    python_version: str
    text: str

    @property
    def detail(self) -> str:
        """uv's own words, without secrets, for the end of a message."""
        lines = [f"  {line}" for line in self._clean().splitlines() if line.strip()]
        shown = lines if len(lines) <= _DETAIL_LINES else ["  …", *lines[-_DETAIL_LINES:]]
        return "\n".join(["uv says:", *shown])

    @property
    def sentence(self) -> str:
        """uv's words on one line, as patterns are matched against them."""
        return " ".join(self._clean().split())

    def _clean(self) -> str:
        return without_secrets(_BOX.sub("", self.text)).removeprefix("error: ").strip()

    def asked(self, name: str) -> tuple[Dependency, ...]:
        """The requirements of the input for the package `name`."""
        wanted = canonicalize_name(name)
        lines = (*self.wish.requirements, *self.wish.constraints)
        return tuple(entry for entry in lines if requirement_name(entry.text) == wanted)


def solve_error(failure: Failure, versions_of: VersionsOf) -> ResolutionError:
    """The one error that says why uv failed; uv's own text stands at its end."""
    sentence = failure.sentence
    if "hash mismatch" in sentence.lower():
        return _hash_mismatch(failure)
    if _BUILD.search(sentence):
        return _build_failed(failure)
    missing = _NOT_FOUND.search(sentence)
    if missing and "network was disabled" not in sentence:
        return _package_missing(failure, missing["name"] or missing["other"])
    if "No solution found" not in sentence and _NETWORK.search(sentence):
        return _unreachable(failure)
    return _unsolvable(failure, versions_of)


def _unsolvable(failure: Failure, versions_of: VersionsOf) -> ResolutionError:
    sentence = failure.sentence
    if _UNUSABLE.search(sentence):
        return _not_for_this_python(failure, versions_of)
    version = _NO_VERSION.search(sentence)
    asked = failure.asked(version["name"]) if version else ()
    if version and len(asked) == 1:
        return _version_missing(failure, asked[0], versions_of)
    return _conflict(failure)


def _version_missing(failure: Failure, asked: Dependency, versions_of: VersionsOf) -> ResolutionError:
    exist = versions_of(asked)
    known = f" Versions that exist: {', '.join(exist)}." if exist else ""
    return ResolutionError(
        "package-version-missing",
        f"{_at(asked)}no version of '{requirement_name(asked.text)}' answers '{asked.text}' for Python "
        f"{failure.python_version}.{known}\n{failure.detail}",
        "Ask for a version that exists." if exist else "Ask for another version.",
    )


def _not_for_this_python(failure: Failure, versions_of: VersionsOf) -> ResolutionError:
    asked = next(iter(_named_in(failure)), Dependency("a package"))
    exist = versions_of(asked)
    known = f" Versions that can be installed: {', '.join(exist)}." if exist else ""
    return ResolutionError(
        "package-not-for-python",
        f"{_at(asked)}'{asked.text}' cannot be installed for Python {failure.python_version}.{known}\n{failure.detail}",
        "Ask for another version of the package, or for the Python it was made for (python=3.x in the conda file).",
    )


def _package_missing(failure: Failure, name: str) -> ResolutionError:
    asked = failure.asked(name)
    place = _at(asked[0]) if asked else ""
    needed = "" if asked else " It is needed by another package of the environment."
    better = MISNAMED.get(canonicalize_name(name))
    hint = f"Did you mean '{better}'?" if better else "Check the spelling"
    index = "" if better else ", and that the index of this machine (pip.conf, PIP_INDEX_URL) has the package."
    return ResolutionError(
        "package-not-found",
        f"{place}there is no package '{name}' in the package index.{needed}\n{failure.detail}",
        hint + index,
    )


def _conflict(failure: Failure) -> ResolutionError:
    sides = _named_in(failure)
    if not sides:
        return ResolutionError(
            "environment-unsolvable",
            f"The environment cannot be solved for Python {failure.python_version}.\n{failure.detail}",
            "Read what uv says above; solve with fewer requirements to find the one that is at fault.",
        )
    named = " and ".join(str(side) for side in sides)
    return ResolutionError(
        "requirements-conflict",
        f"These requirements cannot hold together for Python {failure.python_version}: {named}.\n{failure.detail}",
        "Loosen or take out one of them.",
    )


def _named_in(failure: Failure) -> tuple[Dependency, ...]:
    """The requirements of the input whose packages uv's explanation names, in the order of the input."""
    words = {canonicalize_name(word) for word in re.findall(r"[A-Za-z0-9][A-Za-z0-9._-]*", _stripped(failure.sentence))}
    lines = (*failure.wish.requirements, *failure.wish.constraints)
    return tuple(entry for entry in lines if requirement_name(entry.text) in words)


def _stripped(sentence: str) -> str:
    """Only names: "six<1.5" holds the name six, and the hint repeats names that are not at fault."""
    return re.sub(r"[<>=!~]=?[^ ]*", " ", sentence.partition("hint:")[0])


def _build_failed(failure: Failure) -> ResolutionError:
    match = _BUILD.search(failure.sentence)
    package = (match["what"] if match else "").strip() or "a package"
    asked = failure.asked(re.split(r"[=@ ]", package)[0])
    place = _at(asked[0]) if asked else ""
    better = MISNAMED.get(canonicalize_name(re.split(r"[=@ ]", package)[0]))
    compiler = _COMPILER.search(failure.sentence)
    if compiler and not better:
        return _compiler_missing(failure, f"{place}'{package}'", compiler["command"] or compiler["name"])
    return ResolutionError(
        "package-build-failed",
        f"{place}'{package}' has no ready-made file for Python {failure.python_version} on this machine, and building "
        f"it from its source failed.\n{failure.detail}",
        f"Did you mean '{better}'?" if better else "Ask for a version, or a Python, that has a wheel; or install what "
        "the build misses (a compiler, headers).",
    )


def _compiler_missing(failure: Failure, package: str, compiler: str) -> ResolutionError:
    return ResolutionError(
        "compiler-missing",
        f"{package} has no ready-made wheel for Python {failure.python_version} on this machine, and to build it from "
        f"its source '{compiler}' is missing.\n{failure.detail}",
        "Ask for a version that has a wheel, or for the Python that it was made for (python=3.x in the conda file); or "
        "install a compiler: apt-get install build-essential python3-dev",
    )


def _hash_mismatch(failure: Failure) -> ResolutionError:
    return ResolutionError(
        "hash-mismatch",
        f"A file of the index is not the one that was locked.\n{failure.detail}",
        "Find out why the file has changed before trusting it; a change of the requirements makes a new lock.",
    )


def _unreachable(failure: Failure) -> ResolutionError:
    address = _ADDRESS.search(failure.sentence)
    return ResolutionError(
        "index-unreachable",
        f"The package index cannot be reached{f': {address[0]}' if address else ''}\n{failure.detail}",
        "Check the network, the proxy (HTTPS_PROXY), the index (PIP_INDEX_URL, pip.conf) and the certificates "
        "(PIP_CERT, SSL_CERT_FILE).",
    )


def _at(dependency: Dependency) -> str:
    return f"{dependency.place}: " if dependency.place else ""
