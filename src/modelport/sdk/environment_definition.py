"""What an `Environment` describes, as the immutable definition that everything below works with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from modelport import naming
from modelport.environments.conda_file import CondaFile, read_conda_file
from modelport.environments.environment import EnvironmentDefinition, from_conda
from modelport.environments.wish import check_definition
from modelport.errors import UserError
from modelport.sdk.conda_dependencies import CondaDependencies
from modelport.sdk.environment_sections import PythonSection

if TYPE_CHECKING:
    from modelport.sdk.environment import Environment


def definition_of(environment: Environment) -> EnvironmentDefinition:
    """What an `Environment` describes now, as the immutable definition that everything below works with.

    Raises `UserError` for what cannot be understood: `conda-spec-invalid`, `requirement-invalid`, `argument-invalid`.
    """
    naming.ENVIRONMENT.check(environment.name)
    python = environment.python
    container = environment.docker._recorded()
    if environment.inferencing_stack_version is not None:
        container["inferencing_stack_version"] = environment.inferencing_stack_version
    described = from_conda(environment.name, _conda_of(python))
    kept = python.conda_dependencies._constraints if python.conda_dependencies is not None else ()
    return checked(
        replace(
            described,
            constraints=tuple(dict.fromkeys((*kept, *described.constraints))),
            environment_variables=_variables(environment.environment_variables),
            interpreter_path=python.interpreter_path if python.user_managed_dependencies else None,
            container=container,
            source=environment._source,
        )
    )


def _conda_of(python: PythonSection) -> CondaFile:
    if python.conda_dependencies_file is not None:
        return read_conda_file(Path(python.conda_dependencies_file))
    if python.conda_dependencies is None:
        return CondaFile()
    if not isinstance(python.conda_dependencies, CondaDependencies):
        raise UserError(
            "argument-invalid",
            f"python.conda_dependencies is {type(python.conda_dependencies).__name__}, not CondaDependencies.",
            "Example: env.python.conda_dependencies = CondaDependencies.create(pip_packages=['numpy'])",
        )
    return python.conda_dependencies._file()


def _variables(given: Mapping[str, str] | None) -> dict[str, str]:
    values = dict(given or {})
    for name, value in values.items():
        if not isinstance(name, str) or not isinstance(value, str) or not name or "=" in name:
            raise UserError(
                "argument-invalid",
                f"The environment variable {name!r} is not usable: both its name and its value must be text.",
                "Example: env.environment_variables = {'MY_SETTING': 'on'}",
            )
    return values


def checked(definition: EnvironmentDefinition) -> EnvironmentDefinition:
    """The definition, if all of it can be understood."""
    check_definition(definition)
    return definition
