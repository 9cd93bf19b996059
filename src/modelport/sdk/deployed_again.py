"""What a service serves, deployed once more by another configuration: `LocalWebservice.deploy_to_cloud`."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, cast

from modelport.sdk.container_configuration import ContainerWebserviceDeploymentConfiguration
from modelport.sdk.deployment_request import DeploymentConfiguration, launch, request_of
from modelport.services.request import ScriptRequest

if TYPE_CHECKING:
    from modelport.sdk.webservice_base import Webservice


def again(
    service: Webservice, name: str, config: DeploymentConfiguration | None = None, target: object = None
) -> Webservice:
    """A new service that serves what `service` does; raises as `Model.deploy` does."""
    config = config or ContainerWebserviceDeploymentConfiguration()
    spec = service._known().spec
    words = tuple(model.path or model.id for model in spec.models)
    asked = request_of(name, words, None, config, target)
    script = ScriptRequest(spec.script.entry_script, spec.script.source_directory, spec.script.extra_files)
    wish = replace(asked, script=None if spec.nocode else script, environment=spec.environment or None)
    launch(service.workspace, wish, config)
    return cast("Webservice", service._class_of(service._manager.get(name))(service.workspace, name))
