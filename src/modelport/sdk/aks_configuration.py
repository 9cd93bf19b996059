"""How a service on a cluster runs: `AksWebservice.deploy_configuration` and `AksEndpoint.deploy_configuration`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from modelport.manifest import Container, Limits, Listen
from modelport.naming import SERVICE
from modelport.registry.labels import check_labels
from modelport.sdk.arguments import say
from modelport.sdk.runnable_image import check_image
from modelport.services import endpoint
from modelport.services.cluster import Cluster, check_words, cluster_of
from modelport.services.endpoint import VersionChange
from modelport.services.parts import CLUSTER
from modelport.services.resolving import check_limits

# v1's names of limits that every target has -> ours. The others below belong to every service or to an endpoint.
LIMITS = {
    "scoring_timeout_ms": "scoring_timeout_ms",
    "replica_max_concurrent_requests": "max_concurrent_requests",
    "max_request_wait_time": "max_request_wait_time_ms",
}
_ELSEWHERE = {
    *LIMITS, "auth_enabled", "primary_key", "secondary_key", "tags", "properties", "description", "location", "debug",
    "version_name", "traffic_percentile", "is_default", "is_control_version_type",
}  # fmt: skip


def limits_in(words: Mapping[str, Any]) -> dict[str, Any]:
    """The limits among v1's words, under our names."""
    return {ours: words[theirs] for theirs, ours in LIMITS.items() if words.get(theirs) is not None}


def cluster_words_in(words: Mapping[str, Any]) -> dict[str, Any]:
    """Those of v1's words that belong to a cluster alone."""
    return {name: value for name, value in words.items() if name not in _ELSEWHERE and value is not None}


class AksServiceDeploymentConfiguration:
    """What `AksWebservice.deploy_configuration` makes; its attributes are the arguments given there.

    Raises `UserError` (`cluster-config-invalid`, with all that is wrong at once; `labels-invalid`).
    """

    _call = "AksWebservice"
    _target = CLUSTER
    _shown_as = ""
    debug: bool | None = None
    location: str | None = None  # v1's class has it, and never says one
    tags: Mapping[str, str] | None
    properties: Mapping[str, str] | None
    description: str | None
    auth_enabled: bool | None
    token_auth_enabled: bool | None
    primary_key: str | None
    secondary_key: str | None
    cpu_cores: float | None
    memory_gb: float | None
    compute_target_name: str | None

    def __init__(
        self,
        autoscale_enabled: bool | None,
        autoscale_min_replicas: int | None,
        autoscale_max_replicas: int | None,
        autoscale_refresh_seconds: int | None,
        autoscale_target_utilization: int | None,
        collect_model_data: bool | None,
        auth_enabled: bool | None,
        cpu_cores: float | None,
        memory_gb: float | None,
        enable_app_insights: bool | None,
        scoring_timeout_ms: int | None,
        replica_max_concurrent_requests: int | None,
        max_request_wait_time: int | None,
        num_replicas: int | None,
        primary_key: str | None,
        secondary_key: str | None,
        tags: Mapping[str, str] | None,
        properties: Mapping[str, str] | None,
        description: str | None,
        gpu_cores: int | None,
        period_seconds: int | None,
        initial_delay_seconds: int | None,
        timeout_seconds: int | None,
        success_threshold: int | None,
        failure_threshold: int | None,
        namespace: str | None,
        token_auth_enabled: bool | None,
        compute_target_name: str | None,
        cpu_cores_limit: float | None,
        memory_gb_limit: float | None,
        blobfuse_enabled: bool | None = None,
    ) -> None:
        _take_over(self, locals())
        self.validate_configuration()

    def __repr__(self) -> str:
        hidden = ("primary_key", "secondary_key")
        shown = {name: value for name, value in vars(self).items() if value is not None}
        words = ", ".join(f"{name}={'…' if name in hidden else repr(value)}" for name, value in shown.items())
        return f"{self._call}.deploy_configuration({words})"

    def validate_configuration(self) -> None:
        """Check every value, and say of all at once what is wrong with them; raises as the class does."""
        check_words(vars(self))
        check_labels("tags", self.tags)
        check_labels("properties", self.properties)

    def print_deploy_configuration(self) -> None:
        """Print the cores and the memory that are asked for, if any are."""
        asked = {"CPU requirement": self.cpu_cores, "Memory requirement": self.memory_gb}
        told = [f"{name}: {value}{'GB' if name[0] == 'M' else ''}" for name, value in asked.items() if value]
        if told:
            say(", ".join(told))

    @classmethod
    def validate_image(cls, image: Any) -> None:
        """Check that an image can be run; raises `UserError` (`argument-invalid`), `ConflictError`."""
        check_image(image)

    # What the workspace is asked for ------------------------------------------------------------------------------

    @property
    def _takes_keys(self) -> bool:
        """Whether requests bring a key: in v1 the default of a cluster, unless they bring a token."""
        return not self.token_auth_enabled if self.auth_enabled is None else self.auth_enabled

    def _limits(self) -> dict[str, Any]:
        return limits_in(vars(self))

    def _all_limits(self) -> Limits:
        return check_limits(self._limits())

    def _whole_listen(self) -> Listen:
        return Listen(port=0)

    def _whole_container(self) -> Container:
        return Container()

    def _cluster(self, name: str) -> Cluster:
        """The options of service `name` on its cluster, whole."""
        _ = name
        return cluster_of(cluster_words_in(vars(self)))

    def _recorded(self) -> dict[str, Any]:
        """Nothing: what is given is part of the wish."""
        return {}


class AksEndpointDeploymentConfiguration(AksServiceDeploymentConfiguration):
    """What `AksEndpoint.deploy_configuration` makes: the first version of an endpoint.

    Raises `UserError` (`cluster-config-invalid`, with all that is wrong at once; `name-invalid`, `labels-invalid`).
    """

    _call = "AksEndpoint"
    _shown_as = "aksendpoint"
    version_name: str | None
    traffic_percentile: float | None

    def __init__(
        self,
        autoscale_enabled: bool | None,
        autoscale_min_replicas: int | None,
        autoscale_max_replicas: int | None,
        autoscale_refresh_seconds: int | None,
        autoscale_target_utilization: int | None,
        collect_model_data: bool | None,
        auth_enabled: bool | None,
        cpu_cores: float | None,
        memory_gb: float | None,
        enable_app_insights: bool | None,
        scoring_timeout_ms: int | None,
        replica_max_concurrent_requests: int | None,
        max_request_wait_time: int | None,
        num_replicas: int | None,
        primary_key: str | None,
        secondary_key: str | None,
        tags: Mapping[str, str] | None,
        properties: Mapping[str, str] | None,
        description: str | None,
        gpu_cores: int | None,
        period_seconds: int | None,
        initial_delay_seconds: int | None,
        timeout_seconds: int | None,
        success_threshold: int | None,
        failure_threshold: int | None,
        namespace: str | None,
        token_auth_enabled: bool | None,
        version_name: str | None,
        traffic_percentile: float | None,
        compute_target_name: str | None,
        cpu_cores_limit: float | None,
        memory_gb_limit: float | None,
    ) -> None:
        given = dict(locals())
        given["blobfuse_enabled"] = None
        _take_over(self, given)
        self.validate_endpoint_configuration()

    def validate_endpoint_configuration(self) -> None:
        """Check every value; raises as the class does."""
        if self.version_name:
            SERVICE.check(self.version_name)
        self.validate_configuration()

    def _cluster(self, name: str) -> Cluster:
        first = VersionChange("create", self.version_name or name, self.traffic_percentile)
        return replace(super()._cluster(name), versions=endpoint.changed((), first))


def _take_over(config: object, given: Mapping[str, Any]) -> None:
    """Make the arguments of a constructor its object's attributes."""
    vars(config).update({name: value for name, value in given.items() if name not in ("self", "__class__")})
