"""The definition of an environment, as it was written: what a service asks for, before anything is solved."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from modelport import naming
from modelport.environments.conda_file import CondaFile, read_conda_file
from modelport.environments.requirements_file import Requirements, parse_requirement_line, read_requirements_file
from modelport.environments.specification import Dependency, IndexOptions


@dataclass(frozen=True)
class EnvironmentDefinition:
    """What an environment consists of, immutable and as written; `wish.wish_of` says what is to be installed.

    `conda` are conda match specifications (`python` among them), `pip` and `constraints` lines of requirements files.
    `interpreter_path` is set for an environment that the user keeps: that Python serves as it is. `container` holds
    the docker section (without passwords) for targets that build images.
    """

    name: str
    conda: tuple[Dependency, ...] = ()
    channels: tuple[str, ...] = ()
    pip: tuple[Dependency, ...] = ()
    constraints: tuple[Dependency, ...] = ()
    index: IndexOptions = field(default_factory=IndexOptions)
    environment_variables: Mapping[str, str] = field(default_factory=dict, repr=False)
    interpreter_path: str | None = None
    container: Mapping[str, Any] = field(default_factory=dict, repr=False)
    source: str = field(default="", compare=False)

    def __post_init__(self) -> None:
        naming.ENVIRONMENT.check(self.name)

    @property
    def digest(self) -> str:
        """SHA-256 of the content; the name, places and the source file do not count."""
        words = self.to_json()
        for volatile in ("name", "source"):
            words.pop(volatile, None)
        for dependencies in ("conda", "pip", "constraints"):
            words[dependencies] = [dependency.text for dependency in getattr(self, dependencies)]
        return hashlib.sha256(json.dumps(words, sort_keys=True).encode()).hexdigest()

    def to_json(self) -> dict[str, Any]:
        """The definition as JSON-ready words."""
        return {
            "name": self.name,
            "conda": [dependency.to_json() for dependency in self.conda],
            "channels": list(self.channels),
            "pip": [dependency.to_json() for dependency in self.pip],
            "constraints": [dependency.to_json() for dependency in self.constraints],
            "index": self.index.to_json(),
            "environment_variables": dict(self.environment_variables),
            "interpreter_path": self.interpreter_path,
            "container": dict(self.container),
            "source": self.source,
        }

    @classmethod
    def from_json(cls, words: Mapping[str, Any]) -> EnvironmentDefinition:
        """The inverse of `to_json`."""
        plain = dict(words)
        for dependencies in ("conda", "pip", "constraints"):
            plain[dependencies] = tuple(Dependency.from_json(entry) for entry in plain.get(dependencies, ()))
        plain["channels"] = tuple(plain.get("channels", ()))
        plain["index"] = IndexOptions.from_json(plain.get("index", {}))
        return cls(**plain)


def from_conda_file(name: str, path: Path) -> EnvironmentDefinition:
    """The environment that a conda file describes; raises `UserError` with file:line (`read_conda_file`)."""
    return from_conda(name, read_conda_file(path), str(path))


def from_conda(name: str, file: CondaFile, source: str = "") -> EnvironmentDefinition:
    """The environment that the parts of a conda file describe; lines of its pip section may be options and -r."""
    requirements = Requirements()
    for line in file.pip:
        requirements = requirements.joined(parse_requirement_line(line.text, line.place, file.folder))
    return EnvironmentDefinition(
        name=name,
        conda=file.dependencies,
        channels=file.channels,
        pip=requirements.requirements,
        constraints=requirements.constraints,
        index=requirements.index,
        environment_variables=dict(file.variables),
        source=source,
    )


def from_requirements_file(name: str, path: Path) -> EnvironmentDefinition:
    """The environment that a requirements file describes; it names no Python, so the serving one is meant."""
    read = read_requirements_file(path)
    return EnvironmentDefinition(
        name=name, pip=read.requirements, constraints=read.constraints, index=read.index, source=str(path)
    )
