"""Brings errors back that another process wrote down: from a control socket, an event record, a server's status."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from modelport.errors import (
    ConflictError,
    DeploymentError,
    ModelportError,
    NotFoundError,
    ProtocolError,
    ResolutionError,
    StorageError,
    UserError,
)

_KINDS: dict[int, type[ModelportError]] = {
    kind.exit_code: kind
    for kind in (UserError, NotFoundError, ConflictError, ResolutionError, StorageError, ProtocolError)
}


def error_of(words: Mapping[str, Any]) -> ModelportError:
    """The error that `to_dict` was called on."""
    kind = _KINDS.get(int(words.get("exit_code", 0)), DeploymentError)
    return kind(str(words.get("code", "")), str(words.get("message", "")), str(words.get("remedy", "")))


def init_error(failure: Mapping[str, Any], prefix: str = "") -> DeploymentError:
    """The error for a revision that did not become ready, from the failure that the server tells of."""
    code = str(failure.get("code") or "init-failed")
    message = f"{prefix}{failure.get('message') or 'init() failed.'}"
    remedy = str(failure.get("remedy") or "Look at the log of the service.")
    words = {"step": str(failure.get("step") or "init"), "traceback": str(failure.get("traceback") or "")}
    if code == "init-died":
        return DeploymentError("init-died", message, remedy, **words)
    if code == "init-timeout":
        return DeploymentError("init-timeout", message, remedy, **words)
    if code == "container-ended":
        return DeploymentError("container-ended", message, remedy, **words)
    if code == "rollout-interrupted":
        return DeploymentError("rollout-interrupted", message, remedy, **{**words, "step": "launch"})
    kind = DeploymentError  # the other codes are those of the worker and of errors that were passed on
    return kind(code, message, remedy, **words)
