"""`Model.deploy`: v1's arguments, translated once into the request that the workspace understands."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from modelport.sdk.arguments import say
from modelport.sdk.deployment_request import DeploymentConfiguration, launch, request_of
from modelport.sdk.inference_config import InferenceConfig
from modelport.sdk.printed_configuration import print_configuration
from modelport.sdk.update_arguments import model_words
from modelport.sdk.webservice import AksWebservice, LocalWebservice, Webservice, class_of

if TYPE_CHECKING:
    from modelport.sdk.workspace import Workspace


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
    config = deployment_config
    if config is None and deployment_target is not None:
        config = AksWebservice.deploy_configuration()
    elif config is None:
        say(f"No deployment_config is given: service {name} is deployed on this machine.")
        config = LocalWebservice.deploy_configuration()
    words = model_words(models, workspace)
    request = request_of(name, words, inference_config, config, deployment_target)
    if show_output:
        print_configuration(words, inference_config, config, deployment_target)
    service = class_of(config._shown_as or config._target)(workspace, name, must_exist=False)
    launch(workspace, request, config, overwrite=overwrite, report=service._show if show_output else None)
    return service
