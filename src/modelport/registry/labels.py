"""Checks the words that describe a model or a run: tags, properties, frameworks."""

from __future__ import annotations

from collections.abc import Mapping

from modelport.errors import ConflictError, UserError, nearest

FRAMEWORKS = ("Custom", "TensorFlow", "ScikitLearn", "Onnx", "TfKeras", "PyTorch", "Multi")
"""The frameworks that a model may name; each is a constant of `Model.Framework`."""


def check_labels(noun: str, labels: object) -> dict[str, str]:
    """Return `labels` as a mapping of text to text; None is no labels. Raises `UserError` (`labels-invalid`).

    >>> check_labels("tags", {"area": "diabetes"})
    {'area': 'diabetes'}
    """
    if labels is None:
        return {}
    if not isinstance(labels, Mapping):
        raise _labels_invalid(noun, f"a mapping of text to text is needed, not {type(labels).__name__}")
    for key, value in labels.items():
        if not isinstance(key, str) or not key:
            raise _labels_invalid(noun, f"the key {key!r} is not a text of at least one character")
        if not isinstance(value, str):
            raise _labels_invalid(noun, f"the value of {key!r} is {type(value).__name__}, not text")
    return dict(labels)


def _labels_invalid(noun: str, reason: str) -> UserError:
    return UserError(
        "labels-invalid", f"The {noun} are not valid: {reason}.", f"Write {noun}={{'key': 'value'}}, all of it text."
    )


def check_framework(framework: str | None, framework_version: str | None) -> tuple[str, str]:
    """Return both as text, "" where not given. Raises `UserError` (`framework-invalid`) for a version alone.

    A framework that is not in `FRAMEWORKS` is refused, because it would silently lose the no-code deployment.
    """
    if framework_version and not framework:
        raise UserError(
            "framework-invalid",
            f"The framework version {framework_version!r} was given without the framework.",
            "Give model_framework as well, for example Model.Framework.SCIKITLEARN.",
        )
    if framework and framework not in FRAMEWORKS:
        raise UserError(
            "framework-invalid",
            f"The framework {framework!r} is not known. {nearest(framework, FRAMEWORKS)}",
            f"Use one of {', '.join(FRAMEWORKS)}; 'Custom' for everything else.",
        )
    return framework or "", framework_version or ""


def add_properties(present: Mapping[str, str], added: Mapping[str, str]) -> dict[str, str]:
    """The properties with the new ones; raises `ConflictError` (`properties-immutable`) if a key is there already."""
    taken = sorted(present.keys() & added.keys())
    if taken:
        raise ConflictError(
            "properties-immutable",
            f"Properties never change once they are set; already set: {', '.join(taken)}.",
            "Choose other keys, or use tags for what changes.",
        )
    return {**present, **added}
