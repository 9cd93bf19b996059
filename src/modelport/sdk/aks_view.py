"""The attributes of a service on a cluster, in v1's names and groups."""

from __future__ import annotations

from typing import Any

from modelport.sdk.aks_sections import (
    AutoScaler,
    ContainerResourceRequirements,
    DataCollection,
    LivenessProbeRequirements,
    VersionType,
)
from modelport.sdk.service_view import ServiceView
from modelport.services.cluster import Cluster
from modelport.services.endpoint import Version, shares
from modelport.services.status import SERVICE_WORDS


class ClusterView(ServiceView):
    """What a service on a cluster, or one version of an endpoint, is."""

    _compute_type = "AKS"
    _words = SERVICE_WORDS

    @property
    def _cluster(self) -> Cluster:
        return self._known().spec.cluster

    @property
    def autoscaler(self) -> AutoScaler:
        """How the number of replicas is found."""
        scaling = self._cluster.autoscaling
        return AutoScaler(
            scaling.enabled, scaling.max_replicas, scaling.min_replicas, scaling.refresh_seconds,
            scaling.target_utilization,
        )  # fmt: skip

    @property
    def container_resource_requirements(self) -> ContainerResourceRequirements:
        """What one replica asks for, and may take at most."""
        asked = self._cluster.resources
        return ContainerResourceRequirements(
            asked.cpu_cores, asked.memory_gb, asked.gpu_cores, asked.cpu_cores_limit, asked.memory_gb_limit
        )

    @property
    def liveness_probe_requirements(self) -> LivenessProbeRequirements:
        """When a replica counts as dead."""
        return LivenessProbeRequirements(**vars(self._cluster.probe))

    @property
    def data_collection(self) -> DataCollection:
        """Whether what models see and say is collected."""
        return DataCollection(False, self._cluster.collect_model_data)

    @property
    def enable_app_insights(self) -> bool:
        """Whether telemetry was asked for."""
        return self._cluster.enable_app_insights

    @property
    def max_concurrent_requests_per_container(self) -> int:
        """How many requests one replica takes at once."""
        return self._known().spec.limits.max_concurrent_requests

    @property
    def max_request_wait_time(self) -> int:
        """How long a request may wait for a free replica, in milliseconds."""
        return self._known().spec.limits.max_request_wait_time_ms

    @property
    def scoring_timeout_ms(self) -> int:
        """How long `run()` may take, in milliseconds."""
        return self._known().spec.limits.scoring_timeout_ms

    @property
    def num_replicas(self) -> int | None:
        """The fixed number of replicas; None with autoscaling."""
        return self._cluster.num_replicas

    @property
    def namespace(self) -> str | None:
        """The namespace that was asked for; None for the workspace's own."""
        return self._cluster.namespace or None

    @property
    def compute_name(self) -> str | None:
        """The compute target that it runs on; None for the one that is current."""
        return self._cluster.compute_target_name or None

    @property
    def token_auth_enabled(self) -> bool:
        """Whether requests need a token."""
        return self._cluster.token_auth_enabled

    @property
    def deployment_status(self) -> dict[str, Any]:
        """The revision that serves, and each condition with its reason."""
        service = self._known()
        told = {one.type: one.reason for one in service.status.conditions}
        return {"revision": service.revision, "replicas": service.desired_replicas, "conditions": told}

    @property
    def _version(self) -> Version | None:
        """The version of an endpoint that this is; a service by itself is none."""
        return None

    @property
    def is_default(self) -> bool | None:
        """Whether it is the default version of its endpoint; None for a service by itself."""
        return self._version.is_default if self._version else None

    @property
    def traffic_percentile(self) -> float | None:
        """What it answers of the requests of its endpoint, in percent; None for a service by itself."""
        return shares(self._cluster.versions)[self._version.name] if self._version else None

    @property
    def version_type(self) -> str | None:
        """"Control" or "Treatment" for a version of an endpoint; None for a service by itself."""
        if self._version is None:
            return None
        kind = VersionType.control if self._version.is_control else VersionType.treatment
        return str(kind.value)

    def serialize(self) -> dict[str, Any]:
        """The service as JSON-ready words, under v1's keys."""
        with self._looked_at_once():
            return {
                **super().serialize(),
                "appInsightsEnabled": self.enable_app_insights,
                "authEnabled": self.auth_enabled,
                "autoScaler": self.autoscaler.serialize(),
                "computeName": self.compute_name,
                "containerResourceRequirements": self.container_resource_requirements.serialize(),
                "dataCollection": self.data_collection.serialize(),
                "imageId": self.image_id,
                "maxConcurrentRequestsPerContainer": self.max_concurrent_requests_per_container,
                "maxQueueWaitMs": self.max_request_wait_time,
                "livenessProbeRequirements": self.liveness_probe_requirements.serialize(),
                "numReplicas": self.num_replicas,
                "deploymentStatus": self.deployment_status,
                "scoringTimeoutMs": self.scoring_timeout_ms,
                "scoringUri": self.scoring_uri,
                "aadAuthEnabled": self.token_auth_enabled,
                "environmentDetails": self.environment,
                "modelDetails": self.models,
                "isDefault": self.is_default,
                "trafficPercentile": self.traffic_percentile,
                "versionType": self.version_type,
            }
