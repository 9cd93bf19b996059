"""The deployments of v1's first generation: with an image configuration, or with an image."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from modelport.errors import UserError
from modelport.registry.model import ModelVersion
from modelport.sdk.arguments import opened, say
from modelport.sdk.deployment_request import DeploymentConfiguration, launch, request_of
from modelport.sdk.image_config import checked_config
from modelport.sdk.image_view import ImageView
from modelport.sdk.model_arguments import registration_of
from modelport.sdk.runnable_image import check_image
from modelport.sdk.update_arguments import model_words

if TYPE_CHECKING:
    from modelport.sdk.workspace import Workspace

_MODEL_NAME_LENGTH = 30


@dataclass(frozen=True)
class Deployment:
    """Which service is deployed where and how."""

    workspace: Workspace
    name: str
    config: DeploymentConfiguration
    target: object = None
    overwrite: bool = False


def registered(workspace: Workspace, model_paths: Iterable[str]) -> list[ModelVersion]:
    """Each file or folder, registered as a model by its own name. Raises `UserError` (`models-not-a-list`), …"""
    if isinstance(model_paths, (str, os.PathLike)):
        what = f"The model_paths must be a list; {model_paths!r} is a single one."
        raise UserError("models-not-a-list", what, f"Write model_paths=[{os.fspath(model_paths)!r}].")
    return [_registered(workspace, Path(path)) for path in model_paths]


def _registered(workspace: Workspace, path: Path) -> ModelVersion:
    name = re.sub(r"[^A-Za-z0-9\-._]", "_", path.name).lstrip("-._")[:_MODEL_NAME_LENGTH] or "model"
    say(f"Registering model {name}")
    return opened(workspace).models.register(path, registration_of(name))


def deploy_models(deployment: Deployment, models: Iterable[Any], image_config: object) -> None:
    """Deploy models with an image configuration; raises as `Model.deploy` does."""
    config = checked_config(image_config)._inference_config()
    words = tuple(models) if _are_versions(models) else model_words(models, deployment.workspace)
    request = request_of(deployment.name, words, config, deployment.config, deployment.target)
    launch(deployment.workspace, request, deployment.config, overwrite=deployment.overwrite)


def _are_versions(models: Iterable[Any]) -> bool:
    return isinstance(models, list) and all(isinstance(model, ModelVersion) for model in models)


def deploy_image(deployment: Deployment, image: ImageView) -> None:
    """Run an image as it is; raises `ConflictError` (`image-not-built`), and what `Model.deploy` raises."""
    check_image(image)
    request = request_of(deployment.name, (), None, deployment.config, deployment.target)
    if request.target == "local":
        raise UserError(
            "target-unavailable",
            f"Service '{deployment.name}' is to run from image '{image.id}'; its deployment_config is for one without "
            "an image.",
            "Use ContainerWebservice.deploy_configuration(...), or LocalWebservice.deploy_configuration(isolation="
            "'container').",
        )
    record = opened(deployment.workspace).images.built(image._now())
    models = tuple(model for model in record.models if not model.endswith(":0"))
    container = replace(request.container, image=record.image_id, image_name=record.reference)
    asked = replace(request, models=models, container=container)
    launch(deployment.workspace, asked, deployment.config, overwrite=deployment.overwrite)
