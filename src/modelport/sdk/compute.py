"""Compute targets, as v1 programs see them: a cluster is a context of the kubeconfig, under a name of the workspace.

Modelport makes no clusters: `create` and `attach` record which context a name means, and nothing in Azure changes.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from modelport import kubeconfig
from modelport.errors import ModelportError, NotFoundError, UserError
from modelport.sdk.absent import REASONS, not_covered
from modelport.sdk.arguments import opened, say
from modelport.sdk.compute_configuration import AksAttachConfiguration, AksProvisioningConfiguration
from modelport.services.compute import ComputeRecord

if TYPE_CHECKING:
    from modelport.sdk.workspace import Workspace


class ComputeTarget:
    """A cluster that the workspace has a name for; what it is, is read anew each time.

    Raises `NotFoundError` (`compute-not-found`).
    """

    def __new__(cls, workspace: Workspace, name: str) -> ComputeTarget:
        """The object of the class that fits; there is one."""
        _ = workspace, name
        return object.__new__(AksCompute if cls is ComputeTarget else cls)

    def __init__(self, workspace: Workspace, name: str) -> None:
        self.workspace = workspace
        self.name = name
        self._last: ComputeRecord = opened(workspace).compute.get(name)

    def __repr__(self) -> str:
        return (
            f"{type(self).__name__}(workspace={self.workspace!r}, name={self.name}, context={self._record.context}, "
            f"provisioning_state={self.provisioning_state})"
        )

    @staticmethod
    def create(
        workspace: Workspace, name: str, provisioning_configuration: AksProvisioningConfiguration
    ) -> ComputeTarget:
        """Record that `name` means the context of that name; no cluster is made, the configuration is kept as words.

        Raises `UserError` (`argument-invalid`, `name-invalid`).
        """
        if not isinstance(provisioning_configuration, AksProvisioningConfiguration):
            raise _wrong("provisioning_configuration", provisioning_configuration, "provisioning_configuration")
        provisioning_configuration.validate_configuration()
        say(f"Compute target {name} stands for the context {name} of the kubeconfig; no cluster is made.")
        words = provisioning_configuration._words()
        opened(workspace).compute.put(name, name, words, is_attached=False)
        return AksCompute(workspace, name)

    @staticmethod
    def attach(workspace: Workspace, name: str, attach_configuration: AksAttachConfiguration) -> ComputeTarget:
        """Record that `name` means the context that is called as the cluster of the configuration.

        Raises `UserError` (`argument-invalid`, `name-invalid`, `compute-config-invalid`).
        """
        if not isinstance(attach_configuration, AksAttachConfiguration):
            raise _wrong("attach_configuration", attach_configuration, "attach_configuration")
        attach_configuration.validate_configuration()
        words = attach_configuration._words()
        opened(workspace).compute.put(name, attach_configuration._context(), words, is_attached=True)
        return AksCompute(workspace, name)

    @staticmethod
    def list(workspace: Workspace) -> list[ComputeTarget]:
        """Every compute target of the workspace, by name."""
        return [AksCompute(workspace, name) for name in sorted(opened(workspace).compute.all())]

    @staticmethod
    def deserialize(workspace: Workspace, object_dict: Mapping[str, Any]) -> ComputeTarget:
        """The compute target that `serialize` described, as it is now; raises `NotFoundError`."""
        return AksCompute(workspace, str(object_dict.get("name", "")))

    # What it is ---------------------------------------------------------------------------------------------------

    @property
    def _record(self) -> ComputeRecord:
        """What is recorded of it, or last was."""
        try:
            self._last = opened(self.workspace).compute.get(self.name)
        except NotFoundError:
            return self._last
        return self._last

    def _context(self) -> kubeconfig.Context:
        return kubeconfig.context_called(self._record.context, opened(self.workspace).settings.environ)

    def _problem(self) -> ModelportError | None:
        """Why there is no cluster behind the name; None where there is one."""
        try:
            self._context()
        except ModelportError as error:
            return error
        return None

    @property
    def id(self) -> str:
        """The name, which is unique in its workspace."""
        return self.name

    @property
    def type(self) -> str:
        """What kind of target it is: "AKS"."""
        return "AKS"

    @property
    def location(self) -> str | None:
        """The region that was named; it has no effect."""
        return self._record.details.get("location")

    @property
    def cluster_location(self) -> str | None:
        """The region that was named; it has no effect."""
        return self.location

    @property
    def tags(self) -> dict[str, str] | None:
        """Compute targets have no tags."""
        return None

    @property
    def description(self) -> str | None:
        """Compute targets have no description."""
        return None

    @property
    def created_on(self) -> datetime.datetime:
        """When it was recorded, in UTC."""
        return datetime.datetime.fromisoformat(self._record.created_at)

    @property
    def modified_on(self) -> datetime.datetime:
        """When it was recorded, in UTC: it is replaced, not changed."""
        return self.created_on

    @property
    def cluster_resource_id(self) -> str | None:
        """The id of the cluster in Azure, if one was named."""
        return self._record.details.get("resource_id")

    @property
    def is_attached(self) -> bool:
        """Whether it was attached; False for one that `create` was to make."""
        return self._record.is_attached

    @property
    def provisioning_state(self) -> str:
        """"Succeeded" while the kubeconfig has its context, else "Failed"."""
        return "Failed" if self._problem() else "Succeeded"

    @property
    def provisioning_errors(self) -> Any:
        """Why there is no cluster behind it; None where there is one."""
        problem = self._problem()
        return None if problem is None else [{"error": {"code": problem.code, "message": problem.message}}]

    def get_status(self) -> str:
        """The same as `provisioning_state`."""
        return self.provisioning_state

    def refresh_state(self) -> None:
        """Look at it again (every attribute does so by itself); raises `NotFoundError` once it is detached."""
        self._last = opened(self.workspace).compute.get(self.name)

    def wait_for_completion(self, show_output: bool = False, is_delete_operation: bool = False) -> None:
        """Return at once if the kubeconfig has its context: there is nothing to wait for.

        Raises `NotFoundError` (`context-not-found`), `UserError` (`kubeconfig-invalid`).
        """
        if is_delete_operation:
            return
        context = self._context()
        if show_output:
            say(f"Compute target {self.name} is the context {context.name} ({context.server}) of '{context.file}'.")

    def delete(self) -> None:
        """Forget the name; the cluster stays as it is."""
        opened(self.workspace).compute.remove(self.name)
        say(f"Compute target {self.name} is forgotten; its cluster is left as it is.")

    def detach(self) -> None:
        """The same as `delete`."""
        self.delete()

    def serialize(self) -> dict[str, Any]:
        """The compute target as JSON-ready words, under v1's keys."""
        return {
            "id": self.id,
            "name": self.name,
            "tags": self.tags,
            "location": self.location,
            "properties": {
                "computeType": self.type,
                "computeLocation": self.cluster_location,
                "description": self.description,
                "resourceId": self.cluster_resource_id,
                "isAttachedCompute": self.is_attached,
                "provisioningState": self.provisioning_state,
                "provisioningErrors": self.provisioning_errors,
            },
        }


class AksCompute(ComputeTarget):
    """A Kubernetes cluster, wherever it runs."""

    class ClusterPurpose:
        """What a cluster is for; it is recorded."""

        FAST_PROD = "FastProd"
        DEV_TEST = "DevTest"

    @staticmethod
    def attach(
        workspace: Workspace, name: str, resource_id: str | AksAttachConfiguration
    ) -> ComputeTarget:
        """As `ComputeTarget.attach`, by the id of a cluster in Azure, whose last part names the context."""
        if isinstance(resource_id, str):
            resource_id = AksCompute.attach_configuration(resource_id=resource_id)
        return ComputeTarget.attach(workspace, name, resource_id)

    @staticmethod
    def provisioning_configuration(
        agent_count: int | None = None,
        vm_size: str | None = None,
        ssl_cname: str | None = None,
        ssl_cert_pem_file: str | None = None,
        ssl_key_pem_file: str | None = None,
        location: str | None = None,
        vnet_resourcegroup_name: str | None = None,
        vnet_name: str | None = None,
        subnet_name: str | None = None,
        service_cidr: str | None = None,
        dns_service_ip: str | None = None,
        docker_bridge_cidr: str | None = None,
        cluster_purpose: str | None = None,
        load_balancer_type: str | None = None,
        load_balancer_subnet: str | None = None,
    ) -> AksProvisioningConfiguration:
        """What a cluster would be made of; it is recorded, and no cluster is made.

        Raises `UserError` (`compute-config-invalid`).
        """
        return AksProvisioningConfiguration(**locals())

    @staticmethod
    def attach_configuration(
        resource_group: str | None = None,
        cluster_name: str | None = None,
        resource_id: str | None = None,
        cluster_purpose: str | None = None,
        load_balancer_type: str | None = None,
        load_balancer_subnet: str | None = None,
    ) -> AksAttachConfiguration:
        """Which cluster is meant: its name, or the last part of its id, is that of a context.

        Raises `UserError` (`compute-config-invalid`).
        """
        return AksAttachConfiguration(**locals())

    @property
    def agent_vm_size(self) -> str | None:
        """The size of machines that was asked for; it has no effect."""
        return self._record.details.get("vm_size")

    @property
    def agent_count(self) -> int | None:
        """The number of machines that was asked for; it has no effect."""
        return self._record.details.get("agent_count")

    @property
    def cluster_purpose(self) -> str | None:
        """What the cluster is for, if that was told; it has no effect."""
        return self._record.details.get("cluster_purpose")

    @property
    def load_balancer_type(self) -> str | None:
        """The kind of load balancer that was asked for; it has no effect."""
        return self._record.details.get("load_balancer_type")

    @property
    def load_balancer_subnet(self) -> str | None:
        """The subnet that was asked for; it has no effect."""
        return self._record.details.get("load_balancer_subnet")

    @property
    def ssl_configuration(self) -> dict[str, Any] | None:
        """Whether TLS was asked for, and for which host name; keys are not kept."""
        name = self._record.details.get("ssl_cname")
        return {"status": "Enabled", "cname": name} if name else None

    @property
    def system_services(self) -> list[Any] | None:
        """What v1 had put on its clusters: nothing of it is here."""
        return None

    @property
    def cluster_fqdn(self) -> str | None:
        """The host of the cluster's API; None while there is no context for it."""
        try:
            return urlsplit(self._context().server).hostname
        except (ModelportError, ValueError):  # ValueError: it is no address
            return None

    def get_credentials(self) -> dict[str, Any]:
        """The part of the kubeconfig that reaches the cluster, as YAML text under `userKubeConfig`; it is a secret.

        Raises `NotFoundError` (`context-not-found`), `UserError` (`kubeconfig-invalid`).
        """
        import yaml

        text = yaml.safe_dump(kubeconfig.alone(self._context()), sort_keys=False)
        return {"userKubeConfig": text, "adminKubeConfig": text}

    def update(self, update_configuration: object) -> None:
        """Raise `UserError` (`v1-not-covered`): the cluster itself is changed by its own tools."""
        _ = update_configuration
        raise not_covered("azureml.core.compute.AksCompute.update", REASONS["azure"])

    def serialize(self) -> dict[str, Any]:
        """The cluster as JSON-ready words, under v1's keys."""
        whole = super().serialize()
        whole["properties"]["properties"] = {
            "agentVmSize": self.agent_vm_size,
            "agentCount": self.agent_count,
            "clusterPurpose": self.cluster_purpose,
            "clusterFqdn": self.cluster_fqdn,
            "systemServices": self.system_services,
            "sslConfiguration": self.ssl_configuration,
            "loadBalancerType": self.load_balancer_type,
            "loadBalancerSubnet": self.load_balancer_subnet,
        }
        return whole


def _wrong(name: str, value: object, maker: str) -> UserError:
    return UserError(
        "argument-invalid",
        f"The {name} is {type(value).__name__}, which describes no cluster.",
        f"Make one: AksCompute.{maker}(...)",
    )
