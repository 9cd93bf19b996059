"""A Python that is not on this machine: what a lock must know of the interpreter in an image."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

_GLIBC_MINORS = (17, 28, *range(31, 41))
"""The versions of glibc that uv knows as platforms; a newer glibc runs what was made for an older one."""


@dataclass(frozen=True)
class ForeignPython:
    """A CPython on Linux somewhere else: its full version, the machine ("x86_64") and the C library ("glibc 2.36").

    `helper` is a Python of this machine, with which uv builds what has no ready-made file, to learn what it needs.
    """

    version: str
    machine: str
    libc: str
    helper: Path

    @property
    def implementation(self) -> str:
        """As the marker `platform_python_implementation` says it."""
        return "CPython"

    @property
    def platform(self) -> str:
        """The kind of machine, as a lock names it.

        >>> ForeignPython("3.11.2", "x86_64", "glibc 2.36", Path("python3")).platform
        'linux-x86_64-manylinux_2_36'
        """
        return f"linux-{self.machine}-{self._abi}"

    @property
    def uv_words(self) -> tuple[str | Path, ...]:
        """How uv is told to solve for it."""
        musl = self._abi == "musl"
        platform = f"{self.machine}-unknown-linux-musl" if musl else f"{self.machine}-{self._abi}"
        return ("--python", self.helper, "--python-version", self.version, "--python-platform", platform)

    @property
    def glibc_minor(self) -> int:
        """36 of "glibc 2.36"; 0 for another C library."""
        family, _, version = self.libc.partition(" ")
        return int(version.split(".")[1]) if family == "glibc" and "." in version else 0

    @property
    def _abi(self) -> str:
        if self.libc.startswith("musl"):
            return "musl"
        known = [minor for minor in _GLIBC_MINORS if minor <= self.glibc_minor]
        return f"manylinux_2_{max(known, default=17)}"
