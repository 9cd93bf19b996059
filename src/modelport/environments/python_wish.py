"""Which Python an environment asks for, and how well a version answers it."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field

from packaging.specifiers import SpecifierSet
from packaging.version import Version


class Match(enum.IntEnum):
    """How well a version answers a wish; more is better."""

    NONE = 0
    SAME_MINOR = 1
    EXACT = 2


@dataclass(frozen=True)
class PythonWish:
    """The Python that a file asks for: its words ("3.6.2", ">=3.8"), its versions in PEP 440, and its place."""

    words: str
    versions: str
    place: str = field(default="", compare=False)

    def match(self, version: str) -> Match:
        """How well the Python `version` answers: a patch release other than the one asked for is the same minor.

        >>> wish = PythonWish("3.6.2", "==3.6.2.*")
        >>> wish.match("3.6.2").name, wish.match("3.6.15").name, wish.match("3.7.1").name
        ('EXACT', 'SAME_MINOR', 'NONE')
        """
        if SpecifierSet(self.versions).contains(version, prereleases=True):
            return Match.EXACT
        return Match.SAME_MINOR if Version(version).release[:2] in self._pinned_minors() else Match.NONE

    def _pinned_minors(self) -> set[tuple[int, ...]]:
        pins = (spec.version.removesuffix(".*") for spec in SpecifierSet(self.versions) if spec.operator == "==")
        return {Version(pin).release[:2] for pin in pins}
