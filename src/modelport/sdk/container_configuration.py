"""How a service in a container runs: cores, memory, keys, certificate; `AciWebservice.deploy_configuration` in v1."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from modelport.errors import UserError
from modelport.manifest import Container, Limits, Listen
from modelport.registry.labels import check_labels
from modelport.sdk.arguments import say, without_effect
from modelport.sdk.runnable_image import check_image
from modelport.services.resolving import check_limits, check_listen
from modelport.units import BYTES_OF_GB

if TYPE_CHECKING:
    from modelport.sdk.image_view import ImageView
CPU_CORES, MEMORY_GB = 0.1, 0.5
_TOGETHER = (("vnet_name", "subnet_name"), ("cmk_vault_base_url", "cmk_key_name", "cmk_key_version"))
_WITHOUT_EFFECT = (
    "location", "enable_app_insights", "dns_name_label", "collect_model_data", "cmk_vault_base_url", "cmk_key_name",
    "cmk_key_version", "vnet_name", "subnet_name",
)  # fmt: skip


class ContainerWebserviceDeploymentConfiguration:
    """What `ContainerWebservice.deploy_configuration` makes; its attributes are the arguments given there.

    Raises `UserError` (`container-config-invalid`, `port-invalid`, `limit-invalid`, `labels-invalid`).
    """

    _target = "container"
    _shown_as = ""
    cpu_cores: float | None
    memory_gb: float | None
    tags: Mapping[str, str] | None
    properties: Mapping[str, str] | None
    description: str | None
    auth_enabled: bool | None
    ssl_enabled: bool | None
    ssl_cert_pem_file: str | None
    ssl_key_pem_file: str | None
    ssl_cname: str | None
    primary_key: str | None
    secondary_key: str | None
    port: int | None
    host: str | None
    replicas: int | None
    cors_origins: Iterable[str] | None
    debug: bool | None

    def __init__(
        self,
        cpu_cores: float | None = None,
        memory_gb: float | None = None,
        tags: Mapping[str, str] | None = None,
        properties: Mapping[str, str] | None = None,
        description: str | None = None,
        location: str | None = None,
        auth_enabled: bool | None = None,
        ssl_enabled: bool | None = None,
        enable_app_insights: bool | None = None,
        ssl_cert_pem_file: str | None = None,
        ssl_key_pem_file: str | None = None,
        ssl_cname: str | None = None,
        dns_name_label: str | None = None,
        primary_key: str | None = None,
        secondary_key: str | None = None,
        collect_model_data: bool | None = None,
        cmk_vault_base_url: str | None = None,
        cmk_key_name: str | None = None,
        cmk_key_version: str | None = None,
        vnet_name: str | None = None,
        subnet_name: str | None = None,
        *,
        port: int | None = None,
        host: str | None = None,
        replicas: int | None = None,
        cors_origins: Iterable[str] | None = None,
        debug: bool | None = None,
        max_concurrent_requests: int | None = None,
        scoring_timeout_ms: int | None = None,
        max_request_wait_time: int | None = None,
        init_timeout_seconds: float | None = None,
    ) -> None:
        vars(self).update({name: value for name, value in locals().items() if name != "self"})
        self.validate_configuration()
        given = {name: value for name, value in self._recorded().items() if value is not False}
        without_effect("AciWebservice.deploy_configuration", given)

    def __repr__(self) -> str:
        hidden = ("primary_key", "secondary_key")
        shown = {name: value for name, value in vars(self).items() if value is not None and not name.startswith("_")}
        words = ", ".join(f"{name}={'…' if name in hidden else repr(value)}" for name, value in shown.items())
        return f"ContainerWebservice.deploy_configuration({words})"

    def validate_configuration(self) -> None:
        """Check every value; raises as the class does, with one line for each that is not valid."""
        wrong = [*self._wrong_sizes(), *self._wrong_tls(), *self._apart()]
        if (self.primary_key or self.secondary_key) and not self.auth_enabled:
            wrong.append("a key is given, and auth_enabled is not True")
        if isinstance(self.cors_origins, str):
            wrong.append(f"cors_origins must be a list; it is {self.cors_origins!r}")
        if wrong:
            raise _invalid(wrong)
        check_listen(Listen(port=self.port or 0))
        self._all_limits()
        check_labels("tags", self.tags)
        check_labels("properties", self.properties)

    def _wrong_sizes(self) -> Iterator[str]:
        for name in ("cpu_cores", "memory_gb"):
            value = getattr(self, name)
            is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
            if value is not None and not (is_number and 0 < value < math.inf):
                yield f"{name} must be a number greater than zero; it is {value!r}"

    def _wrong_tls(self) -> Iterator[str]:
        if not self.ssl_enabled:
            return
        parts = ("ssl_cert_pem_file", "ssl_key_pem_file", "ssl_cname")
        missing = [name for name in parts if not getattr(self, name)]
        if missing:
            yield f"ssl_enabled needs a certificate, its key and a host name; missing: {', '.join(missing)}"
        for name in parts[:2]:
            if getattr(self, name) and not Path(getattr(self, name)).is_file():
                yield f"{name}: there is no file '{getattr(self, name)}'"

    def _apart(self) -> Iterator[str]:
        """What belongs together and is given in part."""
        for names in _TOGETHER:
            given = [name for name in names if getattr(self, name) is not None]
            if given and len(given) < len(names):
                yield f"{' and '.join(names)} belong together, and only {' and '.join(given)} is given"

    @classmethod
    def validate_image(cls, image: ImageView) -> None:
        """Check that an image can be run; raises `UserError` (`argument-invalid`), `ConflictError`."""
        check_image(image)

    def print_deploy_configuration(self) -> None:
        """Print the cores and the memory that are asked for, if any are."""
        asked = [f"{name}={value}" for name in ("cpu_cores", "memory_gb") if (value := getattr(self, name))]
        if asked:
            say(f"Each container: {', '.join(asked)}")

    # What the workspace is asked for ------------------------------------------------------------------------------

    def _limits(self) -> dict[str, Any]:
        named = {theirs: getattr(self, ours) for ours, theirs in _LIMITS.items()}
        return {name: value for name, value in {"workers": self.replicas, **named}.items() if value is not None}

    def _all_limits(self) -> Limits:
        return check_limits(self._limits())

    def _listen(self) -> dict[str, Any]:
        listen: dict[str, Any] = {"port": self.port, "host": self.host}
        if self.cors_origins is not None:
            listen["cors_origins"] = tuple(str(origin) for origin in self.cors_origins)
        return {name: value for name, value in listen.items() if value is not None}

    def _whole_listen(self) -> Listen:
        return Listen(**{"port": 0, **self._listen()})

    def _container(self) -> dict[str, Any]:
        """What is given of how it is contained, as fields of `Container`."""
        words: dict[str, Any] = {}
        if self.cpu_cores is not None:
            words["cpu_cores"] = float(self.cpu_cores)
        if self.memory_gb is not None:
            words["memory_bytes"] = round(self.memory_gb * BYTES_OF_GB)
        if self.ssl_enabled is not None:
            words["certificate"] = str(Path(self.ssl_cert_pem_file or "").absolute()) if self.ssl_enabled else ""
            words["key"] = str(Path(self.ssl_key_pem_file or "").absolute()) if self.ssl_enabled else ""
            words["host_name"] = self.ssl_cname or ""
        return words

    def _whole_container(self) -> Container:
        defaults = {"cpu_cores": CPU_CORES, "memory_bytes": round(MEMORY_GB * BYTES_OF_GB)}
        return Container(**{**defaults, **self._container()})

    def _recorded(self) -> dict[str, Any]:
        """The arguments without effect here."""
        return {name: getattr(self, name) for name in _WITHOUT_EFFECT if getattr(self, name) is not None}


_LIMITS = {
    "max_concurrent_requests": "max_concurrent_requests",
    "scoring_timeout_ms": "scoring_timeout_ms",
    "max_request_wait_time": "max_request_wait_time_ms",
    "init_timeout_seconds": "init_timeout_seconds",
}


def _invalid(wrong: list[str]) -> UserError:
    what = wrong[0] + "." if len(wrong) == 1 else "".join(f"\n  {each}." for each in wrong)
    return UserError(
        "container-config-invalid",
        f"The deployment configuration is not valid: {what}",
        "Example: ContainerWebservice.deploy_configuration(cpu_cores=1, memory_gb=1)",
    )
