"""A workspace, as v1 programs see it: everything else is reached from here."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from modelport.errors import UserError
from modelport.registry.model import ModelQuery
from modelport.sdk.arguments import accepted, say
from modelport.sdk.compute import ComputeTarget
from modelport.sdk.environment import Environment
from modelport.sdk.image import Image
from modelport.sdk.keyvault import Keyvault
from modelport.sdk.model import Model
from modelport.sdk.run import Experiment, Run
from modelport.sdk.webservice import Webservice
from modelport.settings import WorkspaceConfig, read_settings, read_workspace_config, write_workspace_config
from modelport.workspace import Home, OpenWorkspace, WorkspaceDetails

# Arguments of v1's `create` that are recorded and change nothing: on this machine there is no such resource to make.
RECORDED = (
    "create_resource_group",
    "storage_account",
    "key_vault",
    "app_insights",
    "container_registry",
    "adb_workspace",
    "primary_user_assigned_identity",
    "cmk_keyvault",
    "resource_cmk_uri",
    "hbi_workspace",
    "default_cpu_compute_target",
    "default_gpu_compute_target",
    "private_endpoint_config",
    "private_endpoint_auto_approval",
    "user_assigned_identity_for_cmk_encryption",
    "system_datastores_auth_mode",
    "v1_legacy_mode",
)


class Workspace:
    """A workspace that exists; `Workspace.create` makes one, `from_config` finds the one of the present project.

    The name alone decides which one it is; subscription and resource group are recorded when it is made. `auth` and
    the underscored arguments of v1 are accepted and have no effect: the file system says who may do what.
    Raises `NotFoundError` (`workspace-not-found`), `UserError` (`name-invalid`, `argument-invalid`).
    """

    DEFAULT_CPU_CLUSTER_NAME = "cpu-cluster"
    DEFAULT_GPU_CLUSTER_NAME = "gpu-cluster"

    def __init__(
        self,
        subscription_id: str | None = None,
        resource_group: str | None = None,
        workspace_name: str | None = None,
        auth: object = None,
        **azure: Any,
    ) -> None:
        _ = subscription_id, resource_group, auth
        ignored = ("_location", "_disable_service_check", "_workspace_id", "sku", "tags", "_cloud")
        accepted("Workspace", azure, ignored)
        if workspace_name is None:
            raise UserError(
                "argument-invalid",
                "Workspace needs the argument workspace_name.",
                "Write Workspace.get('NAME')   or: Workspace(workspace_name='NAME')",
            )
        self._opened: OpenWorkspace = _home().get(workspace_name)

    @classmethod
    def _of(cls, found: OpenWorkspace) -> Workspace:
        workspace = cls.__new__(cls)
        workspace._opened = found
        return workspace

    def __repr__(self) -> str:
        return (
            f"Workspace.create(name={self.name!r}, subscription_id={self.subscription_id!r}, "
            f"resource_group={self.resource_group!r})"
        )

    @staticmethod
    def create(
        name: str,
        auth: object = None,
        subscription_id: str | None = None,
        resource_group: str | None = None,
        location: str | None = None,
        create_resource_group: bool | None = None,
        sku: str = "basic",
        tags: Mapping[str, str] | None = None,
        friendly_name: str | None = None,
        *,
        exist_ok: bool = False,
        show_output: bool = True,
        **azure: Any,
    ) -> Workspace:
        """Make a workspace; with `exist_ok` an existing one is returned untouched, whatever else is given.

        Azure's arguments are recorded (`get_details`) and change nothing. `auth` is accepted and not kept.
        Raises `UserError` (`name-invalid`, `argument-unknown`), `ConflictError` (`workspace-exists`), `StorageError`.
        """
        _ = auth
        azure["create_resource_group"] = create_resource_group
        details = WorkspaceDetails(
            subscription_id or "",
            resource_group or "",
            location or "",
            sku,
            friendly_name or name,
            tags=dict(tags or {}),
            extra={key: str(value) for key, value in accepted("Workspace.create", azure, RECORDED).items()},
        )
        workspace = Workspace._of(_home().create(name, details, exist_ok=exist_ok))
        if show_output:
            say(f"Workspace {name} is in {workspace._opened.directory}")
        return workspace

    @staticmethod
    def get(
        name: str,
        auth: object = None,
        subscription_id: str | None = None,
        resource_group: str | None = None,
        **azure: Any,
    ) -> Workspace:
        """An existing workspace, by its name; raises `NotFoundError` (`workspace-not-found`)."""
        accepted("Workspace.get", azure, ("location", "cloud", "id"))
        return Workspace(subscription_id, resource_group, name, auth)

    @staticmethod
    def from_config(
        path: str | None = None, auth: object = None, _logger: object = None, _file_name: str | None = None
    ) -> Workspace:
        """The workspace that a configuration file names: `path`, or the nearest from that folder upwards.

        In each folder `.azureml/`, `aml_config/` and the folder itself are tried. `auth` and `_logger` have no effect.
        Raises `NotFoundError` (`config-not-found`, `workspace-not-found`), `UserError` (`config-invalid`).
        """
        _ = _logger
        config = read_workspace_config(Path(path) if path is not None else None, _file_name)
        return Workspace(config.subscription_id, config.resource_group, config.workspace_name, auth)

    @staticmethod
    def list(
        subscription_id: str | None = None, auth: object = None, resource_group: str | None = None
    ) -> dict[str, list[Workspace]]:
        """All workspaces, by name; a subscription or resource group keeps those that were recorded with it."""
        _ = auth
        return {
            found.name: [Workspace._of(found)]
            for found in _home().list()
            if subscription_id in (None, found.details.subscription_id)
            and resource_group in (None, found.details.resource_group)
        }

    def write_config(self, path: str | None = None, file_name: str | None = None) -> None:
        """Write the configuration file that `from_config` finds, below `path` (default: the current folder)."""
        config = WorkspaceConfig(self.name, self.subscription_id, self.resource_group)
        write_workspace_config(config, Path(path or "."), file_name)

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
            "storageAccount": extra.get("storage_account"),
            "hbiWorkspace": extra.get("hbi_workspace") == "True",
            "directory": str(self._opened.directory),
        }

    def delete(self, delete_dependent_resources: bool = False, no_wait: bool = False) -> None:
        """Delete the workspace with its models, runs and secrets; `no_wait` has no effect.

        `delete_dependent_resources` also takes its images out of the container engine. Raises `ConflictError`
        (`workspace-in-use`) while it has services or builds an image.
        """
        _ = no_wait
        _home().delete(self.name, with_images=delete_dependent_resources)

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
        """The tags that the workspace was made with."""
        return dict(self._opened.details.tags)

    # Live mappings: each access looks again.

    @property
    def models(self) -> dict[str, Model]:
        """The newest version of every model, by name."""
        return {record.name: Model._of(self, record) for record in self._opened.models.find(ModelQuery(latest=True))}

    @property
    def images(self) -> dict[str, Image]:
        """The newest version of every image, by name."""
        newest: dict[str, Image] = {}
        for image in Image.list(self):
            newest.setdefault(image.name, image)
        return newest

    @property
    def environments(self) -> dict[str, Environment]:
        """The newest version of every environment, by name; the curated ones come last."""
        return Environment.list(self)

    @property
    def webservices(self) -> dict[str, Webservice]:
        """Every service, by name."""
        return {service.name: service for service in Webservice.list(self)}

    @property
    def compute_targets(self) -> dict[str, ComputeTarget]:
        """Every cluster that the workspace has a name for, by that name."""
        return {target.name: target for target in ComputeTarget.list(self)}

    @property
    def experiments(self) -> dict[str, Experiment]:
        """Every experiment, by name."""
        return {experiment.name: experiment for experiment in Experiment.list(self)}

    def get_run(self, run_id: str) -> Run:
        """One run of any experiment; raises `NotFoundError` (`run-not-found`)."""
        return Run(Experiment(self, self._opened.runs.get(run_id).experiment_name), run_id)

    def get_default_keyvault(self) -> Keyvault:
        """The secrets of the workspace."""
        return Keyvault(self)


def _home() -> Home:
    return Home(read_settings())
