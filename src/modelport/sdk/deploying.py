"""`Model.deploy`: v1's arguments, translated once into the request that the workspace understands."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from modelport.errors import UserError
from modelport.sdk.arguments import opened, say
from modelport.sdk.deployment_configuration import LocalWebserviceDeploymentConfiguration
from modelport.sdk.inference_config import InferenceConfig
from modelport.sdk.update_arguments import model_words
from modelport.sdk.webservice import LocalWebservice
from modelport.services.request import Labels, ModelWord, ServiceRequest

if TYPE_CHECKING:
    from modelport.sdk.workspace import Workspace


def deploy(
    workspace: Workspace,
    name: str,
    models: Iterable[Any],
    inference_config: InferenceConfig | None = None,
    deployment_config: LocalWebserviceDeploymentConfiguration | None = None,
    deployment_target: object = None,
    overwrite: bool = False,
    show_output: bool = False,
) -> LocalWebservice:
    """See `Model.deploy`, which is this function."""
    _check(inference_config, deployment_config, deployment_target)
    if deployment_config is None:
        say(f"No deployment_config is given: service {name} is deployed on this machine.")
    config = deployment_config or LocalWebservice.deploy_configuration()
    request = _request(name, model_words(models, workspace), inference_config, config)
    service = LocalWebservice(workspace, name, must_exist=False)
    manager = opened(workspace).services
    if show_output:
        manager.deploy(request, overwrite=overwrite, report=service._show)
    else:
        manager.deploy(request, overwrite=overwrite)
    return service


def _check(inference_config: object, deployment_config: object, deployment_target: object) -> None:
    if inference_config is not None and not isinstance(inference_config, InferenceConfig):
        raise UserError(
            "argument-invalid",
            f"The inference_config is {type(inference_config).__name__}; an InferenceConfig is needed.",
            "Example: InferenceConfig(entry_script='score.py', environment=env)",
        )
    if deployment_config is not None and not isinstance(deployment_config, LocalWebserviceDeploymentConfiguration):
        raise UserError(
            "argument-invalid",
            f"The deployment_config is {type(deployment_config).__name__}, which no target here understands.",
            "Example: LocalWebservice.deploy_configuration(port=8890)",
        )
    if deployment_target is not None:
        raise UserError(
            "target-unavailable",
            f"The deployment_target {deployment_target!r} cannot be used: services run on this machine.",
            "Leave deployment_target out.",
        )


def _request(
    name: str,
    models: tuple[ModelWord, ...],
    inference_config: InferenceConfig | None,
    config: LocalWebserviceDeploymentConfiguration,
) -> ServiceRequest:
    script = inference_config
    labels = Labels(config.tags, config.properties, config.description, script._recorded() if script else None)
    return ServiceRequest(
        name=name,
        models=models,
        script=script._script() if script else None,
        environment=script._definition() if script else None,
        limits=config._all_limits(),
        listen=config._whole_listen(),
        auth_enabled=bool(config.auth_enabled),
        debug=bool(config.debug),
        labels=labels,
    )
