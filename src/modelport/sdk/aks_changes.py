"""What the arguments of an update, or of a change to a version, ask the workspace for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from modelport.errors import UserError
from modelport.registry.labels import check_labels
from modelport.sdk.aks_configuration import cluster_words_in, limits_in
from modelport.sdk.inference_config import check_inference_config
from modelport.sdk.runnable_image import image_change
from modelport.sdk.service_view import ServiceView
from modelport.sdk.update_arguments import model_words
from modelport.services.cluster import check_words
from modelport.services.endpoint import VersionChange
from modelport.services.request import Labels, ServiceChange
from modelport.services.resolving import check_limits

_OF_A_VERSION = ("version_name", "traffic_percentile", "is_default", "is_control_version_type")


def change_of(service: ServiceView, arguments: Mapping[str, Any], verb: str = "") -> ServiceChange:
    """The change that v1's arguments ask for; `verb` says what becomes of the version that they name.

    Raises `UserError` (`update-empty`, `argument-invalid`, `cluster-config-invalid`, `labels-invalid`).
    """
    given = {name: value for name, value in arguments.items() if value is not None}
    if not given.keys() - {"version_name"}:
        raise UserError(
            "update-empty", "The update was given nothing to change.",
            "Give models with an inference_config, or a value of the configuration.",
        )  # fmt: skip
    image, models, script = (given.pop(name, None) for name in ("image", "models", "inference_config"))
    _check_content(models, script)
    image_words = image_change(image, models, script)
    words = {name: given.pop(name) for name in _OF_A_VERSION if name in given}
    check_words({**given, **words})
    limits = limits_in(given)
    check_limits(limits)
    return ServiceChange(
        models=None if models is None else model_words(models, service.workspace),
        script=script._script() if script else None,
        environment=script._image_environment() if script else None,
        limits=limits,
        container=image_words,
        cluster=cluster_words_in(given),
        version=_version(verb, words) if verb else None,
        auth_enabled=_takes_keys(given),
        labels=Labels(
            check_labels("tags", given["tags"]) if "tags" in given else None,
            check_labels("properties", given["properties"]) if "properties" in given else None,
            given.get("description"),
        ),
    )


def _version(verb: str, words: Mapping[str, Any]) -> VersionChange:
    return VersionChange(
        verb,
        str(words.get("version_name") or ""),
        words.get("traffic_percentile"),
        words.get("is_default"),
        words.get("is_control_version_type"),
    )


def _takes_keys(given: Mapping[str, Any]) -> bool | None:
    """Whether requests bring keys from now on; tokens take their place."""
    if given.get("token_auth_enabled"):
        return False
    asked = given.get("auth_enabled")
    return None if asked is None else bool(asked)


def _check_content(models: object, script: object) -> None:
    """An image is built of models with a script."""
    check_inference_config(script)
    if models is not None and script is None:
        raise UserError(
            "argument-invalid", "Models are given without an inference_config.",
            "Give both: update(models=[model], inference_config=inference_config)",
        )  # fmt: skip
