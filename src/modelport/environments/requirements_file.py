"""Reads requirements files: every line becomes a dependency or an option, every mistake names its file and line."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement

from modelport.environments.source_file import near, read_text
from modelport.environments.specification import Dependency, IndexOptions, check_url
from modelport.errors import UserError, nearest

_HASH = re.compile(r"\s--hash[=\s]+(\S+)")
_HASH_VALUE = re.compile(r"(sha256|sha384|sha512):[0-9a-f]+")
_TRAILING_OPTION = re.compile(r"\s(--?[a-z][a-z-]*)")
_SINGLE_EQUALS = re.compile(r"^([A-Za-z0-9._-]+(?:\[[^\]]*\])?)\s*=\s*([0-9][^=\s]*)$")
_URL = re.compile(r"^(git\+|hg\+|svn\+|bzr\+)?[a-z][a-z0-9+.-]*://", re.IGNORECASE)
_ARCHIVES = (".whl", ".zip", ".tar.gz", ".tar.bz2", ".tgz")


@dataclass(frozen=True)
class Requirements:
    """What a requirements file says: what to install, what only limits versions, and where packages come from."""

    requirements: tuple[Dependency, ...] = ()
    constraints: tuple[Dependency, ...] = ()
    index: IndexOptions = field(default_factory=IndexOptions)

    def joined(self, other: Requirements) -> Requirements:
        """Both together, in order."""
        return Requirements(
            self.requirements + other.requirements,
            self.constraints + other.constraints,
            self.index.merged(other.index),
        )

    def as_constraints(self) -> Requirements:
        """The same lines, read as limits only."""
        return Requirements((), self.constraints + self.requirements, self.index)


@dataclass(frozen=True)
class _Line:
    """One logical line: its text, "file:line", the folder that paths in it are relative to, and the files around it."""

    text: str
    place: str
    folder: Path
    including: tuple[Path, ...] = ()


def read_requirements_file(path: Path) -> Requirements:
    """Read a requirements file with everything it includes; relative paths are relative to the file they stand in.

    Raises `UserError`: `environment-file-missing`, `environment-file-unreadable`, `requirement-invalid`,
    `index-credentials`; each message starts with file:line where there is one.
    """
    return _read(path, path.name, ())


def parse_requirement_line(text: str, place: str = "", folder: Path | None = None) -> Requirements:
    """Read one line as it may stand in a requirements file or in the pip section of a conda file.

    >>> parse_requirement_line("numpy >= 1.15  # as trained").requirements[0].text
    'numpy>=1.15'
    """
    lines = list(_logical_lines(text))
    if not lines:
        return Requirements()
    if len(lines) > 1:
        raise _invalid(place, f"{text!r} holds {len(lines)} lines", "Give every requirement on its own.")
    return _interpret(_Line(lines[0][1], place, folder or Path(), ()))


def _read(path: Path, shown: str, including: tuple[Path, ...]) -> Requirements:
    real = path.absolute()
    result = Requirements()
    for number, text in _logical_lines(read_text(path, shown)):
        line = _Line(text, f"{shown}:{number}", real.parent, (*including, real))
        result = result.joined(_interpret(line))
    return result


def _logical_lines(text: str) -> Iterator[tuple[int, str]]:
    """Join continued lines and drop comments; the number is that of the first line, from 1 on."""
    start, pending = 1, ""
    for number, raw in enumerate(text.splitlines(), 1):
        line = raw if not raw.lstrip().startswith("#") else ""
        if line.endswith("\\"):
            pending += line[:-1]
            continue
        whole = re.sub(r"(^|\s)#.*$", "", pending + line).strip()
        if whole:
            yield start, whole
        start, pending = number + 1, ""
    if pending.strip():
        yield start, pending.strip()


def _interpret(line: _Line) -> Requirements:
    return _option(line) if line.text.startswith("-") else Requirements(requirements=(_dependency(line),))


_SHORT = {"-r": "--requirement", "-c": "--constraint", "-e": "--editable", "-i": "--index-url", "-f": "--find-links"}
_FLAGS = ("--no-index", "--pre", "--require-hashes", "--prefer-binary")
_INDEX_OPTIONS = (
    "--extra-index-url", "--find-links", "--index-url", "--no-binary", "--no-index", "--only-binary", "--pre",
    "--trusted-host",
)  # fmt: skip
# What these ask for holds anyway: hashes are in every lock, wheels are taken where they exist.
_IGNORED = ("--require-hashes", "--prefer-binary", "--use-feature")
OPTIONS = (*_SHORT.values(), *_INDEX_OPTIONS, *_IGNORED)
"""The options that a requirements file may have."""


def _option(line: _Line) -> Requirements:
    match = re.match(r"(--[a-z-]+|-[a-zA-Z])(?:[=\s]\s*)?(.*)$", line.text)
    written, value = (match[1], match[2].strip().strip("\"'")) if match else (line.text, "")
    name = _SHORT.get(written, written)
    if name not in OPTIONS:
        raise _invalid(line.place, f"the option '{written}' is not known here", nearest(name, OPTIONS))
    if not value and name not in _FLAGS:
        raise _invalid(line.place, f"the option '{written}' has no value", f"Write it as: {written} VALUE")
    if name == "--requirement":
        return _include(line, value)
    if name == "--constraint":
        return _include(line, value).as_constraints()
    if name == "--editable":
        # A service runs from what was installed: an editable package is installed as any other.
        return Requirements(requirements=(_dependency(_Line(value, line.place, line.folder)),))
    return Requirements(index=_index_option(name, value, line))


def _index_option(name: str, value: str, line: _Line) -> IndexOptions:
    match name:
        case "--index-url":
            return IndexOptions(index_url=_url_of(line, value))
        case "--extra-index-url":
            return IndexOptions(extra_index_urls=(_url_of(line, value),))
        case "--find-links":
            return IndexOptions(find_links=(_url_of(line, value),))
        case "--only-binary":
            return IndexOptions(only_binary=tuple(value.split(",")))
        case "--no-binary":
            return IndexOptions(no_binary=tuple(value.split(",")))
        case "--trusted-host":
            return IndexOptions(trusted_hosts=(value,))
        case _:
            return IndexOptions(no_index=name == "--no-index", pre_releases=name == "--pre")


def _include(line: _Line, value: str) -> Requirements:
    if _URL.match(value):
        raise _invalid(line.place, f"'{value}' is a URL", "Download the file and include the local copy.")
    path = line.folder / value
    if path.absolute() in line.including:
        chain = " -> ".join(entry.name for entry in (*line.including, path))
        raise _invalid(line.place, f"the file includes itself: {chain}", "Take one of the -r lines out.")
    if not _exists(path):
        raise _invalid(line.place, f"the included file '{value}' does not exist", near(path))
    return _read(path, value, line.including)


def _url_of(line: _Line, value: str) -> str:
    if _URL.match(value) or value.startswith("${"):
        return check_url(value, line.place)
    path = line.folder / value
    if not _exists(path):
        raise _invalid(line.place, f"'{value}' is neither a URL nor an existing path", "Check the path.")
    return str(path.absolute())


def _dependency(line: _Line) -> Dependency:
    hashes = _HASH.findall(line.text)
    bare = _HASH.sub("", line.text).strip()
    for value in hashes:
        if not _HASH_VALUE.fullmatch(value):
            raise _invalid(line.place, f"'--hash={value}' is not a hash", "Write --hash=sha256:<64 hex digits>.")
    option = _TRAILING_OPTION.search(bare)
    if option:
        raise _invalid(line.place, f"the option '{option[1]}' cannot follow a requirement", "Valid there: --hash.")
    text = _location(line, bare) if _is_location(bare) else _named(line, bare)
    return Dependency(" ".join([text, *(f"--hash={value}" for value in hashes)]), line.place)


def _is_location(text: str) -> bool:
    if " @ " in text:
        return False
    return bool(_URL.match(text)) or text.startswith((".", "/", "~/")) or text.lower().endswith(_ARCHIVES)


def _location(line: _Line, text: str) -> str:
    if _URL.match(text):
        return check_url(text, line.place)
    bare, bracket, extras = text.partition("[")
    path = line.folder / Path(bare).expanduser()
    if not _exists(path):
        raise _invalid(line.place, f"the path '{bare}' does not exist", near(path))
    return f"{path.absolute()}{bracket}{extras}"


def _named(line: _Line, text: str) -> str:
    try:
        requirement = Requirement(text)
    except InvalidRequirement as error:
        single = _SINGLE_EQUALS.match(text)
        if single:
            raise _invalid(
                line.place, f"{text!r} has one '=', as conda writes it", f"For pip write: {single[1]}=={single[2]}"
            ) from error
        reason = str(error).splitlines()[0].rstrip(".")
        raise _invalid(line.place, f"{text!r} is not a requirement: {reason}", "Write: name==1.2.3") from error
    if requirement.url:
        check_url(requirement.url, line.place)
    return str(requirement)


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):
        return False  # too long, or with a character that no path has


def _invalid(place: str, problem: str, remedy: str) -> UserError:
    return UserError("requirement-invalid", f"{place + ': ' if place else ''}{problem}.", remedy)
