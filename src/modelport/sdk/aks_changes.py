"""What the arguments of an update, or of a change to a version, ask the workspace for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from modelport.errors import UserError
from modelport.registry.labels import check_labels
from modelport.sdk.aks_configuration import cluster_words_in, limits_in
from modelport.sdk.arguments import opened
from modelport.sdk.image_view import ImageView
from modelport.sdk.inference_config import InferenceConfig
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
    _check_content(image, models, script)
    words = {name: given.pop(name) for name in _OF_A_VERSION if name in given}
    check_words({**given, **words})
    limits = limits_in(given)
    check_limits(limits)
    return ServiceChange(
        models=None if models is None else model_words(models, service.workspace),
        script=script._script() if script else None,
        environment=script._image_environment() if script else None,
        limits=limits,
        container=_image_words(image, script),
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


def _check_content(image: object, models: object, script: object) -> None:
    """What is to run is an image that is there, or models with a script, from which one is built."""
    if script is not None and not isinstance(script, InferenceConfig):
        raise UserError(
            "argument-invalid", f"The inference_config is {type(script).__name__}; an InferenceConfig is needed.",
            "Example: InferenceConfig(entry_script='score.py', environment=env)",
        )  # fmt: skip
    if image is not None and (models is not None or script is not None):
        raise UserError(
            "argument-invalid", "An image and models or an inference_config are given; an image brings its own.",
            "Give the image alone, or models with an inference_config.",
        )  # fmt: skip
    if models is not None and script is None:
        raise UserError(
            "argument-invalid", "Models are given without an inference_config.",
            "Give both: update(models=[model], inference_config=inference_config)",
        )  # fmt: skip


def _image_words(image: Any, script: object) -> dict[str, Any]:
    """The image that is to be run from now on; a script is built into one of its own."""
    if image is None:
        return {} if script is None else {"image": "", "image_name": ""}
    if not isinstance(image, ImageView):
        raise UserError("argument-invalid", f"The image is {type(image).__name__}; an Image is needed.")
    record = opened(image.workspace).images.built(image._now())
    return {"image": record.image_id, "image_name": record.reference}
