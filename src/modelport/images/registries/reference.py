"""Names of images: what `registry/repository:tag@digest` means, and which registry a short name leads to (pure)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from modelport.errors import UserError

DEFAULT_REGISTRY = "docker.io"
"""The registry of a name without one, as every engine has it."""

_HOST = re.compile(r"(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*"
                   r"|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?")  # fmt: skip
_PART = re.compile(r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*")
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128}")
_LONGEST_NAME = 255


@dataclass(frozen=True)
class Reference:
    """One image in one registry: by `tag`, by `digest` ("sha256:…"), or by both (the digest then decides).

    >>> str(parse_reference("python:3.11"))
    'docker.io/library/python:3.11'
    """

    registry: str
    repository: str
    tag: str = ""
    digest: str = ""

    @property
    def name(self) -> str:
        """Registry and repository, without tag and digest."""
        return f"{self.registry}/{self.repository}"

    @property
    def target(self) -> str:
        """What a registry is asked for: the digest, else the tag."""
        return self.digest or self.tag

    def with_tag(self, tag: str) -> Reference:
        """The same repository at another tag."""
        return Reference(self.registry, self.repository, tag=tag)

    def with_digest(self, digest: str) -> Reference:
        """The same repository at one digest, and no tag: a name that means the same bytes for ever."""
        return Reference(self.registry, self.repository, digest=digest)

    def __str__(self) -> str:
        tag = f":{self.tag}" if self.tag else ""
        return f"{self.name}{tag}{'@' if self.digest else ''}{self.digest}"


def parse_reference(text: str, default_registry: str = DEFAULT_REGISTRY) -> Reference:
    """The parts of an image name; without tag and digest the tag is "latest".

    The first part is a registry if it holds a dot or a colon or is "localhost"; else `default_registry` is meant.
    Raises `UserError` (`image-reference-invalid`).

    >>> parse_reference("localhost:5000/team/churn@sha256:" + "0" * 64).registry
    'localhost:5000'
    """
    name, at, digest = text.partition("@")
    if at and not _DIGEST.fullmatch(digest):
        raise _invalid(text, f"{_shown(digest)} is not a digest", "sha256: and 64 hexadecimal digits")
    name, tag = _split_tag(text, name)
    registry, repository = _split_registry(name, default_registry)
    _check_registry(text, registry)
    _check_repository(text, repository)
    return Reference(registry, repository, tag or ("" if digest else "latest"), digest)


def _split_tag(text: str, name: str) -> tuple[str, str]:
    head, slash, last = name.rpartition("/")
    last, colon, tag = last.partition(":")
    if colon and not _TAG.fullmatch(tag):
        raise _invalid(text, f"{_shown(tag)} is not a tag", "up to 128 letters, digits, '_', and later '.' and '-'")
    return f"{head}{slash}{last}", tag


def _split_registry(name: str, default_registry: str) -> tuple[str, str]:
    first, slash, rest = name.partition("/")
    if slash and (first == "localhost" or any(mark in first for mark in ".:[") or first != first.lower()):
        registry, repository = first, rest
    else:
        registry, repository = default_registry, name
    registry = DEFAULT_REGISTRY if registry == "index.docker.io" else registry
    if registry == DEFAULT_REGISTRY and "/" not in repository:
        repository = f"library/{repository}"
    return registry, repository


def _check_registry(text: str, registry: str) -> None:
    port = registry.rpartition(":")[2] if re.search(r":[0-9]+$", registry) else "0"
    if not _HOST.fullmatch(registry) or int(port) > 65535:
        raise _invalid(text, f"{_shown(registry)} is not a registry", "a host name or address, with :PORT if need be")


def _check_repository(text: str, repository: str) -> None:
    wrong = [part for part in repository.split("/") if not _PART.fullmatch(part)]
    if wrong:
        words = "lower-case letters and digits, with single '.', '_', '__' or dashes between them"
        raise _invalid(text, f"the part {_shown(wrong[0])} of the name is not valid", words)
    if len(repository) > _LONGEST_NAME:
        raise _invalid(text, f"the name has {len(repository)} characters", f"at most {_LONGEST_NAME}")


def check_registry_address(address: str) -> str:
    """The host (and port) of a registry's address as people write it, without scheme and trailing slash.

    Raises `UserError` (`image-reference-invalid`).

    >>> check_registry_address("https://registry.example:5000/")
    'registry.example:5000'
    """
    host = re.sub(r"^https?://", "", address.strip(), flags=re.IGNORECASE).rstrip("/")
    _check_registry(address, host)
    return DEFAULT_REGISTRY if host == "index.docker.io" else host


def is_loopback(registry: str) -> bool:
    """Whether the registry runs on this very machine: engines speak plain HTTP to such ones.

    >>> is_loopback("127.0.0.1:5000"), is_loopback("registry.example")
    (True, False)
    """
    host = re.sub(r":[0-9]+$", "", registry).strip("[]")
    return host == "localhost" or host.startswith("127.") or host == "::1"


def _shown(part: str) -> str:
    return repr(part) if len(part) <= 80 else f"{part[:77]!r}…"


def _invalid(text: str, what: str, valid: str) -> UserError:
    return UserError(
        "image-reference-invalid",
        f"The image name {_shown(text)} is not valid: {what} ({valid}).",
        "Write it as REGISTRY/NAME:TAG, for example registry.example:5000/team/churn:3, in lower case.",
    )
