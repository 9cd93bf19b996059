"""Conda dependencies that a program puts together, as v1 programs do it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml
from packaging.version import InvalidVersion, Version

from modelport.environments.conda_file import CondaFile, parse_conda, read_conda_file
from modelport.environments.conda_spec import conda_name, parse_conda_spec
from modelport.environments.environment import EnvironmentDefinition
from modelport.environments.provided import requirement_name
from modelport.environments.requirements_file import parse_requirement_line
from modelport.environments.specification import Dependency
from modelport.sdk.conda_arguments import core_package, option_name, text, texts, wrong
from modelport.sdk.conda_writing import CondaWriting

DEFAULT_PIP_PACKAGES = ("azureml-defaults",)


class CondaDependencies(CondaWriting):
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
        for package in texts("conda_packages", conda_packages or ()):
            made.add_conda_package(package)
        if pip_packages is not None:
            made.set_pip_requirements(texts("pip_packages", pip_packages))
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
        entry = Dependency(text("conda_package", conda_package))
        parse_conda_spec(entry)
        name = conda_name(entry)
        self._conda = [*(kept for kept in self._conda if conda_name(kept) != name), entry]

    def remove_conda_package(self, conda_package: str) -> None:
        """Take a conda package out, whatever version was asked for; nothing happens if it is not there."""
        name = conda_name(Dependency(text("conda_package", conda_package)))
        self._conda = [kept for kept in self._conda if conda_name(kept) != name]

    def add_pip_package(self, pip_package: str) -> None:
        """Ask for a package from PyPI; raises `UserError` (`requirement-invalid`, `index-credentials`)."""
        entry = Dependency(text("pip_package", pip_package))
        parse_requirement_line(entry.text, "", self._folder)
        if entry.text.startswith("-"):
            self.set_pip_option(entry.text)
            return
        name = requirement_name(entry.text)
        self._pip = [*(kept for kept in self._pip if not name or requirement_name(kept.text) != name), entry]

    def remove_pip_package(self, pip_package: str) -> None:
        """Take a package out, whatever version was asked for; nothing happens if it is not there."""
        given = text("pip_package", pip_package)
        name = requirement_name(given) or given
        self._pip = [kept for kept in self._pip if (requirement_name(kept.text) or kept.text) != name]

    def set_pip_requirements(self, pip_requirements: Iterable[str]) -> None:
        """Replace all packages from PyPI; raises `UserError` (`requirement-invalid`) and then changes nothing."""
        lines = texts("pip_requirements", pip_requirements)
        for line in lines:
            parse_requirement_line(line, "", self._folder)
        self._pip = []
        for line in lines:
            self.add_pip_package(line)

    def set_pip_index_url(self, index_url: str) -> None:
        """Take packages from this index; raises `UserError` (`index-credentials`) for a URL with a password."""
        self.set_pip_option(f"--index-url {text('index_url', index_url)}")

    def set_pip_option(self, pip_option: str) -> None:
        """Set one of pip's options, such as "--extra-index-url URL"; raises `UserError` (`requirement-invalid`)."""
        entry = Dependency(text("pip_option", pip_option))
        if not entry.text.startswith("-"):
            raise wrong("pip_option", pip_option, "an option that begins with --")
        parse_requirement_line(entry.text, "", self._folder)
        self.remove_pip_option(entry.text)
        self._options.append(entry)

    def remove_pip_option(self, pip_option: str) -> None:
        """Take an option out, whatever its value; nothing happens if it is not there."""
        name = option_name(text("pip_option", pip_option))
        self._options = [kept for kept in self._options if option_name(kept.text) != name]

    def add_channel(self, channel: str) -> None:
        """Add a conda channel at the end, once."""
        if text("channel", channel) not in self._channels:
            self._channels.append(channel.strip())

    def remove_channel(self, channel: str) -> None:
        """Take a conda channel out; nothing happens if it is not there."""
        self._channels = [kept for kept in self._channels if kept != channel]

    def set_python_version(self, version: str) -> None:
        """Ask for a version of Python such as "3.8" or "3.8.10"; raises `UserError` (`argument-invalid`)."""
        try:
            Version(text("version", version))
        except InvalidVersion as error:
            raise wrong("version", version, 'a version of Python such as "3.8"') from error
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
        self.add_pip_package(core_package("tensorflow", core_type) + (f"=={version}" if version else ""))

    def add_tensorflow_conda_package(self, core_type: str = "cpu", version: str | None = None) -> None:
        """Ask for TensorFlow as conda calls it; `core_type` is "cpu" or "gpu"."""
        self.add_conda_package(core_package("tensorflow", core_type) + (f"={version}" if version else ""))

    def add_cntk_package(self, core_type: str = "cpu") -> None:
        """Ask for CNTK from PyPI; `core_type` is "cpu" or "gpu"."""
        self.add_pip_package(core_package("cntk", core_type))

    @staticmethod
    def sdk_origin_url() -> str:
        """The index that Modelport itself is taken from: "" for the one that this machine is set up with."""
        return ""
