"""The attributes of a workspace, and what is recorded about it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn, cast

from modelport.registry.model import ModelQuery
from modelport.sdk.absent import REASONS, not_covered
from modelport.sdk.compute import ComputeTarget
from modelport.sdk.datastore import Datastore
from modelport.sdk.environment import Environment
from modelport.sdk.image import Image
from modelport.sdk.model import Model
from modelport.sdk.run import Experiment
from modelport.sdk.webservice import Webservice
from modelport.workspace import OpenWorkspace

if TYPE_CHECKING:
    from modelport.sdk.workspace import Workspace


class WorkspaceView:
    """What a workspace is and has: read here, changed by the methods of `Workspace`."""

    _opened: OpenWorkspace

    @property
    def _self(self) -> Workspace:
        return cast("Workspace", self)

    def __repr__(self) -> str:
        return (
            f"Workspace.create(name={self.name!r}, subscription_id={self.subscription_id!r}, "
            f"resource_group={self.resource_group!r})"
        )

    def get_details(self) -> dict[str, Any]:
        """What is recorded about the workspace, under v1's keys; what only Azure has is None unless it was given."""
        details = self._opened.details
        extra = details.extra
        return {
            "id": f"/workspaces/{self.name}",
            "name": self.name,
            "location": self.location,
            "type": "modelport/workspace",
            "tags": self.tags,
            "sku": self.sku,
            "workspaceid": self._opened.id,
            "description": details.description,
            "friendlyName": details.friendly_name,
            "creationTime": self._opened.created_at.isoformat(),
            "subscriptionId": self.subscription_id,
            "resourceGroup": self.resource_group,
            "containerRegistry": extra.get("container_registry"),
            "keyVault": extra.get("key_vault"),
            "applicationInsights": extra.get("app_insights"),
            "identityPrincipalId": None,
            "identityTenantId": None,
            "identityType": None,
            "storageAccount": extra.get("storage_account"),
            "resourceCmkUri": extra.get("resource_cmk_uri"),
            "hbiWorkspace": extra.get("hbi_workspace") == "True",
            "imageBuildCompute": extra.get("image_build_compute"),
            "systemDatastoresAuthMode": extra.get("system_datastores_auth_mode", "accessKey"),
            "directory": str(self._opened.directory),
        }

    @property
    def name(self) -> str:
        """The workspace's name."""
        return self._opened.name

    @property
    def subscription_id(self) -> str:
        """Azure's subscription, as it was recorded."""
        return self._opened.details.subscription_id

    @property
    def resource_group(self) -> str:
        """Azure's resource group, as it was recorded."""
        return self._opened.details.resource_group

    @property
    def location(self) -> str:
        """Azure's region, as it was recorded."""
        return self._opened.details.location

    @property
    def sku(self) -> str:
        """Azure's edition, as it was recorded."""
        return self._opened.details.sku

    @property
    def tags(self) -> dict[str, str]:
        """The tags; change them with `update`."""
        return dict(self._opened.details.tags)

    @property
    def discovery_url(self) -> str:
        """Where the workspace is: its folder, as a URL."""
        return self._opened.directory.as_uri()

    @property
    def service_context(self) -> NoReturn:
        """What v1's own modules called Azure with; raises `UserError` (`v1-not-covered`)."""
        raise not_covered("azureml.core.Workspace.service_context", REASONS["azure"])

    @property
    def private_endpoints(self) -> dict[str, Any]:
        """Always empty: nothing reaches a workspace over a network."""
        return {}

    @property
    def linked_services(self) -> dict[str, Any]:
        """Always empty: there is nothing that a workspace could be linked with."""
        return {}

    @property
    def datasets(self) -> dict[str, Any]:
        """Always empty: a workspace keeps models, not data sets."""
        return {}

    # Live mappings: each access looks again.

    @property
    def datastores(self) -> dict[str, Datastore]:
        """Every datastore, by name."""
        return Datastore.list(self._self)

    @property
    def models(self) -> dict[str, Model]:
        """The newest version of every model, by name."""
        newest = self._opened.models.find(ModelQuery(latest=True))
        return {record.name: Model._of(self._self, record) for record in newest}

    @property
    def images(self) -> dict[str, Image]:
        """The newest version of every image, by name."""
        newest: dict[str, Image] = {}
        for image in Image.list(self._self):
            newest.setdefault(image.name, image)
        return newest

    @property
    def environments(self) -> dict[str, Environment]:
        """The newest version of every environment, by name; the curated ones come last."""
        return Environment.list(self._self)

    @property
    def webservices(self) -> dict[str, Webservice]:
        """Every service, by name."""
        return {service.name: service for service in Webservice.list(self._self)}

    @property
    def compute_targets(self) -> dict[str, ComputeTarget]:
        """Every cluster that the workspace has a name for, by that name."""
        return {target.name: target for target in ComputeTarget.list(self._self)}

    @property
    def experiments(self) -> dict[str, Experiment]:
        """Every experiment, by name."""
        return {experiment.name: experiment for experiment in Experiment.list(self._self)}

