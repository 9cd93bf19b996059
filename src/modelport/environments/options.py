"""What realising an environment needs to know of this machine."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from modelport.settings import PackageIndex, Settings, package_index, running_interpreter

Report = Callable[[str], None]
"""Takes one line of progress."""


@dataclass(frozen=True)
class RealisationOptions:
    """Where locks and virtual environments are kept, which Python serves, and how packages are fetched.

    `may_reuse` lets the serving interpreter serve as it is where it satisfies the environment.
    """

    home: Path
    serving_python: Path
    environ: Mapping[str, str] = field(default_factory=dict, repr=False)
    index: PackageIndex = field(default_factory=PackageIndex)
    may_reuse: bool = True

    @property
    def locks(self) -> Path:
        """The folder of solved locks, by the digest of what was asked."""
        return self.home / "locks"

    @property
    def environments(self) -> Path:
        """The folder of virtual environments."""
        return self.home / "environments"

    @property
    def interpreter_cache(self) -> Path:
        """What the interpreters of this machine answered."""
        return self.home / "interpreters.json"


def options_from(settings: Settings, serving_python: Path | None = None) -> RealisationOptions:
    """The options that follow from the settings of this process; the running interpreter serves unless one is given."""
    return RealisationOptions(
        home=settings.home,
        serving_python=serving_python or running_interpreter(),
        environ=settings.environ,
        index=package_index(settings.environ),
    )
