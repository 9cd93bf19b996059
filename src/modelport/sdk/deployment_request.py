"""What v1's arguments of a deployment ask the workspace for, whichever generation they are of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from modelport.errors import UserError
from modelport.events import Event
from modelport.sdk.aks_configuration import AksServiceDeploymentConfiguration
from modelport.sdk.arguments import logger, opened
from modelport.sdk.compute import ComputeTarget
from modelport.sdk.container_configuration import ContainerWebserviceDeploymentConfiguration
from modelport.sdk.deployment_configuration import LocalWebserviceDeploymentConfiguration
from modelport.sdk.inference_config import InferenceConfig, check_inference_config
from modelport.services import keys
from modelport.services.request import Labels, ModelWord, ServiceRequest

if TYPE_CHECKING:
    from modelport.sdk.workspace import Workspace

DeploymentConfiguration = (
    LocalWebserviceDeploymentConfiguration
    | ContainerWebserviceDeploymentConfiguration
    | AksServiceDeploymentConfiguration
)
CONFIGURATIONS = (
    LocalWebserviceDeploymentConfiguration,
    ContainerWebserviceDeploymentConfiguration,
    AksServiceDeploymentConfiguration,
)


def launch(
    workspace: Workspace,
    request: ServiceRequest,
    config: DeploymentConfiguration,
    *,
    overwrite: bool = False,
    report: Callable[[Event], None] | None = None,
) -> None:
    """Deploy what is asked for, with the keys that the configuration gives; `report` sees each step.

    Raises `UserError` (`key-value-invalid`) before anything is made, and what the deployment raises.
    """
    manager = opened(workspace).services
    more = {"report": report} if report is not None else {}
    named = {"primary": config.primary_key, "secondary": config.secondary_key}
    given = {which: value for which, value in named.items() if value}
    if given and not request.auth_enabled:  # v1 took them, too, and nobody asked for them
        logger.warning("The keys of service %s are without effect: its requests bring none.", request.name)
        given = {}
    for which, value in given.items():
        keys.check(which, value)
    manager.deploy(request, overwrite=overwrite, **more)
    for which, value in given.items():
        manager.regenerate_key(request.name, which, value)


def request_of(
    name: str,
    models: tuple[ModelWord, ...],
    inference_config: InferenceConfig | None,
    config: DeploymentConfiguration,
    deployment_target: object = None,
) -> ServiceRequest:
    """What v1's arguments ask the workspace for; raises `UserError` for those that no target here understands."""
    _check(inference_config, config, deployment_target)
    request = _request(name, models, inference_config, config)
    if not isinstance(config, AksServiceDeploymentConfiguration):
        return request
    cluster = config._cluster(name)
    if isinstance(deployment_target, ComputeTarget) and not cluster.compute_target_name:
        cluster = replace(cluster, compute_target_name=deployment_target.name)
    return replace(request, cluster=cluster, auth_enabled=config._takes_keys)


def _check(inference_config: object, deployment_config: object, deployment_target: object) -> None:
    check_inference_config(inference_config)
    if deployment_config is not None and not isinstance(deployment_config, CONFIGURATIONS):
        raise UserError(
            "argument-invalid",
            f"The deployment_config is {type(deployment_config).__name__}, which no target here understands.",
            "Example: LocalWebservice.deploy_configuration(port=8890), or "
            "ContainerWebservice.deploy_configuration(cpu_cores=1, memory_gb=1)",
        )
    if deployment_target is None:
        return
    if not isinstance(deployment_target, ComputeTarget):
        raise UserError(
            "argument-invalid",
            f"The deployment_target is {type(deployment_target).__name__}; a ComputeTarget is needed.",
            "Example: deployment_target=ws.compute_targets['NAME']; leave it out for this machine.",
        )
    if not isinstance(deployment_config, AksServiceDeploymentConfiguration):
        raise UserError(
            "target-unavailable",
            f"The deployment_target '{deployment_target.name}' is a cluster, and the deployment_config is for this "
            "machine.",
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
        environment=_environment_of(script, config) if script else None,
        limits=config._all_limits(),
        listen=config._whole_listen(),
        auth_enabled=bool(config.auth_enabled),
        debug=bool(config.debug),
        target=config._target,
        container=config._whole_container(),
        shown_as=config._shown_as,
        labels=labels,
    )


def _environment_of(script: InferenceConfig, config: DeploymentConfiguration) -> dict[str, Any]:
    """What is needed where; an image also needs to know what it is built on."""
    return script._image_environment() if config._target != "local" else script._definition()
