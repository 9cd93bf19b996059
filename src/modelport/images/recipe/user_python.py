"""Decides whose Python runs the server and whose runs the user's code in an image (pure).

The final stage starts from one base. What that base does not have is copied into it from another one, as long as the
C library there is not newer than its own.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from packaging.version import Version

from modelport.environments.python_wish import Match, PythonWish
from modelport.errors import ResolutionError

SERVER_MINIMUM = Version("3.10")
SERVER_PYTHON = "3.11"
"""The Python of the default base, where nothing asks for another."""
OLDEST_COPIED = Version("3.6")


@dataclass(frozen=True)
class BasePython:
    """One Python that a base image has."""

    path: str
    version: str


@dataclass(frozen=True)
class BaseFacts:
    """What a base image is: its name, the identity of its content, its machine, C library ("glibc 2.36", "" if none
    that is known), its Pythons (the one that `python3` starts first), and whether it has /bin/bash."""

    reference: str
    identity: str
    machine: str
    libc: str
    pythons: tuple[BasePython, ...] = ()
    has_bash: bool = True


@dataclass(frozen=True)
class PythonInImage:
    """A Python in the image: `how` it comes there, its version and path, and the image it is copied from, if it is.

    `how`: "own" (the base's), "copied" (from `source`), "uv" (managed by uv), "conda", "kept" (by the user).
    """

    how: str
    version: str
    path: str
    source: str = ""
    source_path: str = ""

    @property
    def home(self) -> str:
        """The folder that is copied into the final stage, "" if none is."""
        return self.path.rpartition("/bin/")[0] if self.how in ("copied", "uv") else ""


@dataclass(frozen=True)
class PythonPlan:
    """The base of the final stage, the Pythons of server and user in it, and lines for the log."""

    base: BaseFacts
    server: PythonInImage
    user: PythonInImage
    is_given_base: bool = True
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class PythonRequest:
    """What is asked of the Pythons: the user's wish, the interpreter that the user keeps ("" for none), the base that
    the user gave (None for the default), and whether uv may fetch a Python."""

    wish: PythonWish | None = None
    kept_interpreter: str = ""
    given: BaseFacts | None = None
    managed_by: str = ""


@dataclass(frozen=True)
class DefaultBases:
    """The default bases: `facts_of("3.11")` looks one up and raises where it cannot be had."""

    facts_of: Callable[[str], BaseFacts] = field(repr=False)


def plan_pythons(request: PythonRequest, defaults: DefaultBases) -> PythonPlan:
    """Choose the base and both Pythons; raises `ResolutionError` (`image-python-unavailable`, `c-library-too-new`)."""
    wanted = minor_of(request.wish)
    if request.given is None:
        return _with_default_base(request, defaults, wanted)
    server = _best(request.given, None, SERVER_MINIMUM)
    if server is not None:
        own = PythonInImage("own", server.version, server.path)
        return PythonPlan(request.given, own, _user_in(request, request.given, own, defaults))
    if request.kept_interpreter:
        return _kept_in_old_base(request.given, defaults)
    return _moved_from_old_base(request, request.given, defaults)


def minor_of(wish: PythonWish | None) -> str:
    """The minor version that a wish names exactly ("3.9" of "3.9.2" or "3.9"), or the newest of those known that
    answers it; "" for no wish.

    >>> minor_of(PythonWish("3.9", "==3.9.*"))
    '3.9'
    """
    if wish is None:
        return ""
    known = [f"3.{minor}" for minor in range(6, 16)]
    preferred = sorted(known, key=lambda minor: (minor == SERVER_PYTHON, Version(minor) >= SERVER_MINIMUM,
                                                 Version(minor)), reverse=True)  # fmt: skip
    for minor in preferred:
        if wish.match(f"{minor}.0") is not Match.NONE or wish.match(f"{minor}.99") is not Match.NONE:
            return minor
    raise ResolutionError(
        "image-python-unavailable",
        f"{wish.place + ': ' if wish.place else ''}Python {wish.words} is asked for, and there is no base image for it;"
        f" there are base images for {known[0]} to {known[-1]}.",
        "Ask for one of these (python=3.11 in the conda file), or give a base image that has it.",
    )


def _with_default_base(request: PythonRequest, defaults: DefaultBases, wanted: str) -> PythonPlan:
    serves_both = not wanted or Version(wanted) >= SERVER_MINIMUM
    base = defaults.facts_of(wanted if wanted and serves_both and not request.managed_by else SERVER_PYTHON)
    server = _best(base, None, SERVER_MINIMUM)
    if server is None:
        raise _no_server_python(base)
    own = PythonInImage("own", server.version, server.path)
    return PythonPlan(base, own, _user_in(request, base, own, defaults), is_given_base=False)


def _user_in(request: PythonRequest, base: BaseFacts, own: PythonInImage, defaults: DefaultBases) -> PythonInImage:
    """The user's Python in a base whose own Python runs the server."""
    if request.kept_interpreter:
        kept = base.pythons[0]
        return PythonInImage("kept", kept.version, kept.path)
    if request.managed_by:
        return _managed(request, own)
    if request.wish is None:
        return own
    found = _best(base, request.wish, OLDEST_COPIED)
    if found is not None:
        return PythonInImage("own", found.version, found.path)
    return _copied(defaults.facts_of(minor_of(request.wish)), request.wish, base)


def _managed(request: PythonRequest, own: PythonInImage) -> PythonInImage:
    minor = minor_of(request.wish) or ".".join(own.version.split(".")[:2])
    how = request.managed_by
    path = "/opt/modelport/env/bin/python" if how == "conda" else f"/opt/modelport/python-{minor}/bin/python{minor}"
    return PythonInImage(how, f"{minor}.0" if how == "uv" else minor, path)


def _moved_from_old_base(request: PythonRequest, given: BaseFacts, defaults: DefaultBases) -> PythonPlan:
    """The base that was given is too old for the server: its Python moves into the default base."""
    if not given.pythons:
        return _server_brought_along(request, given, defaults)
    base = defaults.facts_of(SERVER_PYTHON)
    server = _best(base, None, SERVER_MINIMUM)
    if server is None:
        raise _no_server_python(base)
    own = PythonInImage("own", server.version, server.path)
    if request.managed_by or (request.wish and _best(given, request.wish, OLDEST_COPIED) is None):
        user = _user_in(request, base, own, defaults)
    else:
        user = _copied(given, request.wish, base)
    note = (
        f"Python {given.pythons[0].version} of '{given.reference}' cannot run the server (3.10 or later): the image is "
        f"based on '{base.reference}', and of the base that was given it has the Python alone."
    )
    return PythonPlan(base, own, user, is_given_base=False, notes=(note,))


def _server_brought_along(request: PythonRequest, given: BaseFacts, defaults: DefaultBases) -> PythonPlan:
    """The base that was given has no Python at all: one is copied into it and serves both, if it answers the wish."""
    minor = minor_of(request.wish) or SERVER_PYTHON
    server = _copied(defaults.facts_of(minor if Version(minor) >= SERVER_MINIMUM else SERVER_PYTHON), None, given)
    if request.managed_by:
        return PythonPlan(given, server, _managed(request, server))
    if request.wish is None or request.wish.match(server.version) is not Match.NONE:
        return PythonPlan(given, server, server)
    return PythonPlan(given, server, _copied(defaults.facts_of(minor), request.wish, given))


def _kept_in_old_base(given: BaseFacts, defaults: DefaultBases) -> PythonPlan:
    """The user's packages lie in an old base, which must stay: the server's Python is copied into it."""
    if not given.pythons:
        raise ResolutionError(
            "image-python-unavailable",
            f"The environment says that its user keeps a Python, and the base image '{given.reference}' has none.",
            "Name the base image that has it (docker.base_image), or switch python.user_managed_dependencies off.",
        )
    server = _copied(defaults.facts_of(SERVER_PYTHON), None, given)
    kept = given.pythons[0]
    return PythonPlan(given, server, PythonInImage("kept", kept.version, kept.path))


def _copied(source: BaseFacts, wish: PythonWish | None, into: BaseFacts) -> PythonInImage:
    found = _best(source, wish, OLDEST_COPIED)
    if found is None:
        raise ResolutionError(
            "image-python-unavailable",
            f"Python {wish.words if wish else SERVER_PYTHON} is asked for; the base image '{into.reference}' has "
            f"{_versions(into)}, and '{source.reference}' has {_versions(source)}.",
            "Ask for one of these Pythons, or give a base image that has the one you need (docker.base_image).",
        )
    _check_c_library(source, into, found)
    minor = ".".join(found.version.split(".")[:2])
    path = f"/opt/modelport/python-{minor}/bin/python{minor}"
    return PythonInImage("copied", found.version, path, source.reference, found.path)


def _check_c_library(source: BaseFacts, into: BaseFacts, python: BasePython) -> None:
    family, _, version = source.libc.partition(" ")
    other, _, there = into.libc.partition(" ")
    fits = family == other and source.machine == into.machine and version and there
    if fits and Version(version) <= Version(there):
        return
    raise ResolutionError(
        "c-library-too-new",
        f"Python {python.version} of '{source.reference}' is made for {source.libc or 'an unknown C library'} "
        f"({source.machine}) and cannot run in '{into.reference}', which has {into.libc or 'an unknown C library'} "
        f"({into.machine}).",
        f"Give a base image with a C library as new or with Python {python.version} itself (docker.base_image). "
        f"'{into.reference}' has {_versions(into)}; the server needs 3.10 or later there.",
    )


def _best(base: BaseFacts, wish: PythonWish | None, oldest: Version) -> BasePython | None:
    """The Python of a base that answers best and is not too old; of equals the one that `python3` starts."""
    usable = [entry for entry in base.pythons if Version(entry.version) >= oldest]
    if wish is None:
        return usable[0] if usable else None
    best = max(usable, key=lambda entry: wish.match(entry.version), default=None)
    return best if best is not None and wish.match(best.version) is not Match.NONE else None


def _no_server_python(base: BaseFacts) -> ResolutionError:
    return ResolutionError(
        "image-python-unavailable",
        f"The default base image '{base.reference}' has {_versions(base)}; the server needs Python 3.10 or later.",
        "Set MODELPORT_BASE_IMAGE to images that have the Python of their name, with {python} where it stands.",
    )


def _versions(base: BaseFacts) -> str:
    return ", ".join(f"Python {entry.version}" for entry in base.pythons) or "no Python"
