"""Why a base image could not be had (pure): not there, not allowed, not reachable, or not for this processor."""

from __future__ import annotations

from modelport.errors import DeploymentError, ModelportError
from modelport.images.build.evidence import Evidence

_STEP = "build"
_PLATFORM = r"no match for platform in manifest|no matching manifest for \S+ in the manifest list"
_CERTIFICATE = r"x509: |certificate"
_NOT_ALLOWED = r"no basic auth credentials|\b40[13]\b|unauthorized|authentication required|insufficient_scope|forbidden"
_MAYBE = r"pull access denied|repository does not exist or may require|requested access to the resource is denied"
_NOT_FOUND = r"not found|manifest unknown|name unknown|invalid reference format"
_NETWORK = r"no such host|connection refused|i/o timeout|timeout|unreachable|failed to do request|dial tcp|EOF"


def base_failed(evidence: Evidence) -> ModelportError | None:
    """The error for a base image that could not be pulled; None if the build broke elsewhere."""
    if not evidence.base or evidence.find(_PLATFORM):
        return None
    base, where = evidence.base, f"{evidence.place}: the base image '{evidence.base}'"
    local = f"see what this engine has: {evidence.facts.engine.kind} image ls"
    if evidence.find(_CERTIFICATE):
        return DeploymentError(
            "build-certificate",
            f"{where} is in a registry whose certificate the engine does not trust.{evidence.proof(_CERTIFICATE)}",
            f"Give the engine the certificate authority: /etc/docker/certs.d/{_registry(base)}/ca.crt",
            step=_STEP,
        )
    if evidence.find(_NOT_ALLOWED):
        return DeploymentError(
            "base-not-allowed",
            f"{where} may not be read with the credentials that this machine has, or it has none."
            f"{evidence.proof(_NOT_ALLOWED)}",
            f"Log in first: {evidence.facts.engine.kind} login {_registry(base)}".rstrip(),
            step=_STEP,
        )
    if evidence.find(_MAYBE) or evidence.find(_NOT_FOUND):
        return DeploymentError(
            "base-not-found",
            f"{where} is not in its registry (or is private, and no login was given)."
            f"{evidence.proof(_MAYBE, _NOT_FOUND)}",
            f"Check the name and the tag; {local}. For a private one: {evidence.facts.engine.kind} login "
            f"{_registry(base)}".rstrip(),
            step=_STEP,
        )
    if evidence.find(_NETWORK):
        return DeploymentError(
            "build-network",
            f"{where} is not on this engine, and its registry cannot be reached.{evidence.proof(_NETWORK)}",
            f"Check the name and the network of the engine's machine; {local}. Another default base: "
            "export MODELPORT_BASE_IMAGE=registry.example/python:{python}",
            step=_STEP,
        )
    return None


def _registry(base: str) -> str:
    """The registry of an image's name; empty for the engine's own default."""
    first, slash, _ = base.partition("/")
    return first if slash and ("." in first or ":" in first or first == "localhost") else ""
