"""What a gateway is told: where it listens, what stands behind it, and by which certificate it speaks TLS."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from modelport.errors import ProtocolError, UserError
from modelport.manifest import Limits, Listen, build_part

if TYPE_CHECKING:
    import ssl


@dataclass(frozen=True)
class Certificate:
    """Files in PEM: a certificate with its chain, and its key, which must not be encrypted."""

    certificate_file: str
    key_file: str


@dataclass(frozen=True)
class GatewayConfig:
    """One gateway. `backend` is "host:port", or empty while nothing stands behind it (answered 503 `not-ready`).

    Of `limits` the sizes, the time for headers and `drain_timeout_seconds` count.
    """

    backend: str = ""
    service_name: str = ""
    listen: Listen = field(default_factory=Listen)
    limits: Limits = field(default_factory=Limits)
    tls: Certificate | None = None

    @classmethod
    def from_json(cls, text: str) -> GatewayConfig:
        """Read a configuration. Raises `ProtocolError` (`gateway-config-damaged`) and `UserError`."""
        try:
            words = json.loads(text)
        except ValueError as error:
            raise _damaged(f"it is not JSON ({error})") from error
        if not isinstance(words, dict):
            raise _damaged("it is not a JSON object")
        parts = {"listen": Listen, "limits": Limits, "tls": Certificate}
        built = {
            key: build_part(parts[key], value, key, _damaged) if key in parts and value is not None else value
            for key, value in words.items()
        }
        config = build_part(cls, built, "gateway", _damaged)
        address_of(config.backend)
        config.limits.check()
        return config

    @classmethod
    def read(cls, path: Path) -> GatewayConfig:
        """Read the configuration at `path`. Raises as `from_json` does."""
        try:
            return cls.from_json(path.read_text())
        except OSError as error:
            raise _damaged(f"{path} cannot be read ({error.strerror})") from error

    def to_json(self) -> str:
        """The configuration as indented JSON."""
        return json.dumps(_words(self), indent=2) + "\n"


def _words(part: Any) -> dict[str, Any]:
    values = {entry.name: getattr(part, entry.name) for entry in fields(part)}
    return {name: _words(value) if hasattr(value, "__dataclass_fields__") else value for name, value in values.items()}


def address_of(text: str) -> tuple[str, int] | None:
    """The host and port of "host:port" or "[address]:port"; None for "". Raises `UserError` (`backend-invalid`).

    >>> address_of("service-7:5001"), address_of("[::1]:80"), address_of("")
    (('service-7', 5001), ('::1', 80), None)
    """
    if not text:
        return None
    host, colon, port = text.rpartition(":")
    number = int(port) if port.isascii() and port.isdigit() else 0
    if not colon or not host.strip("[]") or not 0 < number < 65536:
        raise UserError(
            "backend-invalid",
            f"The backend of a gateway is written host:port, with a port from 1 to 65535; it is {text!r}.",
            "Example: service-7:5001",
        )
    return host.removeprefix("[").removesuffix("]"), number


def tls_context(certificate: Certificate) -> ssl.SSLContext:
    """What speaks TLS 1.2 and later by this certificate. Raises `UserError` (`certificate-unusable`)."""
    import ssl  # a gateway without TLS need not pay for it

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    load_certificate(context, certificate)
    return context


def load_certificate(context: ssl.SSLContext, certificate: Certificate) -> None:
    """Use this certificate for connections from now on. Raises `UserError` (`certificate-unusable`)."""
    try:
        # An encrypted key would make the library ask for its password on a terminal that nobody watches.
        context.load_cert_chain(certificate.certificate_file, certificate.key_file, password=_no_password)
    except (OSError, ValueError) as error:
        raise UserError(
            "certificate-unusable",
            f"The certificate '{certificate.certificate_file}' with the key '{certificate.key_file}' cannot be used: "
            f"{error}.",
            "Both must be PEM files, the key unencrypted and the one that the certificate was made for.",
        ) from error


def _no_password() -> str:
    raise ValueError("the key is encrypted")


def _damaged(what: str) -> ProtocolError:
    return ProtocolError("gateway-config-damaged", f"The configuration of the gateway cannot be used: {what}.")
