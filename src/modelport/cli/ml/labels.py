"""Tags, properties and descriptions of a line: to be given, to be asked for, to be changed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from modelport.cli.words import conditions, pairs

if TYPE_CHECKING:
    from modelport.sdk.aks_endpoint import EndpointVersion
    from modelport.sdk.webservice import Webservice


def labels_of(options: Mapping[str, Any]) -> dict[str, Any]:
    """Tags, properties and description of the line."""
    return {
        "tags": pairs(options["tags"], "--tag"),
        "properties": pairs(options["properties"], "--property"),
        "description": options["description"],
    }


def filter_of(words: tuple[str, ...]) -> list[str | list[str]] | None:
    """`key` and `key=value` words as v1's filter of tags; None without any."""
    found = conditions(words)
    return [key if value is None else [key, value] for key, value in found.items()] or None


def changed_labels(service: Webservice | EndpointVersion, options: Mapping[str, Any]) -> dict[str, Any]:
    """The labels after `--add-tag`, `--remove-tag` and the like; only those that change."""
    changed: dict[str, Any] = {}
    if options["add_tags"] or options["remove_tags"]:
        kept = {key: value for key, value in service.tags.items() if key not in options["remove_tags"]}
        changed["tags"] = {**kept, **pairs(options["add_tags"], "--add-tag")}
    if options["add_properties"]:
        changed["properties"] = {**service.properties, **pairs(options["add_properties"], "--add-property")}
    if options["description"] is not None:
        changed["description"] = options["description"]
    return changed
