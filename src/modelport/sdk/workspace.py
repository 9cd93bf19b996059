"""A workspace, as v1 programs see it: everything else is reached from here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from modelport.errors import UserError
from modelport.sdk.arguments import refuse_unknown, say, without_effect
from modelport.sdk.compute import ComputeTarget
from modelport.sdk.datastore import Datastore
from modelport.sdk.keyvault import Keyvault
from modelport.sdk.run import Experiment, Run
from modelport.sdk.workspace_azure import AzureWorkspace
from modelport.sdk.workspace_view import WorkspaceView
from modelport.settings import WorkspaceConfig, read_settings, read_workspace_config, write_workspace_config
from modelport.v1_kinds import ConfigNotFoundError
from modelport.workspace import Home, OpenWorkspace, WorkspaceDetails

_SETUP_NAME = "default"
# Arguments of v1's `create` that are recorded and change nothing, because on this machine there is no such resource to
# make, with the values that v1 gives them. Nobody has to hear of a resource group, which every v1 program names.
_RECORDED: dict[str, object] = {
    "create_resource_group": True, "storage_account": None, "key_vault": None, "app_insights": None,
    "container_registry": None, "adb_workspace": None, "primary_user_assigned_identity": None, "cmk_keyvault": None,
    "resource_cmk_uri": None, "hbi_workspace": False, "default_cpu_compute_target": None,
    "default_gpu_compute_target": None, "private_endpoint_config": None, "private_endpoint_auto_approval": True,
    "user_assigned_identity_for_cmk_encryption": None, "system_datastores_auth_mode": "accessKey",
    "v1_legacy_mode": None,
}  # fmt: skip
_UPDATE_RECORDED = (
    "image_build_compute", "service_managed_resources_settings", "primary_user_assigned_identity",
    "allow_public_access_when_behind_vnet", "v1_legacy_mode",
)  # fmt: skip


class Workspace(AzureWorkspace, WorkspaceView):
    """A workspace that exists; `Workspace.create` makes one, `from_config` finds the one of the present project.

    The name alone decides which one it is; subscription and resource group are recorded when it is made. `auth` and
    the underscored arguments of v1 are accepted and have no effect: the file system says who may do what.
    Raises `NotFoundError` (`workspace-not-found`), `UserError` (`name-invalid`, `argument-unknown`).
    """

    DEFAULT_CPU_CLUSTER_NAME = "cpu-cluster"
    DEFAULT_GPU_CLUSTER_NAME = "gpu-cluster"

    def __init__(
        self,
        subscription_id: str | None = None,
        resource_group: str | None = None,
        workspace_name: str | None = None,
        auth: object = None,
        _location: str | None = None,
        _disable_service_check: bool = False,
        _workspace_id: str | None = None,
        sku: str = "basic",
        tags: Mapping[str, str] | None = None,
        _cloud: str = "AzureCloud",
        **unknown: Any,
    ) -> None:
        _ = subscription_id, resource_group, auth, sku, tags
        refuse_unknown("Workspace", Workspace.__init__, unknown)
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

    @staticmethod
    def create(
        name: str,
        auth: object = None,
        subscription_id: str | None = None,
        resource_group: str | None = None,
        location: str | None = None,
        create_resource_group: bool = True,
        sku: str = "basic",
        tags: Mapping[str, str] | None = None,
        friendly_name: str | None = None,
        storage_account: str | None = None,
        key_vault: str | None = None,
        app_insights: str | None = None,
        container_registry: str | None = None,
        adb_workspace: object = None,
        primary_user_assigned_identity: str | None = None,
        cmk_keyvault: str | None = None,
        resource_cmk_uri: str | None = None,
        hbi_workspace: bool = False,
        default_cpu_compute_target: object = None,
        default_gpu_compute_target: object = None,
        private_endpoint_config: object = None,
        private_endpoint_auto_approval: bool = True,
        exist_ok: bool = False,
        show_output: bool = True,
        user_assigned_identity_for_cmk_encryption: str | None = None,
        system_datastores_auth_mode: str = "accessKey",
        v1_legacy_mode: bool | None = None,
        **unknown: Any,
    ) -> Workspace:
        """Make a workspace; with `exist_ok` an existing one is returned untouched, whatever else is given.

        Azure's arguments are recorded (`get_details`) and change nothing; a line in the log names those that were
        given. `auth` is not kept.
        Raises `UserError` (`name-invalid`, `argument-unknown`), `ConflictError` (`workspace-exists`), `StorageError`.
        """
        given = dict(locals())
        refuse_unknown("Workspace.create", Workspace.create, unknown)
        recorded = {key: given[key] for key, default in _RECORDED.items() if given[key] != default}
        details = WorkspaceDetails(
            subscription_id or "", resource_group or "", location or "", sku, friendly_name or name,
            tags=dict(tags or {}), extra=without_effect("Workspace.create", recorded),
        )  # fmt: skip
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
        location: str | None = None,
        cloud: str = "AzureCloud",
        id: str | None = None,
        **unknown: Any,
    ) -> Workspace:
        """An existing workspace, by its name; raises `NotFoundError` (`workspace-not-found`)."""
        _ = auth, subscription_id, resource_group, location, cloud, id
        refuse_unknown("Workspace.get", Workspace.get, unknown)
        return Workspace._of(_home().get(name))

    @staticmethod
    def setup() -> Workspace:
        """The workspace of the present project, else the one called "default", which is made if it is not there."""
        try:
            return Workspace.from_config()
        except ConfigNotFoundError:
            return Workspace.create(_SETUP_NAME, exist_ok=True)

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

    def delete(self, delete_dependent_resources: bool = False, no_wait: bool = False) -> None:
        """Delete the workspace with its models, runs and secrets; `no_wait` has no effect.

        `delete_dependent_resources` also takes its images out of the container engine. Raises `ConflictError`
        (`workspace-in-use`) while it has services or builds an image.
        """
        _ = no_wait
        _home().delete(self.name, with_images=delete_dependent_resources)

    def update(
        self,
        friendly_name: str | None = None,
        description: str | None = None,
        tags: Mapping[str, str] | None = None,
        image_build_compute: str | None = None,
        service_managed_resources_settings: object = None,
        primary_user_assigned_identity: str | None = None,
        allow_public_access_when_behind_vnet: bool | None = None,
        v1_legacy_mode: bool | None = None,
    ) -> dict[str, Any]:
        """Change the friendly name, the description, or all tags; the rest is recorded. Returns `get_details()`."""
        azure = {name: value for name, value in locals().items() if name in _UPDATE_RECORDED}
        known = self._opened.details
        changed = replace(
            known,
            friendly_name=known.friendly_name if friendly_name is None else friendly_name,
            description=known.description if description is None else description,
            tags=known.tags if tags is None else dict(tags),
            extra={**known.extra, **without_effect("Workspace.update", azure)},
        )
        return self._describe(changed)

    def update_dependencies(self, container_registry: str | None = None, force: bool = False) -> dict[str, Any]:
        """Record another registry; images go where `modelport image push` and its settings say. Returns the details."""
        _ = force
        known = self._opened.details
        recorded = without_effect("Workspace.update_dependencies", {"container_registry": container_registry})
        return self._describe(replace(known, extra={**known.extra, **recorded}))

    def _describe(self, details: WorkspaceDetails) -> dict[str, Any]:
        self._opened = _home().describe(self.name, details)
        return self.get_details()

    def get_run(self, run_id: str) -> Run:
        """One run of any experiment; raises `NotFoundError` (`run-not-found`)."""
        return Run(Experiment(self, self._opened.runs.get(run_id).experiment_name), run_id)

    def get_default_datastore(self) -> Datastore:
        """The folder of the workspace that programs keep files in."""
        return Datastore(self)

    def set_default_datastore(self, name: str) -> None:
        """Make another datastore the default one; raises `NotFoundError` (`datastore-not-found`)."""
        Datastore(self, name).set_as_default()

    def get_default_compute_target(self, type: str) -> ComputeTarget | None:
        """The compute target that has v1's default name for "CPU" or "GPU"; None if there is none."""
        names = {"cpu": self.DEFAULT_CPU_CLUSTER_NAME, "gpu": self.DEFAULT_GPU_CLUSTER_NAME}
        return self.compute_targets.get(names.get(str(type).lower(), ""))

    def get_default_keyvault(self) -> Keyvault:
        """The secrets of the workspace."""
        return Keyvault(self)


def _home() -> Home:
    return Home(read_settings())
