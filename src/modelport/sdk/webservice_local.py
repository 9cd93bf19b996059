"""Services on this machine, as processes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from modelport.errors import NotFoundError
from modelport.sdk.arguments import refuse_unknown
from modelport.sdk.deployed_again import again
from modelport.sdk.deployment_configuration import LocalWebserviceDeploymentConfiguration
from modelport.sdk.update_arguments import UpdateArguments
from modelport.sdk.webservice_base import Webservice

if TYPE_CHECKING:
    from modelport.sdk.deployment_request import DeploymentConfiguration
    from modelport.sdk.workspace import Workspace


class LocalWebservice(Webservice, shown_as="local"):
    """A service on this machine: a server and its workers, which go on when the program that made them ends.

    With `must_exist=False` the object may be made before the service; its state is "unknown" until then.
    """

    _compute_type = "Local"
    NETWORK_NAME = "azureml-local"
    STATE_DELETED = "deleted"
    STATE_DEPLOYING = "deploying"
    STATE_FAILED = "failed"
    STATE_RUNNING = "running"
    STATE_UNKNOWN = "unknown"

    def __init__(self, workspace: Workspace, name: str, must_exist: bool = True) -> None:
        super().__init__(workspace, name, must_exist=must_exist)

    @staticmethod
    def deploy_configuration(
        port: int | None = None,
        *,
        replicas: int | None = None,
        max_concurrent_requests: int | None = None,
        scoring_timeout_ms: int | None = None,
        max_request_wait_time: int | None = None,
        auth_enabled: bool | None = None,
        cors_origins: Iterable[str] | None = None,
        tags: Mapping[str, str] | None = None,
        properties: Mapping[str, str] | None = None,
        description: str | None = None,
        debug: bool | None = None,
        init_timeout_seconds: float | None = None,
        isolation: str | None = None,
    ) -> LocalWebserviceDeploymentConfiguration:
        """How the service is to run.

        Defaults: a free port, 1 worker (`replicas`) that takes 1 request at a time, 60 000 ms for `run()`, 500 ms for
        waiting, 300 s for `init()`, no keys, no other origins. `debug` puts exception texts into answers.
        `isolation="container"` runs it from an image in a container engine, as v1's class did; without it no engine is
        needed. Raises `UserError` (`port-invalid`, `limit-invalid`, `labels-invalid`, `argument-invalid`).
        """
        return LocalWebserviceDeploymentConfiguration(**locals())

    @property
    def port(self) -> int | None:
        """The port of this machine; None while it does not listen yet."""
        return self._known().port or None

    def serialize(self) -> dict[str, Any]:
        """The service as JSON-ready words, under v1's keys."""
        return {**super().serialize(), "port": self.port}

    def update(
        self,
        models: Any = None,
        image_config: Any = None,
        deployment_config: Any = None,
        wait: Any = False,
        inference_config: Any = None,
        **unknown: Any,
    ) -> None:
        """Roll out other models, another script or environment, another configuration.

        Arguments are known by their type, in any order: a list of models, an `InferenceConfig` or an image
        configuration, a deployment configuration; or by the names. What is not given stays. Returns when the new
        revision serves, whatever `wait` says; no request is lost. If it does not become ready, the old one goes on
        serving and `DeploymentError` says why. Raises also what `Model.deploy` raises.
        """
        refuse_unknown("LocalWebservice.update", LocalWebservice.update, unknown)
        given = UpdateArguments((models, image_config, deployment_config, wait, inference_config))
        self._manager.update(self.name, given.change(self.workspace, self._known().spec.target))
        self._last = self._manager.wait(self.name)

    def reload(self, wait: bool = False) -> None:
        """Copy the script (or source directory) again from where it was deployed from, and roll it out.

        Returns when it serves, whatever `wait` says. If it does not become ready, the script before goes on serving and
        `DeploymentError` says why.
        """
        _ = wait
        self._manager.reload(self.name)
        self._last = self._manager.wait(self.name)

    def wait_for_deployment(self, show_output: bool = False, *, timeout_sec: float | None = None) -> None:  # type: ignore[override] # v1's order
        """Block until the service serves what was last asked; `show_output` prints each step with its time.

        Raises `DeploymentError` with the traceback of the script first; the log stays readable (`get_logs`).
        """
        super().wait_for_deployment(show_output, timeout_sec)

    def update_deployment_state(self, must_exist: bool = False) -> None:
        """Read the service again (every property does so by itself); with `must_exist` raises `NotFoundError`."""
        try:
            super().update_deployment_state()
        except NotFoundError:
            if must_exist:
                raise

    def get_logs(self, num_lines: int = 5000, raw: bool = False, *, init: bool = False) -> str | bytes:  # type: ignore[override] # v1's order
        """The last lines of the log, as text or (`raw`) as bytes; `init` has no effect."""
        return super().get_logs(num_lines, init, raw=raw)

    def regen_key(self, key: str, *, set_key: str | None = None) -> None:  # type: ignore[override] # v1's order
        """Make the "Primary" or "Secondary" key anew (or set it to `set_key`); valid at once."""
        super().regen_key(key, set_key)

    def delete(self, delete_cache: bool = True, delete_image: bool = False, delete_volume: bool = True) -> None:
        """End the service and remove its files; v1's three arguments have no effect.

        Deleting a service that is gone already prints a line.
        """
        _ = delete_cache, delete_image, delete_volume
        super().delete()

    @staticmethod
    def list(  # type: ignore[override] # v1's lists of local services know fewer conditions
        workspace: Workspace, model_name: str | None = None, model_id: str | None = None, all: bool | None = None
    ) -> list[Webservice]:
        """The local services that match; `all` has no effect: those that do not run are always among them."""
        _ = all
        return Webservice.list(workspace, "Local", model_name=model_name, model_id=model_id)

    @classmethod
    def deserialize(cls, workspace: Workspace, webservice_payload: Mapping[str, Any]) -> Webservice:
        """The service that `serialize` described, as it is in `workspace` now; raises `NotFoundError`."""
        return Webservice.deserialize(workspace, webservice_payload)

    def deploy_to_cloud(
        self,
        name: str | None = None,
        deployment_config: DeploymentConfiguration | None = None,
        deployment_target: object = None,
    ) -> Webservice:
        """Deploy what this service serves once more, by another configuration: models, script, environment.

        Without a `deployment_config` in one container with its defaults. This service goes on; `name` is that of the
        new one, and must be another. Raises `ConflictError` (`service-exists`), and what `Model.deploy` raises.
        """
        return again(self, name or self.name, deployment_config, deployment_target)
