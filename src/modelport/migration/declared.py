"""What our classes declare: what their methods return, what their objects are given, which methods only raise.

Annotations are read as text, because some of their names are known to type checkers alone; attributes that methods give
to `self` are read from the source of the classes.
"""

from __future__ import annotations

import ast
import functools
import importlib
import inspect
import pkgutil
import textwrap
from collections.abc import Iterator
from typing import Any

from modelport.migration.values import FOREIGN, NONE, UNKNOWN, Instance, Kind, Many, Parts, Value, joined
from modelport.v1_imports.table import ABSENT_PREFIX, MODULES

_MANY = ("list", "List", "Sequence", "Iterable", "Iterator", "Generator", "set", "frozenset")
_MAPPINGS = ("dict", "Dict", "Mapping")


@functools.cache
def classes() -> dict[str, Kind]:
    """Every class of `sdk` by its name, those of the table under v1's path."""
    found: dict[str, Kind] = {}
    package = importlib.import_module("modelport.sdk")
    for info in pkgutil.iter_modules(package.__path__, "modelport.sdk."):
        for name, value in vars(importlib.import_module(info.name)).items():
            if isinstance(value, type) and value.__module__.startswith("modelport.sdk"):
                found.setdefault(name, Kind(name, f"{info.name}:{name}"))
    for module_name, names in MODULES.items():
        for name, home in names.items():
            if not home.startswith(ABSENT_PREFIX):
                found[home.partition(":")[2]] = Kind(name, home, f"{module_name}.{name}")
    return found


@functools.cache
def returned(function: Any) -> Value:
    """What a function of ours returns, by its annotation."""
    annotation = getattr(function, "__annotations__", {}).get("return")
    if annotation is None:
        return UNKNOWN
    return _of_annotation(ast.parse(annotation if isinstance(annotation, str) else str(annotation), mode="eval").body)


def _of_annotation(node: ast.expr) -> Value:
    if isinstance(node, ast.Constant):
        return _of_annotation(ast.parse(node.value, mode="eval").body) if isinstance(node.value, str) else NONE
    if isinstance(node, ast.Name):
        found = classes().get(node.id)
        return FOREIGN if found is None else Instance(found)
    if isinstance(node, ast.BinOp):
        return joined(_of_annotation(node.left), _of_annotation(node.right))
    if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name):
        return _of_subscript(node.value.id, node.slice)
    return FOREIGN


def _of_subscript(name: str, inside: ast.expr) -> Value:
    parts = inside.elts if isinstance(inside, ast.Tuple) else [inside]
    if name in _MAPPINGS:
        return Many(_of_annotation(parts[-1]), is_mapping=True)
    if name in _MANY:
        return Many(_of_annotation(parts[0]))
    if name in ("tuple", "Tuple"):
        return Parts(tuple(map(_of_annotation, parts)))
    return FOREIGN


@functools.cache
def attributes_of(found: type) -> dict[str, Value]:
    """Attributes that the methods of a class and of its bases assign to `self`, and those that it declares."""
    attributes: dict[str, Value] = {}
    for base in reversed(found.__mro__):
        if base.__module__.startswith("modelport."):
            attributes.update(_assigned(ast.parse(textwrap.dedent(inspect.getsource(base)))))
    return attributes


def _assigned(tree: ast.AST) -> Iterator[tuple[str, Value]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.AnnAssign):
            name = _own(node.target) or (node.target.id if isinstance(node.target, ast.Name) else "")
            if name:
                yield name, _of_annotation(node.annotation)
        elif isinstance(node, ast.Assign):
            for place in node.targets:
                for each in place.elts if isinstance(place, ast.Tuple) else [place]:
                    if _own(each):
                        yield _own(each), _made(node.value)
                    elif isinstance(each, ast.Name) and each.id == "_names":
                        yield from ((name, FOREIGN) for name in ast.literal_eval(node.value))


def _own(node: ast.expr) -> str:
    """The name behind `self.`; empty for anything else."""
    is_own = isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "self"
    return node.attr if is_own and isinstance(node, ast.Attribute) else ""


def _made(node: ast.expr) -> Value:
    """What an assigned expression is, where it names a class of ours."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        found = classes().get(node.func.id)
        return FOREIGN if found is None else Instance(found)
    return FOREIGN


@functools.cache
def reason_raised(function: Any) -> str:
    """The key of the reason that a method raises instead of doing something; empty if it does something."""
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    except (OSError, TypeError, SyntaxError):
        return ""
    body = tree.body[0].body if isinstance(tree.body[0], ast.FunctionDef) else []
    last = body[-1] if body else None
    if not (isinstance(last, ast.Raise) and isinstance(last.exc, ast.Call)):
        return ""
    call = last.exc
    if not (isinstance(call.func, ast.Name) and call.func.id == "not_covered" and len(call.args) > 1):
        return ""
    reason = call.args[1]
    key = reason.slice if isinstance(reason, ast.Subscript) else None
    return str(key.value) if isinstance(key, ast.Constant) else "azure"
