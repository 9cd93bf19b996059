"""Reads one conda match specification and says it in the words of PEP 440."""

from __future__ import annotations

import re
from dataclasses import dataclass

from packaging.specifiers import InvalidSpecifier, SpecifierSet

from modelport.environments.specification import Dependency
from modelport.errors import UserError

_CHANNEL = re.compile(r"^(?P<channel>[^\s=<>!~:\[]+)::?(?:[\w/]*:)?(?=[\w.])")
_NAME = re.compile(r"^[A-Za-z0-9_][A-Za-z0-9_.\-]*")
_BRACKET = re.compile(r"\[(?P<inside>[^\]]*)\]\s*$")
_BRACKET_ENTRY = re.compile(r"(?P<key>\w+)\s*=\s*(?P<quote>['\"]?)(?P<value>.*?)(?P=quote)\s*(?:,|$)")
_CLAUSE = re.compile(r"^(?P<operator>==|!=|>=|<=|~=|>|<|=)?\s*(?P<version>[A-Za-z0-9_.!+*\-]+)$")


@dataclass(frozen=True)
class CondaSpec:
    """A conda package that is asked for: lower-case name, PEP 440 versions ("" for any), and what PyPI lacks."""

    name: str
    versions: str = ""
    channel: str = ""
    build: str = ""


def parse_conda_spec(dependency: Dependency) -> CondaSpec:
    """Read a conda match specification; raises `UserError` (`conda-spec-invalid`) naming its place.

    >>> parse_conda_spec(Dependency("conda-forge::scikit-learn=0.19=py36_1"))
    CondaSpec(name='scikit-learn', versions='==0.19', channel='conda-forge', build='py36_1')
    """
    channel, name, rest = _split_name(dependency)
    rest, bracket = _split_bracket(rest)
    version, build = _split_build(rest)
    return CondaSpec(
        name=name.lower(),
        versions=_pep440(dependency, bracket.get("version", version)),
        channel=bracket.get("channel", channel),
        build=bracket.get("build", build),
    )


def conda_name(dependency: Dependency) -> str:
    """The lower-case name alone, for packages whose version does not matter; raises as `parse_conda_spec` does.

    >>> conda_name(Dependency("main::openssl=1.0.2k"))
    'openssl'
    """
    return _split_name(dependency)[1].lower()


def _split_name(dependency: Dependency) -> tuple[str, str, str]:
    """Channel, name and the rest."""
    text = dependency.text.strip()
    channel = _CHANNEL.match(text)
    rest = text[channel.end() :] if channel else text
    name = _NAME.match(rest)
    if name is None:
        raise _invalid(dependency, "it does not start with the name of a package")
    return channel["channel"] if channel else "", name[0], rest[name.end() :].strip()


def _split_bracket(text: str) -> tuple[str, dict[str, str]]:
    match = _BRACKET.search(text)
    if match is None:
        return text, {}
    entries = {entry["key"]: entry["value"] for entry in _BRACKET_ENTRY.finditer(match["inside"])}
    return text[: match.start()].strip(), entries


def _split_build(text: str) -> tuple[str, str]:
    """Split "=1.15.4=py36_0", "1.15.4 py36_0" or ">=1.0, <2" into versions and build string."""
    exact = re.match(r"^(=[^=\s]+)=([^=\s]+)$", text)
    if exact:
        return f"={exact[1]}", exact[2]  # with a build string the version is meant exactly
    joined = re.sub(r"\s*([,|])\s*", r"\1", re.sub(r"([<>=!~]=?)\s+", r"\1", text))
    version, _, build = joined.partition(" ")
    return version, build.strip()


def _pep440(dependency: Dependency, versions: str) -> str:
    if versions in ("", "*", "=*", "==*"):
        return ""
    if "|" in versions:
        raise _invalid(dependency, "alternatives with '|' cannot be asked of PyPI")
    clauses = ",".join(_clause(dependency, clause) for clause in versions.split(",") if clause)
    try:
        SpecifierSet(clauses)
    except InvalidSpecifier as error:
        raise _invalid(dependency, f"'{versions}' names no version that a Python package can have") from error
    return clauses


def _clause(dependency: Dependency, clause: str) -> str:
    match = _CLAUSE.match(clause)
    if match is None:
        raise _invalid(dependency, f"'{clause}' is not a version")
    operator, version = match["operator"], match["version"]
    starred = version.endswith("*")
    bare = version.rstrip("*").rstrip(".") if starred else version
    if operator == "=" and not starred and re.search(r"[a-z]", bare):
        return f"=={bare}"  # nothing begins with a pre-release
    if operator == "=" or (starred and operator in (None, "==")):
        return f"=={bare}.*"  # one '=' means: this version and whatever it begins
    if starred and operator == "!=":
        return f"!={bare}.*"
    return f"{operator or '=='}{bare}"


def _invalid(dependency: Dependency, problem: str) -> UserError:
    place = f"{dependency.place}: " if dependency.place else ""
    return UserError(
        "conda-spec-invalid",
        f"{place}the conda package {dependency.text!r} cannot be understood: {problem}.",
        "Write it as name=1.2, name==1.2.3 or name>=1.2,<2; what only pip knows belongs under '- pip:'.",
    )
