"""Services, as v1 programs see them; `Webservice(ws, name)` gives the class that fits the service."""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from modelport.errors import NotFoundError, UserError, nearest
from modelport.events import Event
from modelport.sdk.arguments import opened, say
from modelport.sdk.container_parts import ContainerParts, container_change
from modelport.sdk.deployment_configuration import LocalWebserviceDeploymentConfiguration
from modelport.sdk.model_arguments import TagFilter, conditions_of
from modelport.sdk.service_filter import ServiceFilter
from modelport.sdk.service_view import ServiceView
from modelport.sdk.update_arguments import UpdateArguments
from modelport.services.service import Service
from modelport.services.target import LogRequest

if TYPE_CHECKING:
    from modelport.sdk.deployment_request import DeploymentConfiguration
    from modelport.sdk.image import Image
    from modelport.sdk.image_config import ContainerImageConfig
    from modelport.sdk.workspace import Workspace

COMPUTE_TYPES = ("Local", "ACI", "AKS", "AKSENDPOINT", "IOT", "MIR")


class Webservice(ServiceView):
    """A service that exists; what it is, is read anew each time. After `delete` the state is "deleted".

    Raises `NotFoundError` (`service-not-found`).
    """

    def __new__(cls, workspace: Workspace, name: str, *args: object, **kwargs: object) -> Webservice:
        """The object of the class that fits the service."""
        _ = args, kwargs
        if cls is not Webservice:
            return object.__new__(cls)
        return object.__new__(_class_of(opened(workspace).services.get(name)))

    def __init__(self, workspace: Workspace, name: str, must_exist: bool = True) -> None:
        self.workspace = workspace
        self.name = name
        self._last: Service | None = None
        self._gone = "unknown"
        self._shown: set[str] = set()  # moments of events that were printed already
        try:
            self._look()
        except NotFoundError:
            if must_exist:
                raise

    # What it does -------------------------------------------------------------------------------------------------

    def wait_for_deployment(self, show_output: bool = False, timeout_sec: float | None = None) -> None:
        """Block until the service serves what was last asked; `show_output` prints each step with its time.

        Raises `DeploymentError` with the traceback of the script first; the log stays readable (`get_logs`).
        """
        service = self._manager.wait(
            self.name, timeout_seconds=timeout_sec, on_event=self._show if show_output else None
        )
        self._last = service
        if show_output:
            say(f"Service {self.name} answers at {service.scoring_uri}")

    def _show(self, event: Event) -> None:
        """Print a step that has ended, once."""
        key = f"{event.time} {event.kind} {event.status}"
        if key in self._shown or event.status == "started":
            return
        self._shown.add(key)
        took = f" ({event.duration_seconds:.2f} s)" if event.duration_seconds is not None else ""
        failed = " failed" if event.status == "failed" else ""
        say(f"{event.kind}{failed}: {event.message or 'done'}{took}")

    def run(self, input_data: bytes | str) -> Any:
        """Send a request and return the parsed answer; waits first while the service is being deployed.

        A `run()` that returns `json.dumps(...)` is answered with a text that is JSON itself, as in v1.
        Raises `ScoringError` with the status and the body for an answer other than 200.
        """
        if isinstance(input_data, str):
            input_data = input_data.encode()
        if not isinstance(input_data, (bytes, bytearray)):
            raise UserError(
                "input-data-invalid",
                f"The input data is {type(input_data).__name__}; bytes or a str are sent as they are.",
                "Write service.run(json.dumps({'data': ...})).",
            )
        reply = self._manager.run(self.name, bytes(input_data))
        try:
            return json.loads(reply.body)
        except ValueError:
            return reply.body if "charset" not in reply.headers.get("content-type", "") else reply.body.decode()

    def get_logs(self, num_lines: int = 5000, raw: bool = False, init: bool = False) -> str | bytes:
        """The last lines of the log: output of the script, of the server, and the steps of operations; `raw`: bytes.

        `init` (v1's log of another container) has no effect.
        """
        _ = init
        if isinstance(num_lines, bool) or not isinstance(num_lines, int) or num_lines < 1:
            raise UserError("argument-invalid", f"num_lines must be a whole number from 1 on; it is {num_lines!r}.")
        text = "".join(f"{line}\n" for line in self._manager.logs(self.name, LogRequest(num_lines)))
        return text.encode() if raw else text

    def get_keys(self) -> tuple[str, str]:
        """The primary and the secondary key; raises `ConflictError` (`keys-disabled`) if the service takes none."""
        return self._manager.keys(self.name)

    def regen_key(self, key: str, set_key: str | None = None) -> None:
        """Make the "Primary" or "Secondary" key anew (or set it to `set_key`); valid at once."""
        self._manager.regenerate_key(self.name, key, set_key)

    def get_token(self) -> tuple[str, datetime.datetime]:
        """Tokens exist on clusters alone; raises `UserError` (`tokens-unavailable`)."""
        raise UserError(
            "tokens-unavailable",
            f"Service '{self.name}' has no tokens: services on this machine know keys only.",
            "Deploy with auth_enabled=True and use get_keys().",
        )

    def delete(self, delete_cache: bool = True, delete_image: bool = False, delete_volume: bool = True) -> None:
        """End the service and remove its files; the three arguments of v1's local class have no effect.

        Deleting a service that is gone already prints a line.
        """
        _ = delete_cache, delete_image, delete_volume
        try:
            self._manager.delete(self.name)
        except NotFoundError:
            say(f"There is no service {self.name} to delete.")
        self._gone = "deleted"

    # Deploying as v1's first generation did ------------------------------------------------------------------------

    @staticmethod
    def deploy(
        workspace: Workspace,
        name: str,
        model_paths: Iterable[str],
        image_config: ContainerImageConfig,
        deployment_config: DeploymentConfiguration | None = None,
        deployment_target: object = None,
        overwrite: bool = False,
    ) -> Webservice:
        """Register each path as a model (by the name of its file) and deploy them; raises as `Model.deploy` does."""
        from modelport.sdk.first_deployments import registered
        from modelport.sdk.image_config import checked_config

        checked_config(image_config)  # before a model is registered
        models = registered(workspace, model_paths)
        return Webservice.deploy_from_model(
            workspace, name, models, image_config, deployment_config, deployment_target, overwrite
        )

    @staticmethod
    def deploy_from_model(
        workspace: Workspace,
        name: str,
        models: Iterable[Any],
        image_config: ContainerImageConfig,
        deployment_config: DeploymentConfiguration | None = None,
        deployment_target: object = None,
        overwrite: bool = False,
    ) -> Webservice:
        """Deploy models with an image configuration, without a `deployment_config` in one container with its defaults.

        Raises as `Model.deploy` does.
        """
        from modelport.sdk.first_deployments import Deployment, deploy_models

        config = deployment_config or ContainerWebservice.deploy_configuration()
        deploy_models(Deployment(workspace, name, config, deployment_target, overwrite), models, image_config)
        return Webservice(workspace, name)

    @staticmethod
    def deploy_from_image(
        workspace: Workspace,
        name: str,
        image: Image,
        deployment_config: DeploymentConfiguration | None = None,
        deployment_target: object = None,
        overwrite: bool = False,
    ) -> Webservice:
        """Run an image that was built, as it is; without a `deployment_config` in one container with its defaults.

        Raises `ConflictError` (`image-not-built`), `EngineError`, and what `Model.deploy` raises.
        """
        from modelport.sdk.first_deployments import Deployment, deploy_image

        config = deployment_config or ContainerWebservice.deploy_configuration()
        deploy_image(Deployment(workspace, name, config, deployment_target, overwrite), image)
        return Webservice(workspace, name)

    @staticmethod
    def deploy_local_from_model(
        workspace: Workspace,
        name: str,
        models: Iterable[Any],
        image_config: ContainerImageConfig,
        deployment_config: LocalWebserviceDeploymentConfiguration | None = None,
        wait: bool = False,
    ) -> Webservice:
        """Deploy models with an image configuration on this machine, in place of a local service of that name."""
        config = deployment_config or LocalWebservice.deploy_configuration()
        service = Webservice.deploy_from_model(workspace, name, models, image_config, config, overwrite=True)
        if wait:
            service.wait_for_deployment()
        return service

    @staticmethod
    def list(
        workspace: Workspace,
        compute_type: str | None = None,
        image_name: str | None = None,
        image_id: str | None = None,
        model_name: str | None = None,
        model_id: str | None = None,
        tags: TagFilter = None,
        properties: TagFilter = None,
        image_digest: str | None = None,
    ) -> list[Webservice]:
        """The services that match every condition; only those in containers have an image.

        Raises `UserError` (`compute-type-unknown`).
        """
        if compute_type is not None and compute_type.upper() not in {known.upper() for known in COMPUTE_TYPES}:
            raise UserError(
                "compute-type-unknown",
                f"There is no compute type {compute_type!r}. {nearest(compute_type, COMPUTE_TYPES)}",
            )
        target = {"aci": "container"}.get(compute_type.lower(), compute_type.lower()) if compute_type else None
        wanted = ServiceFilter(target, model_name, model_id, conditions_of(tags), conditions_of(properties))
        images = [word for word in (image_name, image_id, image_digest) if word]
        return [
            _class_of(service)(workspace, service.name)
            for service in opened(workspace).services.list()
            if wanted.matches(service) and all(_runs(service, word) for word in images)
        ]

    @staticmethod
    def deserialize(workspace: Workspace, webservice_payload: Mapping[str, Any]) -> Webservice:
        """The service that `serialize` described, as it is in `workspace` now; raises `NotFoundError`."""
        return Webservice(workspace, str(webservice_payload.get("name", "")))


class LocalWebservice(Webservice):
    """A service on this machine: a server and its workers, which go on when the program that made them ends.

    With `must_exist=False` the object may be made before the service; its state is "unknown" until then.
    """

    _compute_type = "Local"

    @staticmethod
    def deploy_configuration(
        port: int | None = None,
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
        *,
        isolation: str | None = None,
    ) -> LocalWebserviceDeploymentConfiguration:
        """How the service is to run.

        Defaults: a free port, 1 worker (`replicas`) that takes 1 request at a time, 60 000 ms for `run()`, 500 ms for
        waiting, 300 s for `init()`, no keys, no other origins. `debug` puts exception texts into answers.
        `isolation="container"` runs it from an image in a container engine, as v1's class did; without it no engine is
        needed. Raises `UserError` (`port-invalid`, `limit-invalid`, `labels-invalid`, `argument-invalid`).
        """
        return LocalWebserviceDeploymentConfiguration(
            port, replicas, max_concurrent_requests, scoring_timeout_ms, max_request_wait_time, auth_enabled,
            cors_origins, tags, properties, description, debug, init_timeout_seconds, isolation=isolation,
        )  # fmt: skip

    @property
    def port(self) -> int | None:
        """The port of this machine; None while it does not listen yet."""
        return self._known().port or None

    def serialize(self) -> dict[str, Any]:
        """The service as JSON-ready words, under v1's keys."""
        return {**super().serialize(), "port": self.port}

    def update(self, *arguments: Any, **words: Any) -> None:
        """Roll out other models, another script or environment, another configuration.

        Arguments are known by their type, in any order: a list of models, an `InferenceConfig`, a deployment
        configuration; or by the names `models`, `inference_config`, `deployment_config`. What is not given stays.
        Returns when the new revision serves, whatever `wait` says; no request is lost. If it does not become ready, the
        old one goes on serving and `DeploymentError` says why. Raises also what `Model.deploy` raises.
        """
        change = UpdateArguments(arguments, words).change(self.workspace)
        self._manager.update(self.name, change)
        self._last = self._manager.wait(self.name)

    def reload(self, wait: bool = False) -> None:
        """Copy the script (or source directory) again from where it was deployed from, and roll it out.

        Returns when it serves, whatever `wait` says. If it does not become ready, the script before goes on serving and
        `DeploymentError` says why.
        """
        _ = wait
        self._manager.reload(self.name)
        self._last = self._manager.wait(self.name)


class ContainerWebservice(ContainerParts, Webservice):
    """A service in a container, with limits for cores and memory that are enforced; v1's `AciWebservice` is this class.

    With `must_exist=False` the object may be made before the service; its state is "unknown" until then.
    """

    def update(self, *arguments: Any, **words: Any) -> None:
        """Roll out another image, other models with a script, another configuration, other words about the service.

        The arguments are v1's: `image`, `tags`, `properties`, `description`, `auth_enabled`, `ssl_enabled`,
        `ssl_cert_pem_file`, `ssl_key_pem_file`, `ssl_cname`, `enable_app_insights`, `models`, `inference_config`;
        beside them `cpu_cores`, `memory_gb`, `replicas`, `port`. What is not given stays. Returns when the new revision
        serves; no request is lost. If it does not become ready, the old one goes on serving and `DeploymentError` says
        why.
        """
        self._manager.update(self.name, container_change(self, arguments, words))
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


def _class_of(service: Service) -> type[Webservice]:
    """The class for a service, by the words that it is shown in."""
    return {"local": LocalWebservice, "container": ContainerWebservice}[service.spec.shown_as or service.spec.target]


def _runs(service: Service, word: str) -> bool:
    """Whether a service runs the image that a name, an id or a digest means."""
    if service.built is None:
        return False
    versioned = service.built.image_name.rpartition("/")[2]
    return word in (service.built.image, service.built.image_name, versioned, versioned.partition(":")[0])
