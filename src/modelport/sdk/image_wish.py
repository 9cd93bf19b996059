"""How configurations of both generations are told to the workspace as what an image is made of."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from modelport.images.wish import ImageLabels, ImageModel, ImageScript
from modelport.sdk.arguments import opened
from modelport.sdk.image_config import ContainerImageConfig
from modelport.sdk.inference_config import InferenceConfig
from modelport.sdk.update_arguments import model_words
from modelport.services.resolving import resolve_models, resolve_script
from modelport.services.spec import ModelPlacement

if TYPE_CHECKING:
    from modelport.sdk.workspace import Workspace


def wish_parts(config: InferenceConfig) -> dict[str, Any]:
    """Script and environment of an image, as fields of `ImageWish`."""
    script = resolve_script(config._script())
    return {
        "script": ImageScript(script.entry_script, script.source_directory, extra_files=script.extra_files),
        "environment": config._image_environment(),
    }


def first_generation_parts(config: ContainerImageConfig) -> dict[str, Any]:
    """As `wish_parts`, with the labels, for an image configuration."""
    parts = wish_parts(config._inference_config())
    script: ImageScript = parts["script"]
    recorded = {
        "entry_script": script.entry_script, "assets": list(config.dependencies), "runtime": config.runtime or "python",
    }  # fmt: skip
    return {**parts, "labels": ImageLabels(config.tags, config.properties, config.description or "", recorded)}


def placements_of(models: Iterable[Any], workspace: Workspace) -> tuple[ModelPlacement, ...]:
    """Models as v1 programs give them, as what is placed; raises as `Model.deploy` does."""
    return resolve_models(opened(workspace).models, model_words(models, workspace))


def wished_models(models: Iterable[ModelPlacement]) -> tuple[ImageModel, ...]:
    """Models that are placed, as what goes into an image."""
    return tuple(ImageModel(model.name, model.version, model.path) for model in models)
