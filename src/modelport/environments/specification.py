"""The words an environment is described in: one dependency with its place, and where packages come from."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from modelport.errors import UserError


@dataclass(frozen=True)
class Dependency:
    """One dependency as it was written, and where: "myenv.yml:7", or "" for one given by a program.

    The place takes no part in comparisons: moving a line does not make another environment.
    """

    text: str
    place: str = field(default="", compare=False)

    def __str__(self) -> str:
        return f"{self.text} ({self.place})" if self.place else self.text

    def to_json(self) -> dict[str, str]:
        """The dependency as JSON-ready words."""
        return {"text": self.text, "place": self.place} if self.place else {"text": self.text}

    @classmethod
    def from_json(cls, words: Mapping[str, str]) -> Dependency:
        """The inverse of `to_json`."""
        return cls(words["text"], words.get("place", ""))


@dataclass(frozen=True)
class IndexOptions:
    """Where packages come from, as a requirements file or a pip section says it; empty: as the machine is set up.

    URLs may hold `${NAME}` for an environment variable; they never hold a password (`check_url`).
    """

    index_url: str = ""
    extra_index_urls: tuple[str, ...] = ()
    find_links: tuple[str, ...] = ()
    no_index: bool = False
    pre_releases: bool = False
    only_binary: tuple[str, ...] = ()
    no_binary: tuple[str, ...] = ()
    trusted_hosts: tuple[str, ...] = ()

    def merged(self, later: IndexOptions) -> IndexOptions:
        """These options with those of `later` added; where only one value can be, the later one holds."""
        return IndexOptions(
            index_url=later.index_url or self.index_url,
            extra_index_urls=_united(self.extra_index_urls, later.extra_index_urls),
            find_links=_united(self.find_links, later.find_links),
            no_index=self.no_index or later.no_index,
            pre_releases=self.pre_releases or later.pre_releases,
            only_binary=_united(self.only_binary, later.only_binary),
            no_binary=_united(self.no_binary, later.no_binary),
            trusted_hosts=_united(self.trusted_hosts, later.trusted_hosts),
        )

    def lines(self) -> tuple[str, ...]:
        """The options as lines of a requirements file.

        >>> IndexOptions(find_links=("/srv/wheels",), no_index=True).lines()
        ('--no-index', '--find-links /srv/wheels')
        """
        single = ["--no-index"] * self.no_index + ["--pre"] * self.pre_releases
        if self.index_url:
            single.append(f"--index-url {self.index_url}")
        several = {
            "--extra-index-url": self.extra_index_urls,
            "--find-links": self.find_links,
            "--only-binary": self.only_binary,
            "--no-binary": self.no_binary,
            "--trusted-host": self.trusted_hosts,
        }
        return (*single, *(f"{option} {value}" for option, values in several.items() for value in values))

    def to_json(self) -> dict[str, Any]:
        """The options that are set, as JSON-ready words."""
        return {name: _plain(value) for name, value in dataclasses.asdict(self).items() if value}

    @classmethod
    def from_json(cls, words: Mapping[str, Any]) -> IndexOptions:
        """The inverse of `to_json`."""
        plain: dict[str, Any] = {k: tuple(value) if isinstance(value, list) else value for k, value in words.items()}
        return cls(**plain)


def _united(first: tuple[str, ...], second: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*first, *second)))


def _plain(value: object) -> object:
    return list(value) if isinstance(value, tuple) else value


_VARIABLE = re.compile(r"\$\{[A-Z0-9_]+\}")


def check_url(url: str, place: str) -> str:
    """Return `url` unless it carries a password or token, which would end up in catalogues and logs.

    `${NAME}` in place of the secret is fine: it is filled in when packages are fetched.
    Raises `UserError` (`index-credentials`); the message does not repeat the secret.
    """
    secretless = _VARIABLE.sub("", url)
    try:
        parts = urlsplit(secretless.partition("+")[2] if secretless.startswith("git+") else secretless)
        secret = bool(parts.password) or (parts.scheme in ("http", "https") and bool(parts.username))
    except ValueError as error:
        raise UserError("requirement-invalid", f"{place or 'A URL'}: the URL is not valid: {error}.") from error
    if not secret:
        return url
    raise UserError(
        "index-credentials",
        f"{place or 'A URL'}: the URL of host '{parts.hostname}' holds a user name or password in plain text.",
        "Write ${NAME} in its place and set that environment variable, or put the URL into pip.conf or PIP_INDEX_URL.",
    )
