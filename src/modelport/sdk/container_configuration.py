"""How a service in a container runs: cores, memory, keys, certificate; `AciWebservice.deploy_configuration` in v1."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from modelport.errors import UserError
from modelport.manifest import Container, Limits, Listen
from modelport.registry.labels import check_labels
from modelport.services.resolving import check_limits, check_listen

_BYTES_OF_GB = 1024**3
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

    def __init__(self, **given: Any) -> None:
        self.cpu_cores: float | None = given.pop("cpu_cores", None)
        self.memory_gb: float | None = given.pop("memory_gb", None)
        self.tags: Mapping[str, str] | None = given.pop("tags", None)
        self.properties: Mapping[str, str] | None = given.pop("properties", None)
        self.description: str | None = given.pop("description", None)
        self.auth_enabled: bool | None = given.pop("auth_enabled", None)
        self.ssl_enabled: bool | None = given.pop("ssl_enabled", None)
        self.ssl_cert_pem_file: str | None = given.pop("ssl_cert_pem_file", None)
        self.ssl_key_pem_file: str | None = given.pop("ssl_key_pem_file", None)
        self.ssl_cname: str | None = given.pop("ssl_cname", None)
        self.primary_key: str | None = given.pop("primary_key", None)
        self.secondary_key: str | None = given.pop("secondary_key", None)
        self.port: int | None = given.pop("port", None)
        self.host: str | None = given.pop("host", None)
        self.cors_origins: Iterable[str] | None = given.pop("cors_origins", None)
        self.debug: bool | None = given.pop("debug", None)
        self.replicas: int | None = given.pop("replicas", None)
        self._limit_words = {name: given.pop(name, None) for name in _LIMITS}
        self._recorded_words = {name: given.pop(name, None) for name in _WITHOUT_EFFECT}
        self.validate_configuration()

    def __repr__(self) -> str:
        hidden = ("primary_key", "secondary_key")
        shown = {name: value for name, value in vars(self).items() if value is not None and not name.startswith("_")}
        words = ", ".join(f"{name}={'…' if name in hidden else repr(value)}" for name, value in shown.items())
        return f"ContainerWebservice.deploy_configuration({words})"

    def validate_configuration(self) -> None:
        """Check every value; raises as the class does."""
        for name in ("cpu_cores", "memory_gb"):
            _check_positive(name, getattr(self, name))
        self._check_tls()
        for names in _TOGETHER:
            given = [name for name in names if self._recorded_words[name] is not None]
            if given and len(given) < len(names):
                raise _invalid(f"{' and '.join(names)} belong together, and only {' and '.join(given)} is given")
        if (self.primary_key or self.secondary_key) and not self.auth_enabled:
            raise _invalid("a key is given, and auth_enabled is not True")
        if isinstance(self.cors_origins, str):
            raise _invalid(f"cors_origins must be a list; it is {self.cors_origins!r}")
        check_listen(Listen(port=self.port or 0))
        self._all_limits()
        check_labels("tags", self.tags)
        check_labels("properties", self.properties)

    def _check_tls(self) -> None:
        if not self.ssl_enabled:
            return
        parts = ("ssl_cert_pem_file", "ssl_key_pem_file", "ssl_cname")
        missing = [name for name in parts if not getattr(self, name)]
        if missing:
            raise _invalid(f"ssl_enabled needs a certificate, its key and a host name; missing: {', '.join(missing)}")
        for name in parts[:2]:
            if not Path(getattr(self, name)).is_file():
                raise _invalid(f"{name}: there is no file '{getattr(self, name)}'")

    # What the workspace is asked for ------------------------------------------------------------------------------

    def _limits(self) -> dict[str, Any]:
        named = {theirs: self._limit_words[ours] for ours, theirs in _LIMITS.items()}
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
            words["memory_bytes"] = round(self.memory_gb * _BYTES_OF_GB)
        if self.ssl_enabled is not None:
            words["certificate"] = str(Path(self.ssl_cert_pem_file or "").absolute()) if self.ssl_enabled else ""
            words["key"] = str(Path(self.ssl_key_pem_file or "").absolute()) if self.ssl_enabled else ""
            words["host_name"] = self.ssl_cname or ""
        return words

    def _whole_container(self) -> Container:
        defaults = {"cpu_cores": CPU_CORES, "memory_bytes": round(MEMORY_GB * _BYTES_OF_GB)}
        return Container(**{**defaults, **self._container()})

    def _recorded(self) -> dict[str, Any]:
        """The arguments without effect here."""
        return {name: value for name, value in self._recorded_words.items() if value is not None}


_LIMITS = {
    "max_concurrent_requests": "max_concurrent_requests",
    "scoring_timeout_ms": "scoring_timeout_ms",
    "max_request_wait_time": "max_request_wait_time_ms",
    "init_timeout_seconds": "init_timeout_seconds",
}


def _check_positive(name: str, value: object) -> None:
    if value is None or (isinstance(value, (int, float)) and not isinstance(value, bool) and value > 0):
        return
    raise _invalid(f"{name} must be a number greater than zero; it is {value!r}")


def _invalid(what: str) -> UserError:
    return UserError(
        "container-config-invalid",
        f"The deployment configuration is not valid: {what}.",
        "Example: ContainerWebservice.deploy_configuration(cpu_cores=1, memory_gb=1)",
    )
