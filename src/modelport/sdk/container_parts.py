"""What `ContainerWebservice` has beside every service: its resources, its address, its own form of `update`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from modelport.errors import UserError
from modelport.sdk.aks_sections import ContainerResourceRequirements
from modelport.sdk.arguments import refuse_unknown
from modelport.sdk.container_configuration import ContainerWebserviceDeploymentConfiguration
from modelport.sdk.inference_config import check_inference_config
from modelport.sdk.runnable_image import image_change
from modelport.sdk.service_view import ServiceView
from modelport.sdk.update_arguments import model_words
from modelport.services.request import Labels, ServiceChange
from modelport.services.status import SERVICE_WORDS
from modelport.units import BYTES_OF_GB


class ContainerParts(ServiceView):
    """The attributes of a service in a container, and how one is configured."""

    _compute_type = "ACI"
    _words = SERVICE_WORDS

    @staticmethod
    def deploy_configuration(
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
        **unknown: Any,
    ) -> ContainerWebserviceDeploymentConfiguration:
        """How the service is to run; defaults: 0.1 cores, 0.5 GB, no keys, HTTP on a free port of the loopback address.

        With `ssl_enabled` it speaks TLS by the certificate and key given, and `ssl_cname` is the host name in its
        address. Beside v1's arguments: `port`, `host` (the address to listen at), `replicas`, `cors_origins`, `debug`,
        `max_concurrent_requests`, `scoring_timeout_ms`, `max_request_wait_time`, `init_timeout_seconds`. Those that
        belong to a cloud (location, insights, networks, customer-managed keys, DNS label) are recorded.
        Raises `UserError` (`container-config-invalid` with all that is wrong, `argument-unknown`, `limit-invalid`,
        `labels-invalid`).
        """
        given = dict(locals())
        refuse_unknown("AciWebservice.deploy_configuration", ContainerParts.deploy_configuration, given.pop("unknown"))
        return ContainerWebserviceDeploymentConfiguration(**given)

    @property
    def error(self) -> dict[str, Any] | None:
        """Why it does not (or not fully) work, in the form of v1's other services; None while all is well."""
        failed = super().error
        if failed is None:
            return None
        detail = {"code": failed["code"], "message": failed["message"]}
        message = f"{failed['message']} {failed['remedy']}".strip()
        return {"code": "ContainerDeploymentFailed", "statusCode": 400, "message": message, "details": [detail]}

    @property
    def container_resource_requirements(self) -> ContainerResourceRequirements:
        """The limits for cores and memory."""
        box = self._known().spec.container
        return ContainerResourceRequirements(box.cpu_cores or None, box.memory_bytes / BYTES_OF_GB or None)

    @property
    def enable_app_insights(self) -> bool:
        """Whether it was asked for; it has no effect: `modelport service logs` and /metrics tell what happens."""
        return bool(self._known().spec.recorded.get("enable_app_insights"))

    @property
    def encryption_properties(self) -> dict[str, str] | None:
        """The customer-managed key that was named; it has no effect. None if there was none."""
        words = {"vaultBaseUrl": "cmk_vault_base_url", "keyName": "cmk_key_name", "keyVersion": "cmk_key_version"}
        return self._recorded_words(words)

    @property
    def vnet_configuration(self) -> dict[str, str] | None:
        """The virtual network that was named; it has no effect. None if there was none."""
        return self._recorded_words({"vnetName": "vnet_name", "subnetName": "subnet_name"})

    def _recorded_words(self, words: Mapping[str, str]) -> dict[str, str] | None:
        recorded = self._known().spec.recorded
        found = {word: str(recorded[name]) for word, name in words.items() if recorded.get(name)}
        return found or None

    @property
    def ssl_enabled(self) -> bool:
        """Whether it speaks TLS."""
        return bool(self._known().spec.container.certificate)

    @property
    def cname(self) -> str | None:
        """The host name of its certificate."""
        return self._known().spec.container.host_name or None

    @property
    def location(self) -> str | None:
        """The location that was asked for; it has no effect."""
        return self._known().spec.recorded.get("location")

    @property
    def public_ip(self) -> str | None:
        """The address that it listens at; None while it does not listen yet."""
        service = self._known()
        return service.host if service.port else None

    @property
    def public_fqdn(self) -> str | None:
        """The host in its address; None while it does not listen yet."""
        return self.scoring_uri.split("/")[2].rpartition(":")[0] if self.scoring_uri else None

    def serialize(self) -> dict[str, Any]:
        """The service as JSON-ready words, under v1's keys."""
        with self._looked_at_once():
            box = self._known().spec.container
            return {
                **super().serialize(),
                "cpu": box.cpu_cores,
                "memoryInGB": box.memory_bytes / BYTES_OF_GB,
                "containerResourceRequirements": self.container_resource_requirements.serialize(),
                "appInsightsEnabled": self.enable_app_insights,
                "environmentDetails": self.environment,
                "modelDetails": self.models,
                "encryptionProperties": self.encryption_properties,
                "vnetConfiguration": self.vnet_configuration,
                "authEnabled": self.auth_enabled,
                "sslEnabled": self.ssl_enabled,
                "cname": self.cname,
                "location": self.location,
                "publicIp": self.public_ip,
                "publicFqdn": self.public_fqdn,
            }


def container_change(service: ContainerParts, words: Mapping[str, Any]) -> ServiceChange:
    """The change that the arguments of an update ask for.

    Raises `UserError` (`argument-invalid`, `update-empty`, `container-config-invalid`).
    """
    given = {name: value for name, value in words.items() if value is not None}
    if not given:
        raise UserError(
            "update-empty", "update() was given nothing to change.", "Give models with an inference_config, or a limit."
        )
    image, models, script = (given.pop(name, None) for name in ("image", "models", "inference_config"))
    check_inference_config(script)
    image_words = image_change(image, models, script)
    config = ContainerWebserviceDeploymentConfiguration(**given)
    recorded = {**(script._recorded() if script else {}), **config._recorded()}
    if recorded:
        recorded = {**service._known().spec.recorded, **recorded}
    return ServiceChange(
        models=None if models is None else model_words(models, service.workspace),
        script=script._script() if script else None,
        environment=script._image_environment() if script else None,
        limits=config._limits(),
        listen=config._listen(),
        container={**config._container(), **image_words},
        auth_enabled=config.auth_enabled,
        labels=Labels(config.tags, config.properties, config.description, recorded or None),
    )
