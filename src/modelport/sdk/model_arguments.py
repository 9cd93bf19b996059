"""Turns v1's arguments about models into what the registry is asked for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from modelport.errors import UserError
from modelport.naming import MODEL, parse_model_id
from modelport.registry.labels import check_labels
from modelport.registry.model import Registration
from modelport.sdk.arguments import accepted
from modelport.sdk.resource import ResourceConfiguration

TagFilter = Mapping[str, "str | None"] | Iterable["str | Sequence[str]"] | None


def registration_of(
    model_name: str,
    *,
    tags: Mapping[str, str] | None = None,
    properties: Mapping[str, str] | None = None,
    description: str | None = None,
    model_framework: str | None = None,
    model_framework_version: str | None = None,
    **details: Any,
) -> Registration:
    """What the registry is asked for, from v1's arguments; raises `UserError` for one that is unknown or not valid."""
    return Registration(
        MODEL.check(model_name),
        description or "",
        model_framework or "",
        model_framework_version or "",
        check_labels("tags", tags),
        check_labels("properties", properties),
        details_of(**details),
    )


def details_of(**given: Any) -> dict[str, object]:
    """What is recorded beside a model, JSON-ready: data sets and samples by their identity, resources as they are."""
    known = ("datasets", "sample_input_dataset", "sample_output_dataset", "resource_configuration")
    details = accepted("Model.register", given, known)
    resources = details.get("resource_configuration")
    if isinstance(resources, ResourceConfiguration):
        details["resource_configuration"] = resources.serialize()
    elif resources is not None:
        raise UserError(
            "argument-invalid",
            f"resource_configuration is {type(resources).__name__}; a ResourceConfiguration is needed.",
            "Example: ResourceConfiguration(cpu=1, memory_in_gb=0.5)",
        )
    for key in ("sample_input_dataset", "sample_output_dataset"):
        if key in details:
            details[key] = _identity(details[key])
    if "datasets" in details:
        details["datasets"] = [[str(purpose), _identity(dataset)] for purpose, dataset in given["datasets"]]
    return details


def _identity(dataset: object) -> str:
    return str(getattr(dataset, "id", None) or dataset)


def version_of(version: object) -> int | None:
    """A version number from 1 on, or None; raises `UserError` (`version-invalid`)."""
    return None if version is None else parse_model_id(f"model:{version}")[1]


def words_of(words: str | Iterable[str]) -> tuple[str, ...]:
    """One word or several, as a tuple."""
    return (words,) if isinstance(words, str) else tuple(words)


def conditions_of(given: TagFilter) -> dict[str, str | None]:
    """v1's filter, `["key", ["key", "value"]]`, or a mapping, as a mapping; raises `UserError` (`argument-invalid`)."""
    if given is None:
        return {}
    if isinstance(given, Mapping):
        return dict(given)
    conditions: dict[str, str | None] = {}
    for item in [given] if isinstance(given, str) else given:
        pair = [item] if isinstance(item, str) else list(item)
        if not 1 <= len(pair) <= 2 or not all(isinstance(word, str) for word in pair):
            raise UserError(
                "argument-invalid",
                f"The filter {item!r} is neither a key nor a pair of key and value.",
                "Write tags=['key'], tags=[['key', 'value']] or tags={'key': 'value'}.",
            )
        conditions[pair[0]] = pair[1] if len(pair) == 2 else None
    return conditions
