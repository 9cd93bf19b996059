"""Services in containers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from modelport.sdk.arguments import refuse_unknown, say
from modelport.sdk.container_parts import ContainerParts, container_change
from modelport.sdk.webservice_base import Webservice

if TYPE_CHECKING:
    from modelport.sdk.inference_config import InferenceConfig


class ContainerWebservice(ContainerParts, Webservice, shown_as="container"):
    """A service in a container, with limits for cores and memory that are enforced; v1's `AciWebservice` is this class.

    With `must_exist=False` the object may be made before the service; its state is "unknown" until then.
    """

    def update(
        self,
        image: Any = None,
        tags: Mapping[str, str] | None = None,
        properties: Mapping[str, str] | None = None,
        description: str | None = None,
        auth_enabled: bool | None = None,
        ssl_enabled: bool | None = None,
        ssl_cert_pem_file: str | None = None,
        ssl_key_pem_file: str | None = None,
        ssl_cname: str | None = None,
        enable_app_insights: bool | None = None,
        models: Iterable[Any] | None = None,
        inference_config: InferenceConfig | None = None,
        *,
        cpu_cores: float | None = None,
        memory_gb: float | None = None,
        replicas: int | None = None,
        port: int | None = None,
        **unknown: Any,
    ) -> None:
        """Roll out another image, other models with a script, another configuration; or change words about the service.

        What is not given stays; `enable_app_insights` is recorded. Returns when the new revision serves; no request is
        lost. If it does not become ready, the old one goes on serving and `DeploymentError` says why.
        """
        given = {name: value for name, value in locals().items() if name not in ("self", "unknown")}
        refuse_unknown("AciWebservice.update", ContainerWebservice.update, unknown)
        self._manager.update(self.name, container_change(self, given))
        self._last = self._manager.wait(self.name)

    def wait_for_deployment(self, show_output: bool = False, timeout_sec: float | None = None) -> None:
        """Block until the service serves what was last asked; `show_output` prints each step, and how it ended.

        Raises `DeploymentError` with the traceback of the script first; the log stays readable (`get_logs`).
        """
        ended = "Failed"
        try:
            super().wait_for_deployment(show_output, timeout_sec)
            ended = "Succeeded"
        finally:
            if show_output:
                say(f'{ended}\n{self.compute_type} service creation operation finished, operation "{ended}"')


AciWebservice = ContainerWebservice
