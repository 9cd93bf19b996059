"""The arguments of `update`, which v1 programs give by position, by type and by name."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from modelport.errors import UserError
from modelport.sdk.arguments import opened
from modelport.sdk.deployment_configuration import LocalWebserviceDeploymentConfiguration
from modelport.sdk.image_config import ContainerImageConfig
from modelport.sdk.inference_config import InferenceConfig
from modelport.sdk.model_record import ModelRecord
from modelport.sdk.runnable_image import image_change
from modelport.services.request import Labels, ModelWord, ServiceChange

if TYPE_CHECKING:
    from modelport.sdk.workspace import Workspace


class UpdateArguments:
    """What an update asks for; raises `UserError` (`argument-invalid`, `argument-unknown`, `update-empty`)."""

    def __init__(self, arguments: Sequence[Any]) -> None:
        self.models: Sequence[Any] | None = None
        self.inference_config: InferenceConfig | None = None
        self.deployment_config: LocalWebserviceDeploymentConfiguration | None = None
        for value in arguments:
            self._take(value)

    def _take(self, value: Any) -> None:
        """Put one argument where its type belongs."""
        if value is None or isinstance(value, bool):  # a bool is v1's `wait`
            return
        if isinstance(value, ContainerImageConfig):
            value = value._inference_config()
        if isinstance(value, InferenceConfig):
            name = "inference_config"
        elif isinstance(value, LocalWebserviceDeploymentConfiguration):
            name = "deployment_config"
        elif isinstance(value, Iterable) and not isinstance(value, (str, bytes)):
            name, value = "models", list(value)
        else:
            raise UserError(
                "argument-invalid",
                f"update() cannot use {value!r} ({type(value).__name__}).",
                "Give a list of models, an InferenceConfig or LocalWebservice.deploy_configuration(...).",
            )
        if getattr(self, name) is not None:
            raise UserError("argument-invalid", f"update() was given {name} twice.", "Give each of them once.")
        setattr(self, name, value)

    def change(self, workspace: Workspace, target: str) -> ServiceChange:
        """The change to ask the workspace for, of a service that runs on `target`, which no update changes."""
        if self.models is None and self.inference_config is None and self.deployment_config is None:
            raise UserError(
                "update-empty",
                "update() was given nothing to change.",
                "Give models, an inference_config or a deployment_config; reload() takes the script anew.",
            )
        script = self.inference_config
        config = self.deployment_config or LocalWebserviceDeploymentConfiguration()
        if config.isolation is not None and config._target != target:
            raise UserError(
                "argument-invalid",
                f"An update cannot change isolation to {config.isolation!r}: that decides where a service runs.",
                "Deploy it anew: Model.deploy(..., overwrite=True)",
            )
        is_image = target != "local"
        labels = Labels(config.tags, config.properties, config.description, script._recorded() if script else None)
        return ServiceChange(
            models=None if self.models is None else model_words(self.models, workspace),
            script=script._script() if script else None,
            environment=_environment_of(script, is_image=is_image) if script else None,
            limits=config._limits(),
            listen=config._listen(),
            container=image_change(None, self.models, script) if is_image else {},
            auth_enabled=config.auth_enabled,
            debug=config.debug,
            labels=labels,
        )


def _environment_of(script: InferenceConfig, *, is_image: bool) -> dict[str, Any]:
    """What is needed; an image also needs to know what it is built on."""
    return script._image_environment() if is_image else script._definition()


def model_words(models: Iterable[Any], workspace: Workspace) -> tuple[ModelWord, ...]:
    """Models as v1 programs give them (objects, "name:version", paths) in the workspace's words.

    Raises `UserError` (`models-not-a-list`, `model-of-another-workspace`).
    """
    if isinstance(models, (str, bytes, os.PathLike, ModelRecord)):
        what = f"The models must be a list; {models!r} is a single one."
        raise UserError("models-not-a-list", what, "Write [model].")
    return tuple(_word(model, workspace) for model in models)


def _word(model: Any, workspace: Workspace) -> ModelWord:
    if not isinstance(model, ModelRecord):
        return model  # type: ignore[no-any-return]
    if opened(model.workspace).directory != opened(workspace).directory:
        raise UserError(
            "model-of-another-workspace",
            f"Model '{model.id}' is registered in workspace '{model.workspace.name}', not in '{workspace.name}'.",
            "Register it here: Model.register(ws, model.download(), model.name)",
        )
    return model._record
