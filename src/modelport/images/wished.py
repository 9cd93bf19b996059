"""From a wish to what is planned: models become layers, scripts become files of the working directory."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from modelport.environments.environment import EnvironmentDefinition
from modelport.environments.wish import check_definition, is_in_conda_alone
from modelport.errors import ScriptError, UserError
from modelport.images.recipe.context import ContextFile, files_below
from modelport.images.recipe.plan import ImageRequest
from modelport.images.recipe.recipe import ModelLayer
from modelport.images.wish import ImageModel, ImageScript, ImageWish
from modelport.manifest import Manifest, Program
from modelport.registry.catalog import ModelRegistry

MODELS_FOLDER = "azureml-models"
CheckScript = Callable[[Path], None]
"""Looks at an entry script without running it; raises `ScriptError`."""


def definition_of(wish: ImageWish) -> EnvironmentDefinition:
    """The environment that a wish asks for, with the variables of both; without one it has no packages."""
    found = EnvironmentDefinition.from_json(wish.environment) if wish.environment else EnvironmentDefinition("none")
    variables = {**found.environment_variables, **wish.environment_variables}
    return replace(found, environment_variables=variables)


def check_wish(wish: ImageWish, models: ModelRegistry, check_script: CheckScript) -> None:
    """Raise what can be known before a build begins: `UserError`, `ScriptError`, `NotFoundError`."""
    check_definition(definition_of(wish))
    for model in wish.models:
        if model.version:
            models.get(model.name, model.version)
        elif not Path(model.path).exists():
            raise _missing(f"The model path '{model.path}' does not exist.")
    if wish.script is None:
        return
    if not wish.script.path.is_file():
        raise ScriptError(
            "script-missing",
            f"The entry script '{wish.script.path}' does not exist.",
            "It is relative to source_directory if there is one, else to the current folder.",
        )
    check_script(wish.script.path)
    for extra in wish.script.extra_files.values():
        if not Path(extra).exists():
            raise _missing(f"The file '{extra}', which is to go into the image, does not exist.")


def request_of(wish: ImageWish, models: ModelRegistry, scratch: Path) -> ImageRequest:
    """What is to be planned, registered models laid out in the folder `scratch`.

    Raises `NotFoundError` (`model-not-found`), `UserError` (`context-file-missing`), `StorageError`.
    """
    script, environment = wish.script, definition_of(wish)
    container = dict(environment.container)
    steps = str(container.pop("steps", "")) + wish.steps
    solver = str(container.pop("managed_by", "")) or _solver_of(environment)
    return ImageRequest(
        manifest=Manifest(service_name=wish.name, program=Program("", "", ""), limits=wish.limits),
        environment=replace(environment, container=container),
        entry_script=script.served_path if script else "",
        app=tuple(_app_files(script)) if script else (),
        models=tuple(_layer(model, models, scratch) for model in wish.models),
        steps=steps,
        managed_by=solver,
    )


def _solver_of(environment: EnvironmentDefinition) -> str:
    """Who solves and installs: conda where a package is in conda's channels alone, else "" for whoever fits best."""
    return "conda" if any(map(is_in_conda_alone, environment.conda)) else ""


def _app_files(script: ImageScript) -> Iterator[ContextFile]:
    """The files of the working directory; of two at the same place the one that was asked for by name wins."""
    placed: dict[str, ContextFile] = {}
    for source, into in _sources(script):
        placed.update({file.path: file for file in files_below(source, into)})
    yield from (file for path, file in placed.items() if not path.startswith(f"{MODELS_FOLDER}/"))


def _sources(script: ImageScript) -> Iterator[tuple[Path, str]]:
    if script.laid_out is not None:
        yield script.laid_out, ""
        return
    folder = Path(script.source_directory) if script.source_directory else None
    yield (folder, folder.name) if folder else (script.path, script.path.name)
    for place, extra in script.extra_files.items():
        yield Path(extra), place


def _layer(model: ImageModel, models: ModelRegistry, scratch: Path) -> ModelLayer:
    if not model.version:
        path = Path(model.path)
        return ModelLayer(model.name, 0, files_below(path, path.name))
    found = models.get(model.name, model.version)
    folder = models.place(found, scratch).parent
    files = (
        ContextFile(file.path, source=folder / file.path, executable=file.is_executable, known_sha256=file.blob.digest)
        for file in models.contents(found).files
        if file.blob
    )
    return ModelLayer(model.name, model.version, tuple(files))


def _missing(what: str) -> UserError:
    return UserError("context-file-missing", what, "Put it back, or take it out of what the image is made of.")
