"""How a service on this machine runs: port, workers, limits, keys."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from modelport.errors import UserError, nearest
from modelport.manifest import Container, Limits, Listen
from modelport.registry.labels import check_labels
from modelport.sdk.arguments import say
from modelport.sdk.runnable_image import check_image
from modelport.services.resolving import check_limits, check_listen

if TYPE_CHECKING:
    from modelport.sdk.image_view import ImageView

ISOLATIONS = ("process", "container")


class LocalWebserviceDeploymentConfiguration:
    """What `LocalWebservice.deploy_configuration` makes; None leaves the default, or in an update what is there.

    Raises `UserError` (`port-invalid`, `limit-invalid`, `labels-invalid`, `argument-invalid`).
    """

    location: None = None  # these three v1 has in every configuration, and a local service none of them
    primary_key: None = None
    secondary_key: None = None

    def __init__(
        self,
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
    ) -> None:
        self.port = port
        self.replicas = replicas
        self.max_concurrent_requests = max_concurrent_requests
        self.scoring_timeout_ms = scoring_timeout_ms
        self.max_request_wait_time = max_request_wait_time
        self.auth_enabled = auth_enabled
        self.cors_origins = cors_origins
        self.tags = tags
        self.properties = properties
        self.description = description
        self.debug = debug
        self.init_timeout_seconds = init_timeout_seconds
        self.isolation = isolation
        self.validate_configuration()

    def __repr__(self) -> str:
        given = ", ".join(f"{name}={value!r}" for name, value in vars(self).items() if value is not None)
        return f"LocalWebservice.deploy_configuration({given})"

    def validate_configuration(self) -> None:
        """Check every value; raises as the class does."""
        if self.port == 0 and self.port is not False:
            raise UserError(
                "port-invalid", "The port 0 is not valid: a whole number from 1 to 65535 is needed.",
                "Leave the port out for a free one.",
            )  # fmt: skip
        if self.isolation not in (None, *ISOLATIONS):
            raise UserError(
                "argument-invalid",
                f"There is no isolation {self.isolation!r}. {nearest(str(self.isolation), ISOLATIONS)}",
                "Leave it out for a process of this machine; 'container' needs a container engine.",
            )
        check_listen(Listen(port=0 if self.port is None else self.port))
        self._all_limits()
        check_labels("tags", self.tags)
        check_labels("properties", self.properties)
        if isinstance(self.cors_origins, str):
            raise UserError(
                "argument-invalid", f"cors_origins must be a list; it is {self.cors_origins!r}.",
                f"Write cors_origins=[{self.cors_origins!r}].",
            )  # fmt: skip

    @classmethod
    def validate_image(cls, image: ImageView) -> None:
        """Check that an image can be run; raises `UserError` (`argument-invalid`), `ConflictError`."""
        check_image(image)

    def print_deploy_configuration(self) -> None:
        """Print the port and the number of workers that are asked for, if they are."""
        asked = [f"{name}={value}" for name in ("port", "replicas") if (value := getattr(self, name))]
        if asked:
            say(f"On this machine: {', '.join(asked)}")

    # What the workspace is asked for ------------------------------------------------------------------------------

    @property
    def _target(self) -> str:
        return "container" if self.isolation == "container" else "local"

    @property
    def _shown_as(self) -> str:
        return "local" if self.isolation == "container" else ""

    def _container(self) -> dict[str, Any]:
        return {}

    def _whole_container(self) -> Container:
        return Container()

    def _recorded(self) -> dict[str, Any]:
        return {}

    def _limits(self) -> dict[str, Any]:
        named = {
            "workers": self.replicas,
            "max_concurrent_requests": self.max_concurrent_requests,
            "scoring_timeout_ms": self.scoring_timeout_ms,
            "max_request_wait_time_ms": self.max_request_wait_time,
            "init_timeout_seconds": self.init_timeout_seconds,
        }
        return {name: value for name, value in named.items() if value is not None}

    def _all_limits(self) -> Limits:
        return check_limits(self._limits())

    def _listen(self) -> dict[str, Any]:
        listen: dict[str, Any] = {} if self.port is None else {"port": self.port}
        if self.cors_origins is not None:
            listen["cors_origins"] = tuple(str(origin) for origin in self.cors_origins)
        return listen

    def _whole_listen(self) -> Listen:
        return Listen(**{"port": 0, **self._listen()})
