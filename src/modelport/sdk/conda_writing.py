"""How conda dependencies are written, and requirements joined."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml
from packaging.requirements import Requirement

from modelport.environments.provided import requirement_name
from modelport.environments.requirements_file import parse_requirement_line
from modelport.environments.specification import Dependency
from modelport.sdk.conda_arguments import texts, wrong

DEFAULT_FILE = "conda_dependencies.yml"
_HEADER = """\
# The packages of an environment. Conda packages that PyPI has are installed from there.
# Without a line for python, the Python that serves is used.

"""


class CondaWriting:
    """The content of `CondaDependencies` as a conda file."""

    _name: str
    _channels: list[str]
    _conda: list[Dependency]
    _pip: list[Dependency]
    _options: list[Dependency]
    _variables: tuple[tuple[str, str], ...]

    def as_dict(self) -> dict[str, Any]:
        """The content as a conda file has it."""
        pip = [line.text for line in (*self._options, *self._pip)]
        dependencies: list[Any] = [entry.text for entry in self._conda]
        content: dict[str, Any] = {"name": self._name, "channels": list(self._channels)}
        content["dependencies"] = [*dependencies, {"pip": pip}] if pip else dependencies
        if self._variables:
            content["variables"] = dict(self._variables)
        return content

    def serialize_to_string(self) -> str:
        """The content as the text of a conda file."""
        return _HEADER + yaml.safe_dump(self.as_dict(), sort_keys=False)

    def save(self, path: str | None = None) -> str:
        """Write the conda file to `path` (a folder: `conda_dependencies.yml` in it) and return where it is."""
        target = Path(path or DEFAULT_FILE)
        target = target / DEFAULT_FILE if target.is_dir() else target
        try:
            target.write_text(self.serialize_to_string(), encoding="utf-8")
        except OSError as error:
            raise wrong("path", str(path), f"a place that can be written ({error.strerror})") from error
        return str(target)

    def save_to_file(self, base_directory: str, conda_file_path: str | None = None) -> str:
        """Write the conda file below `base_directory` and return its path relative to it."""
        relative = conda_file_path or DEFAULT_FILE
        self.save(str(Path(base_directory) / relative))
        return relative

    @staticmethod
    def merge_requirements(requirements: Iterable[str]) -> list[str]:
        """The requirements with those for the same package joined into one; raises `UserError` (`requirement-invalid`).

        >>> from modelport.sdk.conda_dependencies import CondaDependencies
        >>> CondaDependencies.merge_requirements(["numpy>=1.15", "six", "numpy<2"])
        ['numpy<2,>=1.15', 'six']
        """
        merged: dict[str, Requirement] = {}
        others: list[str] = []
        for line in texts("requirements", requirements):
            name = requirement_name(line)
            parse_requirement_line(line)
            if not name or " --hash" in line:
                others.append(line)
            elif name in merged:
                merged[name].specifier &= Requirement(line).specifier
                merged[name].extras |= Requirement(line).extras
            else:
                merged[name] = Requirement(line)
        return [*map(str, merged.values()), *others]
