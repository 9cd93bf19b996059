"""Conda dependencies that a program puts together, as v1 programs do it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from modelport.environments.conda_file import CondaFile, parse_conda, read_conda_file
from modelport.environments.conda_spec import conda_name, parse_conda_spec
from modelport.environments.environment import EnvironmentDefinition
from modelport.environments.provided import requirement_name
from modelport.environments.requirements_file import parse_requirement_line
from modelport.environments.specification import Dependency
from modelport.errors import UserError

DEFAULT_FILE = "conda_dependencies.yml"
DEFAULT_PIP_PACKAGES = ("azureml-defaults",)
_HEADER = """\
# The packages of an environment. Conda packages that PyPI has are installed from there.
# Without a line for python, the Python that serves is used.

"""


class CondaDependencies:
    """The dependencies of an environment: conda packages, pip packages with pip's options, and channels.

    Made from a conda file, or with v1's default content; `create` is the usual way.
    Raises `UserError` (`environment-file-missing`, `conda-file-invalid`, `conda-key-unknown`).
    """

    DEFAULT_NAME = "project_environment"
    DEFAULT_NUMBER_OF_CONDA_PACKAGES = 0
    DEFAULT_NUMBER_OF_PIP_PACKAGES = 0

    def __init__(
        self, conda_dependencies_file_path: str | None = None, _underlying_structure: Mapping[str, Any] | None = None
    ) -> None:
        if conda_dependencies_file_path is not None:
            self._fill(read_conda_file(Path(conda_dependencies_file_path)))
        elif _underlying_structure is not None:
            self._fill(parse_conda(yaml.safe_dump(dict(_underlying_structure)), "conda dependencies"))
        else:
            pip = tuple(Dependency(package) for package in DEFAULT_PIP_PACKAGES)
            self._fill(CondaFile(self.DEFAULT_NAME, ("conda-forge",), (), pip))

    def _fill(self, file: CondaFile) -> None:
        self._name = file.name or self.DEFAULT_NAME
        self._channels = list(file.channels)
        self._conda = list(file.dependencies)
        self._pip = [line for line in file.pip if not line.text.startswith("-")]
        self._options = [line for line in file.pip if line.text.startswith("-")]
        self._variables = file.variables
        self._prefix = file.prefix
        self._folder = file.folder
        self._constraints: tuple[Dependency, ...] = ()

    @classmethod
    def _of(cls, definition: EnvironmentDefinition) -> CondaDependencies:
        """The dependencies of a definition, to be changed further."""
        options = tuple(Dependency(line) for line in definition.index.lines())
        made = cls.__new__(cls)
        pip = (*options, *definition.pip)
        made._fill(CondaFile(cls.DEFAULT_NAME, definition.channels, definition.conda, pip))
        made._constraints = definition.constraints
        return made

    def _file(self) -> CondaFile:
        """The content, checked: every line can be understood."""
        for dependency in self._conda:
            conda_name(dependency)
        pip = (*self._options, *self._pip)
        channels, conda = tuple(self._channels), tuple(self._conda)
        return CondaFile(self._name, channels, conda, pip, self._variables, self._prefix, self._folder)

    def __repr__(self) -> str:
        return f"CondaDependencies(conda={list(self.conda_packages)}, pip={list(self.pip_packages)})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, CondaDependencies) and self.as_dict() == other.as_dict()

    __hash__ = None  # type: ignore[assignment] # it can be changed, so it can be no key

    @staticmethod
    def create(
        pip_indexurl: str | None = None,
        pip_packages: Iterable[str] | None = None,
        conda_packages: Iterable[str] | None = None,
        python_version: str | None = None,
        pin_sdk_version: bool = True,
    ) -> CondaDependencies:
        """Dependencies from lists of packages; without a Python version the Python that serves is used.

        `pip_packages` None means `azureml-defaults`, which the worker stands in for; `pin_sdk_version` has no effect.
        Raises `UserError` (`requirement-invalid`, `conda-spec-invalid`, `argument-invalid`).
        """
        _ = pin_sdk_version
        made = CondaDependencies()
        if python_version is not None:
            made.set_python_version(python_version)
        for package in _texts("conda_packages", conda_packages or ()):
            made.add_conda_package(package)
        if pip_packages is not None:
            made.set_pip_requirements(_texts("pip_packages", pip_packages))
        if pip_indexurl is not None:
            made.set_pip_index_url(pip_indexurl)
        return made

    # What is in it.

    @property
    def conda_channels(self) -> Iterator[str]:
        """The channels, in order."""
        return iter(tuple(self._channels))

    @property
    def conda_packages(self) -> Iterator[str]:
        """The conda packages as they were given, without Python itself."""
        return iter(tuple(entry.text for entry in self._conda if conda_name(entry) != "python"))

    @property
    def pip_packages(self) -> Iterator[str]:
        """The lines of the pip section that ask for packages."""
        return iter(tuple(line.text for line in self._pip))

    @property
    def pip_options(self) -> Iterator[str]:
        """The lines of the pip section that are options."""
        return iter(tuple(line.text for line in self._options))

    def get_default_number_of_packages(self) -> tuple[int, int]:
        """How many conda and pip packages v1 counted in what nobody has changed."""
        return 1, len(DEFAULT_PIP_PACKAGES)

    # Changing it. A package of the same name is replaced.

    def add_conda_package(self, conda_package: str) -> None:
        """Ask for a conda package; raises `UserError` (`conda-spec-invalid`)."""
        entry = Dependency(_text("conda_package", conda_package))
        parse_conda_spec(entry)
        name = conda_name(entry)
        self._conda = [*(kept for kept in self._conda if conda_name(kept) != name), entry]

    def remove_conda_package(self, conda_package: str) -> None:
        """Take a conda package out, whatever version was asked for; nothing happens if it is not there."""
        name = conda_name(Dependency(_text("conda_package", conda_package)))
        self._conda = [kept for kept in self._conda if conda_name(kept) != name]

    def add_pip_package(self, pip_package: str) -> None:
        """Ask for a package from PyPI; raises `UserError` (`requirement-invalid`, `index-credentials`)."""
        entry = Dependency(_text("pip_package", pip_package))
        parse_requirement_line(entry.text, "", self._folder)
        if entry.text.startswith("-"):
            self.set_pip_option(entry.text)
            return
        name = requirement_name(entry.text)
        self._pip = [*(kept for kept in self._pip if not name or requirement_name(kept.text) != name), entry]

    def remove_pip_package(self, pip_package: str) -> None:
        """Take a package out, whatever version was asked for; nothing happens if it is not there."""
        given = _text("pip_package", pip_package)
        name = requirement_name(given) or given
        self._pip = [kept for kept in self._pip if (requirement_name(kept.text) or kept.text) != name]

    def set_pip_requirements(self, pip_requirements: Iterable[str]) -> None:
        """Replace all packages from PyPI; raises `UserError` (`requirement-invalid`) and then changes nothing."""
        lines = _texts("pip_requirements", pip_requirements)
        for line in lines:
            parse_requirement_line(line, "", self._folder)
        self._pip = []
        for line in lines:
            self.add_pip_package(line)

    def set_pip_index_url(self, index_url: str) -> None:
        """Take packages from this index; raises `UserError` (`index-credentials`) for a URL with a password."""
        self.set_pip_option(f"--index-url {_text('index_url', index_url)}")

    def set_pip_option(self, pip_option: str) -> None:
        """Set one of pip's options, such as "--extra-index-url URL"; raises `UserError` (`requirement-invalid`)."""
        entry = Dependency(_text("pip_option", pip_option))
        if not entry.text.startswith("-"):
            raise _wrong("pip_option", pip_option, "an option that begins with --")
        parse_requirement_line(entry.text, "", self._folder)
        self.remove_pip_option(entry.text)
        self._options.append(entry)

    def remove_pip_option(self, pip_option: str) -> None:
        """Take an option out, whatever its value; nothing happens if it is not there."""
        name = _option_name(_text("pip_option", pip_option))
        self._options = [kept for kept in self._options if _option_name(kept.text) != name]

    def add_channel(self, channel: str) -> None:
        """Add a conda channel at the end, once."""
        if _text("channel", channel) not in self._channels:
            self._channels.append(channel.strip())

    def remove_channel(self, channel: str) -> None:
        """Take a conda channel out; nothing happens if it is not there."""
        self._channels = [kept for kept in self._channels if kept != channel]

    def set_python_version(self, version: str) -> None:
        """Ask for a version of Python such as "3.8" or "3.8.10"; raises `UserError` (`argument-invalid`)."""
        try:
            Version(_text("version", version))
        except InvalidVersion as error:
            raise _wrong("version", version, 'a version of Python such as "3.8"') from error
        self.add_conda_package(f"python={version}")

    def get_python_version(self) -> str | None:
        """The version of Python asked for, or None if the Python that serves is meant."""
        found = next((entry for entry in self._conda if conda_name(entry) == "python"), None)
        if found is None:
            return None
        versions = parse_conda_spec(found).versions
        return versions.removeprefix("==").removesuffix(".*") or None

    def add_tensorflow_pip_package(self, core_type: str = "cpu", version: str | None = None) -> None:
        """Ask for TensorFlow from PyPI; `core_type` is "cpu" or "gpu"."""
        self.add_pip_package(_core_package("tensorflow", core_type) + (f"=={version}" if version else ""))

    def add_tensorflow_conda_package(self, core_type: str = "cpu", version: str | None = None) -> None:
        """Ask for TensorFlow as conda calls it; `core_type` is "cpu" or "gpu"."""
        self.add_conda_package(_core_package("tensorflow", core_type) + (f"={version}" if version else ""))

    def add_cntk_package(self, core_type: str = "cpu") -> None:
        """Ask for CNTK from PyPI; `core_type` is "cpu" or "gpu"."""
        self.add_pip_package(_core_package("cntk", core_type))

    # Writing it.

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
            raise _wrong("path", str(path), f"a place that can be written ({error.strerror})") from error
        return str(target)

    def save_to_file(self, base_directory: str, conda_file_path: str | None = None) -> str:
        """Write the conda file below `base_directory` and return its path relative to it."""
        relative = conda_file_path or DEFAULT_FILE
        self.save(str(Path(base_directory) / relative))
        return relative

    @staticmethod
    def merge_requirements(requirements: Iterable[str]) -> list[str]:
        """The requirements with those for the same package joined into one; raises `UserError` (`requirement-invalid`).

        >>> CondaDependencies.merge_requirements(["numpy>=1.15", "six", "numpy<2"])
        ['numpy<2,>=1.15', 'six']
        """
        merged: dict[str, Requirement] = {}
        others: list[str] = []
        for line in _texts("requirements", requirements):
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

    @staticmethod
    def sdk_origin_url() -> str:
        """The index that Modelport itself is taken from: "" for the one that this machine is set up with."""
        return ""


def _core_package(name: str, core_type: str) -> str:
    if core_type not in ("cpu", "gpu"):
        raise _wrong("core_type", core_type, "'cpu' or 'gpu'")
    return canonicalize_name(f"{name}-gpu" if core_type == "gpu" else name)


def _option_name(option: str) -> str:
    return re.split(r"[=\s]", option.strip(), maxsplit=1)[0]


def _text(name: str, value: object) -> str:
    if isinstance(value, str) and value.strip():
        return value.strip()
    raise _wrong(name, value, "text that is not empty")


def _texts(name: str, values: object) -> list[str]:
    if isinstance(values, str) or not isinstance(values, Iterable):
        raise _wrong(name, values, "a list such as ['numpy==1.26.4']")
    return [_text(name, value) for value in values]


def _wrong(name: str, value: object, valid: str) -> UserError:
    return UserError(
        "argument-invalid",
        f"CondaDependencies: {name} is {value!r}; {valid} is needed.",
        "Example: CondaDependencies.create(python_version='3.11', pip_packages=['numpy==1.26.4'])",
    )
