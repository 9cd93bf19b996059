"""What `AksEndpoint` has beside a service on a cluster: versions, which share its requests."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from modelport.sdk.aks_changes import change_of
from modelport.sdk.aks_configuration import AksEndpointDeploymentConfiguration
from modelport.sdk.aks_parts import ClusterParts
from modelport.sdk.aks_sections import VersionType
from modelport.sdk.aks_view import ClusterView
from modelport.services.endpoint import Version, VersionChange
from modelport.services.request import ServiceChange
from modelport.services.service import Service

if TYPE_CHECKING:
    from modelport.sdk.inference_config import InferenceConfig


class EndpointParts(ClusterParts):
    """The versions of an endpoint, and how they are made, changed and deleted."""

    _compute_type = "AKSENDPOINT"

    VersionType = VersionType

    @staticmethod
    def deploy_configuration(  # type: ignore[override]  # as in v1, two arguments stand between those of the base
        autoscale_enabled: bool | None = None,
        autoscale_min_replicas: int | None = None,
        autoscale_max_replicas: int | None = None,
        autoscale_refresh_seconds: int | None = None,
        autoscale_target_utilization: int | None = None,
        collect_model_data: bool | None = None,
        auth_enabled: bool | None = None,
        cpu_cores: float | None = None,
        memory_gb: float | None = None,
        enable_app_insights: bool | None = None,
        scoring_timeout_ms: int | None = None,
        replica_max_concurrent_requests: int | None = None,
        max_request_wait_time: int | None = None,
        num_replicas: int | None = None,
        primary_key: str | None = None,
        secondary_key: str | None = None,
        tags: Mapping[str, str] | None = None,
        properties: Mapping[str, str] | None = None,
        description: str | None = None,
        gpu_cores: int | None = None,
        period_seconds: int | None = None,
        initial_delay_seconds: int | None = None,
        timeout_seconds: int | None = None,
        success_threshold: int | None = None,
        failure_threshold: int | None = None,
        namespace: str | None = None,
        token_auth_enabled: bool | None = None,
        version_name: str | None = None,
        traffic_percentile: float | None = None,
        compute_target_name: str | None = None,
        cpu_cores_limit: float | None = None,
        memory_gb_limit: float | None = None,
    ) -> AksEndpointDeploymentConfiguration:
        """How the first version of an endpoint is to run on its cluster; it is named as the endpoint unless told.

        `traffic_percentile` is what it answers, in percent; what is left over goes to the default version, which the
        first one is. All else is as in `AksWebservice.deploy_configuration`, and raises the same.
        """
        return AksEndpointDeploymentConfiguration(**locals())

    @property
    def versions(self) -> dict[str, EndpointVersion]:
        """The versions by name, each with its share of the requests."""
        return {version.name: EndpointVersion(self, version) for version in self._cluster.versions}

    def update(  # type: ignore[override]  # as in v1, the endpoint has fewer arguments than a service
        self,
        auth_enabled: bool | None = None,
        token_auth_enabled: bool | None = None,
        enable_app_insights: bool | None = None,
        description: str | None = None,
        tags: Mapping[str, str] | None = None,
        properties: Mapping[str, str] | None = None,
    ) -> None:
        """Change what all versions share; what is not given stays. Raises as `AksWebservice.update` does."""
        given = dict(locals())
        self._change(change_of(given.pop("self"), given))

    def create_version(
        self,
        version_name: str,
        autoscale_enabled: bool | None = None,
        autoscale_min_replicas: int | None = None,
        autoscale_max_replicas: int | None = None,
        autoscale_refresh_seconds: int | None = None,
        autoscale_target_utilization: int | None = None,
        collect_model_data: bool | None = None,
        cpu_cores: float | None = None,
        memory_gb: float | None = None,
        scoring_timeout_ms: int | None = None,
        replica_max_concurrent_requests: int | None = None,
        max_request_wait_time: int | None = None,
        num_replicas: int | None = None,
        tags: Mapping[str, str] | None = None,
        properties: Mapping[str, str] | None = None,
        description: str | None = None,
        models: Iterable[Any] | None = None,
        inference_config: InferenceConfig | None = None,
        gpu_cores: int | None = None,
        period_seconds: int | None = None,
        initial_delay_seconds: int | None = None,
        timeout_seconds: int | None = None,
        success_threshold: int | None = None,
        failure_threshold: int | None = None,
        traffic_percentile: float | None = None,
        is_default: bool | None = None,
        is_control_version_type: bool | None = None,
        cpu_cores_limit: float | None = None,
        memory_gb_limit: float | None = None,
    ) -> None:
        """Roll out another version beside those that serve; it answers `traffic_percentile` of the requests.

        Returns when it serves. Raises `UserError` (`cluster-config-invalid`, `traffic-invalid`, `versions-too-many`),
        `ConflictError` (`version-exists`), and what `Model.deploy` raises.
        """
        self._change_version("create", dict(locals()))

    def update_version(
        self,
        version_name: str,
        autoscale_enabled: bool | None = None,
        autoscale_min_replicas: int | None = None,
        autoscale_max_replicas: int | None = None,
        autoscale_refresh_seconds: int | None = None,
        autoscale_target_utilization: int | None = None,
        collect_model_data: bool | None = None,
        cpu_cores: float | None = None,
        memory_gb: float | None = None,
        scoring_timeout_ms: int | None = None,
        replica_max_concurrent_requests: int | None = None,
        max_request_wait_time: int | None = None,
        num_replicas: int | None = None,
        tags: Mapping[str, str] | None = None,
        properties: Mapping[str, str] | None = None,
        description: str | None = None,
        models: Iterable[Any] | None = None,
        inference_config: InferenceConfig | None = None,
        gpu_cores: int | None = None,
        period_seconds: int | None = None,
        initial_delay_seconds: int | None = None,
        timeout_seconds: int | None = None,
        success_threshold: int | None = None,
        failure_threshold: int | None = None,
        traffic_percentile: float | None = None,
        is_default: bool | None = None,
        is_control_version_type: bool | None = None,
        cpu_cores_limit: float | None = None,
        memory_gb_limit: float | None = None,
    ) -> None:
        """Change a version, or its part of the requests alone; what is not given stays.

        Returns when it serves. Raises `NotFoundError` (`version-not-found`), and what `create_version` raises.
        """
        self._change_version("update", dict(locals()))

    def delete_version(self, version_name: str) -> None:
        """Delete a version; its requests go to the default one.

        Raises `NotFoundError` (`version-not-found`), `ConflictError` (`version-in-use`) for the default version.
        """
        self._change(ServiceChange(version=VersionChange("delete", version_name)))

    def _change_version(self, verb: str, given: dict[str, Any]) -> None:
        words = {name: value for name, value in given.items() if name != "self"}
        self._change(change_of(self, words, verb))

    def serialize(self) -> dict[str, Any]:
        """The endpoint as JSON-ready words, under v1's keys."""
        with self._looked_at_once():
            whole = super().serialize()
            names = (
                "name", "description", "tags", "properties", "state", "createdTime", "updatedTime", "error",
                "computeName", "computeType", "workspaceName", "deploymentStatus", "scoringUri", "authEnabled",
                "aadAuthEnabled", "appInsightsEnabled",
            )  # fmt: skip
            versions = {name: version.serialize() for name, version in self.versions.items()}
            return {**{name: whole.get(name) for name in names}, "versions": versions}


class EndpointVersion(ClusterView):
    """One version of an endpoint: what it runs, and what it answers."""

    def __init__(self, endpoint: EndpointParts, version: Version) -> None:
        self.workspace = endpoint.workspace
        self.name = endpoint.name
        self._last = endpoint._last
        self._gone = endpoint._gone
        self._name = version.name

    @property
    def _version(self) -> Version | None:
        return next((one for one in self._cluster.versions if one.name == self._name), None)

    def _known(self) -> Service:
        """The endpoint, with the specification of this version in place of the newest one."""
        service = super()._known()
        version = next((one for one in service.spec.cluster.versions if one.name == self._name), None)
        if version is None or version.revision in (0, service.revision):
            return service
        own = self._manager.spec_of(self.name, version.revision)
        cluster = replace(own.cluster, versions=service.spec.cluster.versions)
        return replace(service, spec=replace(own, cluster=cluster))

    def serialize(self) -> dict[str, Any]:
        """The version as JSON-ready words, under v1's keys."""
        return {**super().serialize(), "name": self._name}
