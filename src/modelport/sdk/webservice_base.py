"""The class `Webservice`: how services are deployed in v1's first generation, and found."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, cast

from modelport.errors import ConflictError, UserError, nearest
from modelport.naming import SERVICE
from modelport.sdk.aks_configuration import AksServiceDeploymentConfiguration
from modelport.sdk.aks_parts import ClusterParts
from modelport.sdk.arguments import opened
from modelport.sdk.container_configuration import ContainerWebserviceDeploymentConfiguration
from modelport.sdk.deployment_configuration import LocalWebserviceDeploymentConfiguration
from modelport.sdk.model_arguments import TagFilter, conditions_of
from modelport.sdk.service_door import ServiceDoor
from modelport.sdk.service_filter import ServiceFilter
from modelport.sdk.service_labels import ServiceLabels
from modelport.services.parts import CLUSTER
from modelport.services.service import Service

if TYPE_CHECKING:
    from modelport.sdk.deployment_request import DeploymentConfiguration
    from modelport.sdk.image import Image
    from modelport.sdk.image_config import ContainerImageConfig
    from modelport.sdk.workspace import Workspace

COMPUTE_TYPES = ("Local", "ACI", "AKS", "AKSENDPOINT", "IOT", "MIR")


class Webservice(ServiceLabels, ServiceDoor):
    """A service that exists; what it is, is read anew each time. After `delete` the state is "deleted".

    `Webservice(ws, name)` gives an object of the class that fits. Raises `NotFoundError` (`service-not-found`).
    """

    @staticmethod
    def deploy(
        workspace: Workspace,
        name: str,
        model_paths: Iterable[str],
        image_config: ContainerImageConfig,
        deployment_config: DeploymentConfiguration | None = None,
        deployment_target: object = None,
        overwrite: bool = False,
    ) -> Webservice:
        """Register each path as a model (by the name of its file) and deploy them; raises as `Model.deploy` does."""
        from modelport.sdk.first_deployments import registered
        from modelport.sdk.image_config import checked_config

        checked_config(image_config)  # before a model is registered
        models = registered(workspace, model_paths)
        return Webservice.deploy_from_model(
            workspace, name, models, image_config, deployment_config, deployment_target, overwrite
        )

    @staticmethod
    def deploy_from_model(
        workspace: Workspace,
        name: str,
        models: Iterable[Any],
        image_config: ContainerImageConfig,
        deployment_config: DeploymentConfiguration | None = None,
        deployment_target: object = None,
        overwrite: bool = False,
    ) -> Webservice:
        """Deploy models with an image configuration, without a `deployment_config` in one container with its defaults.

        Raises as `Model.deploy` does.
        """
        from modelport.sdk.first_deployments import Deployment, deploy_models

        config = deployment_config or _default_for(deployment_target)
        deploy_models(Deployment(workspace, name, config, deployment_target, overwrite), models, image_config)
        return Webservice(workspace, name)

    @staticmethod
    def deploy_from_image(
        workspace: Workspace,
        name: str,
        image: Image,
        deployment_config: DeploymentConfiguration | None = None,
        deployment_target: object = None,
        overwrite: bool = False,
    ) -> Webservice:
        """Run an image that was built, as it is; without a `deployment_config` in one container with its defaults.

        Raises `ConflictError` (`image-not-built`), `EngineError`, and what `Model.deploy` raises.
        """
        from modelport.sdk.first_deployments import Deployment, deploy_image

        config = deployment_config or _default_for(deployment_target)
        deploy_image(Deployment(workspace, name, config, deployment_target, overwrite), image)
        return Webservice(workspace, name)

    @staticmethod
    def deploy_local_from_model(
        workspace: Workspace,
        name: str,
        models: Iterable[Any],
        image_config: ContainerImageConfig,
        deployment_config: LocalWebserviceDeploymentConfiguration | None = None,
        wait: bool = False,
    ) -> Webservice:
        """Deploy models with an image configuration on this machine, in place of a local service of that name."""
        config = deployment_config or LocalWebserviceDeploymentConfiguration()
        service = Webservice.deploy_from_model(workspace, name, models, image_config, config, overwrite=True)
        if wait:
            service.wait_for_deployment()
        return service

    @staticmethod
    def list(
        workspace: Workspace,
        compute_type: str | None = None,
        image_name: str | None = None,
        image_id: str | None = None,
        model_name: str | None = None,
        model_id: str | None = None,
        tags: TagFilter = None,
        properties: TagFilter = None,
        image_digest: str | None = None,
    ) -> list[Webservice]:
        """The services that match every condition; only those in containers have an image.

        Raises `UserError` (`compute-type-unknown`).
        """
        if compute_type is not None and compute_type.upper() not in {known.upper() for known in COMPUTE_TYPES}:
            raise UserError(
                "compute-type-unknown",
                f"There is no compute type {compute_type!r}. {nearest(compute_type, COMPUTE_TYPES)}",
            )
        shown_as = {"aci": "container", "aks": CLUSTER}
        target = shown_as.get(compute_type.lower(), compute_type.lower()) if compute_type else None
        wanted = ServiceFilter(target, model_name, model_id, conditions_of(tags), conditions_of(properties))
        images = [word for word in (image_name, image_id, image_digest) if word]
        return [
            cast(Webservice, ServiceDoor._class_of(service)(workspace, service.name))
            for service in opened(workspace).services.list()
            if wanted.matches(service) and all(_runs(service, word) for word in images)
        ]

    @classmethod
    def deserialize(cls, workspace: Workspace, webservice_payload: Mapping[str, Any]) -> Webservice:
        """The service that `serialize` described, as it is in `workspace` now; raises `NotFoundError`."""
        return Webservice(workspace, str(webservice_payload.get("name", "")))

    @staticmethod
    def check_for_existing_webservice(
        workspace: Workspace,
        name: str,
        overwrite: bool = False,
        request_func: Callable[[], object] | None = None,
        check_func: Callable[[object], object] | None = None,
    ) -> None:
        """Raise what `deploy` would for the name: `UserError` (`name-invalid`), `ConflictError` (`service-exists`).

        With `overwrite` an existing service is no reason. `request_func` asks someone else in our place, and
        `check_func` judges the answer, as in v1.
        """
        if request_func is not None:
            answer = request_func()
            if check_func is not None:
                check_func(answer)
            return
        if SERVICE.check(name) in opened(workspace).services.names() and not overwrite:
            raise ConflictError(
                "service-exists",
                f"There is a service '{name}' already in workspace '{workspace.name}'.",
                "Replace it with overwrite=True, or delete it: Webservice(ws, name).delete()",
            )


def _runs(service: Service, word: str) -> bool:
    """Whether a service runs the image that a name, an id or a digest means."""
    if service.built is None:
        return False
    versioned = service.built.image_name.rpartition("/")[2]
    return word in (service.built.image, service.built.image_name, versioned, versioned.partition(":")[0])


def _default_for(
    deployment_target: object,
) -> ContainerWebserviceDeploymentConfiguration | AksServiceDeploymentConfiguration:
    """The configuration where none is given, in v1's first generation: a container, or the cluster that is named."""
    if deployment_target is None:
        return ContainerWebserviceDeploymentConfiguration()
    return ClusterParts.deploy_configuration()
