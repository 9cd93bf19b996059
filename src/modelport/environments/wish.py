"""Turns a definition into what is to be installed from PyPI, and says every translation it makes."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from modelport.environments.conda_names import RENAMED, SKIPPED, is_not_python
from modelport.environments.conda_spec import CondaSpec, conda_name, parse_conda_spec
from modelport.environments.environment import EnvironmentDefinition
from modelport.environments.provided import without_provided
from modelport.environments.python_wish import PythonWish
from modelport.environments.specification import Dependency, IndexOptions
from modelport.errors import UserError


@dataclass(frozen=True)
class Wish:
    """What an environment asks of PyPI and of this machine; `notes` are lines for the log."""

    requirements: tuple[Dependency, ...]
    constraints: tuple[Dependency, ...] = ()
    index: IndexOptions = field(default_factory=IndexOptions)
    python: PythonWish | None = None
    notes: tuple[str, ...] = ()


def wish_of(definition: EnvironmentDefinition) -> Wish:
    """Translate a definition; raises `UserError` (`conda-spec-invalid`, `conda-package-unavailable`)."""
    python, translated, notes = _translate_all(definition.conda)
    requirements, provided = without_provided((*translated, *definition.pip))
    return Wish(requirements, definition.constraints, definition.index, python, (*notes, *provided))


def is_in_conda_alone(dependency: Dependency) -> bool:
    """Whether PyPI has nothing in the place of a conda package: only an image can have it, from conda's channels."""
    return is_not_python(conda_name(dependency))


def check_definition(definition: EnvironmentDefinition) -> None:
    """Raise what nobody could install: `UserError` (`conda-spec-invalid`). What conda alone has is no reason."""
    wish_of(replace(definition, conda=tuple(each for each in definition.conda if not is_in_conda_alone(each))))


def _translate_all(
    dependencies: tuple[Dependency, ...],
) -> tuple[PythonWish | None, list[Dependency], list[str]]:
    python: PythonWish | None = None
    requirements: list[Dependency] = []
    notes: list[str] = []
    for dependency in dependencies:
        name = conda_name(dependency)
        if name == "python":
            python = _python_wish(parse_conda_spec(dependency), dependency) or python
            continue
        requirement, note = _translate(name, dependency)
        notes.extend([note] if note else [])
        requirements.extend([requirement] if requirement else [])
    return python, requirements, notes


def _python_wish(spec: CondaSpec, dependency: Dependency) -> PythonWish | None:
    if not spec.versions:
        return None
    words = spec.versions.removesuffix(".*").removeprefix("==") if "," not in spec.versions else spec.versions
    return PythonWish(words, spec.versions, dependency.place)


def _translate(package: str, dependency: Dependency) -> tuple[Dependency | None, str]:
    """The requirement for a conda package (None if it is left out) and a line for the log."""
    if package in SKIPPED:
        return None, f"conda package '{package}' is left out: {SKIPPED[package]}."
    if is_not_python(package):
        raise _unavailable(package, dependency)
    spec = parse_conda_spec(dependency)
    name = RENAMED.get(spec.name, spec.name)
    renamed = f" as '{name}'" if name != spec.name else ""
    build = f"; its build '{spec.build}' has no meaning there" if spec.build else ""
    channel = f" instead of channel '{spec.channel}'" if spec.channel else ""
    return (
        Dependency(f"{name}{spec.versions}", dependency.place),
        f"conda package '{spec.name}' is installed from PyPI{channel}{renamed}{build}.",
    )


def _unavailable(name: str, dependency: Dependency) -> UserError:
    place = f"{dependency.place}: " if dependency.place else ""
    return UserError(
        "conda-package-unavailable",
        f"{place}the conda package '{name}' is not a Python package, and PyPI has nothing in its place.",
        f"Deploy to a container, whose image gets '{name}' from conda's channels; or install it on the machine and "
        "take it out of the file; or serve from a conda environment of your own: "
        "python.user_managed_dependencies = True with its python.interpreter_path.",
    )
