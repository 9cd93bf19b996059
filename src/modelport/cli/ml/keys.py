"""Keys of a configuration file of v1, translated into arguments: a function of the file's content and a table.

v1 ignored keys that it did not know; here each of them is told, with the nearest known one. A value of the wrong kind
is an error that names it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from modelport.errors import UserError, nearest


@dataclass(frozen=True)
class Key:
    """The argument that a key becomes, and the kind of its value."""

    argument: str
    kind: str = "text"


@dataclass(frozen=True)
class Words:
    """What a file says: arguments by name, and sentences about keys that nothing here reads."""

    arguments: dict[str, Any]
    warnings: tuple[str, ...] = ()


KINDS: dict[str, tuple[tuple[type, ...], str]] = {
    "text": ((str, int, float), "text"),
    "number": ((int, float), "a number"),
    "whole": ((int,), "a whole number"),
    "switch": ((bool,), "true or false"),
    "group": ((dict,), "an object"),
    "registry": ((str, dict), "an address, or an object with address, username and password"),
}


def translated(content: Mapping[str, Any], keys: Mapping[str, Key], source: str) -> Words:
    """The arguments that `content` gives by the dotted names in `keys`; null counts as not given.

    `source` is the name of the file, for messages. Raises `UserError` (`config-value-invalid`).

    >>> keys = {"autoScaler.minReplicas": Key("least", "whole")}
    >>> translated({"autoScaler": {"minReplica": 1}}, keys, "d.json").warnings
    ("d.json: the key 'autoScaler.minReplica' is not known and has no effect. Did you mean 'minReplicas'?",)
    """
    arguments: dict[str, Any] = {}
    warnings = []
    for path, value in _leaves(content, keys, source):
        key = keys.get(path)
        if value is None:
            continue
        if key is None:
            above, _, last = path.rpartition(".")
            hint = nearest(last, _beside(above, keys))
            warnings.append(f"{source}: the key '{path}' is not known and has no effect. {hint}".rstrip())
        else:
            arguments[key.argument] = checked(value, key.kind, f"{source}: {path}")
    return Words(arguments, tuple(warnings))


def checked(value: Any, kind: str, place: str) -> Any:
    """The value if it is of its kind, text as text; raises `UserError` (`config-value-invalid`)."""
    types, words = KINDS[kind]
    if isinstance(value, types) and (kind == "switch" or not isinstance(value, bool)):
        return str(value) if kind == "text" else value
    raise UserError(
        "config-value-invalid",
        f"{place} must be {words}; it is {value!r}.",
        "Correct the value, or leave the key out for its default.",
    )


def _leaves(
    content: Mapping[str, Any], keys: Mapping[str, Key], source: str, above: str = ""
) -> Iterator[tuple[str, Any]]:
    for name, value in content.items():
        path = f"{above}{name}"
        if path in keys or not any(known.startswith(f"{path}.") for known in keys):
            yield path, value
        elif value is not None:
            yield from _leaves(checked(value, "group", f"{source}: {path}"), keys, source, f"{path}.")


def _beside(above: str, keys: Mapping[str, Key]) -> set[str]:
    start = f"{above}." if above else ""
    return {known[len(start) :].partition(".")[0] for known in keys if known.startswith(start)}
