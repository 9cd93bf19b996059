"""What `AksWebservice` has beside every service: its own configuration, its form of `update`, tokens."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from modelport.errors import UserError
from modelport.sdk.aks_changes import change_of
from modelport.sdk.aks_configuration import AksServiceDeploymentConfiguration
from modelport.sdk.aks_sections import AksServiceAccessToken
from modelport.sdk.aks_view import ClusterView
from modelport.sdk.arguments import accepted
from modelport.services.request import ServiceChange

if TYPE_CHECKING:
    from modelport.sdk.inference_config import InferenceConfig


class ClusterParts(ClusterView):
    """How a service on a cluster is configured and changed."""

    @staticmethod
    def deploy_configuration(
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
        compute_target_name: str | None = None,
        cpu_cores_limit: float | None = None,
        memory_gb_limit: float | None = None,
        blobfuse_enabled: bool | None = None,
    ) -> AksServiceDeploymentConfiguration:
        """How the service is to run on its cluster.

        Defaults: autoscaling between 1 and 10 replicas at 70 percent, looked at each second (with `num_replicas` that
        many, always); 0.1 cores and 0.5 GB each, without a limit; keys; 60 000 ms for `run()`, 500 ms for waiting, 1
        request at a time; a replica is asked every 10 s from 310 s on, answers within 2 s, and counts as dead after 3
        failures. The options of autoscaling need `autoscale_enabled=True` beside them, as in v1.
        Raises `UserError` (`cluster-config-invalid`) that names all that is wrong, `labels-invalid`.
        """
        return AksServiceDeploymentConfiguration(**locals())

    def _change(self, change: ServiceChange) -> None:
        """Roll a change out, and wait until it serves."""
        self._manager.update(self.name, change)
        self._last = self._manager.wait(self.name)

    def update(
        self,
        image: Any = None,
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
        namespace: str | None = None,
        token_auth_enabled: bool | None = None,
        cpu_cores_limit: float | None = None,
        memory_gb_limit: float | None = None,
        **kwargs: Any,
    ) -> None:
        """Roll out another image, other models with a script, another configuration; what is not given stays.

        Returns when the new revision serves. Raises `UserError` (`cluster-config-invalid`, `update-empty`,
        `argument-invalid`, `argument-unknown`), and what `Model.deploy` raises.
        """
        given = dict(locals())
        more, own = given.pop("kwargs"), given.pop("self")
        accepted("AksWebservice.update", more, given)
        self._change(change_of(own, given))

    def get_token(self) -> tuple[str, datetime.datetime]:
        """A token for requests, and when to ask for the next one; raises `UserError` (`tokens-unavailable`)."""
        token = self.get_access_token()
        return token.access_token, token.refresh_after

    def get_access_token(self) -> AksServiceAccessToken:
        """A token for requests; raises `UserError` (`tokens-unavailable`) where the service knows none."""
        raise UserError(
            "tokens-unavailable",
            f"Service '{self.name}' has no tokens: "
            + ("no target of this version makes them." if self.token_auth_enabled else "it was deployed without them."),
            "Deploy with auth_enabled=True and use get_keys().",
        )
