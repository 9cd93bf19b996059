"""What lists, dictionaries and the functions of Python give of what is in them."""

from __future__ import annotations

from modelport.migration import catalog
from modelport.migration.values import FOREIGN, NONE, UNKNOWN, Instance, Kind, Many, Parts, Value, joined

_SAME_ELEMENTS = ("list", "sorted", "reversed", "tuple", "iter", "set", "filter")
_ONE_ELEMENT = ("next", "max", "min")


def element_of(value: Value) -> Value:
    """What a loop over a value gives."""
    if isinstance(value, Many):
        return FOREIGN if value.is_mapping else value.element
    if isinstance(value, Parts):
        return many(list(value.parts)).element
    if isinstance(value, Instance) and catalog.absent_reason(value.kind):
        return value
    return UNKNOWN if value is UNKNOWN or isinstance(value, (Instance, Kind)) else FOREIGN


def many(values: list[Value]) -> Many:
    element: Value = NONE
    for value in values:
        element = joined(element, value)
    return Many(FOREIGN if element is NONE else element)


def of_collection(owner: Many, method: str) -> Value:
    """What a method of a list or a dictionary gives."""
    if method == "items":
        return Many(Parts((FOREIGN, owner.element)))
    if method == "values":
        return Many(owner.element)
    return owner.element if method in ("get", "pop", "popitem", "setdefault") else FOREIGN


def of_builtin(name: str, arguments: list[Value]) -> Value:
    """What a function of Python gives of its first argument."""
    if not arguments:
        return FOREIGN
    first = arguments[0]
    if name in _SAME_ELEMENTS:
        return Many(element_of(first))
    if name in _ONE_ELEMENT:
        return element_of(first)
    if name == "enumerate":
        return Many(Parts((FOREIGN, element_of(first))))
    if name == "zip":
        return Many(Parts(tuple(map(element_of, arguments))))
    return FOREIGN
