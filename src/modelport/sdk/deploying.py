"""`Model.deploy`: v1's arguments, translated once into the request that the workspace understands."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from modelport.errors import UserError
from modelport.sdk.arguments import opened, say
from modelport.sdk.container_configuration import ContainerWebserviceDeploymentConfiguration
from modelport.sdk.deployment_configuration import LocalWebserviceDeploymentConfiguration
from modelport.sdk.inference_config import InferenceConfig
from modelport.sdk.update_arguments import model_words
from modelport.sdk.webservice import ContainerWebservice, LocalWebservice, Webservice
from modelport.services.request import Labels, ModelWord, ServiceRequest

if TYPE_CHECKING:
    from modelport.sdk.workspace import Workspace

DeploymentConfiguration = LocalWebserviceDeploymentConfiguration | ContainerWebserviceDeploymentConfiguration
CONFIGURATIONS = (LocalWebserviceDeploymentConfiguration, ContainerWebserviceDeploymentConfiguration)


def deploy(
    workspace: Workspace,
    name: str,
    models: Iterable[Any],
    inference_config: InferenceConfig | None = None,
    deployment_config: DeploymentConfiguration | None = None,
    deployment_target: object = None,
    overwrite: bool = False,
    show_output: bool = False,
) -> Webservice:
    """See `Model.deploy`, which is this function."""
    _check(inference_config, deployment_config, deployment_target)
    if deployment_config is None:
        say(f"No deployment_config is given: service {name} is deployed on this machine.")
    config = deployment_config or LocalWebservice.deploy_configuration()
    request = _request(name, model_words(models, workspace), inference_config, config)
    return deploy_request(workspace, request, config, overwrite=overwrite, show_output=show_output)


def deploy_request(
    workspace: Workspace,
    request: ServiceRequest,
    config: DeploymentConfiguration,
    *,
    overwrite: bool = False,
    show_output: bool = False,
) -> Webservice:
    """Deploy what is asked for and return the object of the class that fits; `show_output` prints each step."""
    kind = LocalWebservice if isinstance(config, LocalWebserviceDeploymentConfiguration) else ContainerWebservice
    service = kind(workspace, request.name, must_exist=False)
    manager = opened(workspace).services
    if show_output:
        manager.deploy(request, overwrite=overwrite, report=service._show)
    else:
        manager.deploy(request, overwrite=overwrite)
    if isinstance(config, ContainerWebserviceDeploymentConfiguration):
        for which, value in (("primary", config.primary_key), ("secondary", config.secondary_key)):
            if value:
                manager.regenerate_key(request.name, which, value)
    return service


def _check(inference_config: object, deployment_config: object, deployment_target: object) -> None:
    if inference_config is not None and not isinstance(inference_config, InferenceConfig):
        raise UserError(
            "argument-invalid",
            f"The inference_config is {type(inference_config).__name__}; an InferenceConfig is needed.",
            "Example: InferenceConfig(entry_script='score.py', environment=env)",
        )
    if deployment_config is not None and not isinstance(deployment_config, CONFIGURATIONS):
        raise UserError(
            "argument-invalid",
            f"The deployment_config is {type(deployment_config).__name__}, which no target here understands.",
            "Example: LocalWebservice.deploy_configuration(port=8890), or "
            "ContainerWebservice.deploy_configuration(cpu_cores=1, memory_gb=1)",
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
    config: DeploymentConfiguration,
) -> ServiceRequest:
    script = inference_config
    recorded = {**(script._recorded() if script else {}), **config._recorded()}
    labels = Labels(config.tags, config.properties, config.description, recorded or None)
    return ServiceRequest(
        name=name,
        models=models,
        script=script._script() if script else None,
        environment=script._definition() if script else None,
        limits=config._all_limits(),
        listen=config._whole_listen(),
        auth_enabled=bool(config.auth_enabled),
        debug=bool(config.debug),
        target=config._target,
        container=config._whole_container(),
        shown_as=config._shown_as,
        labels=labels,
    )
