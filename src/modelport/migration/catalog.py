"""What the names of v1 lead to here: read from the table of import paths and from the classes themselves."""

from __future__ import annotations

import ast
import functools
import importlib
import inspect
import pkgutil
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from modelport.migration.values import FOREIGN, NONE, UNKNOWN, Instance, Kind, Many, Module, Parts, Value, joined
from modelport.v1_imports.finder import absent_package
from modelport.v1_imports.table import ABSENT_PREFIX, MODULES

_ROOT = "azureml"
_MANY = ("list", "List", "Sequence", "Iterable", "Iterator", "Generator", "set", "frozenset")
_MAPPINGS = ("dict", "Dict", "Mapping")


@dataclass(frozen=True)
class Member:
    """An attribute or method of a class of ours: what using it gives, and how it may be called.

    `absent` is the key of the reason why it only raises; empty for all that work.
    """

    value: Value
    returns: Value = UNKNOWN
    signature: inspect.Signature | None = None
    absent: str = ""


def is_v1(module_name: str) -> bool:
    """Whether an import path belongs to v1."""
    return module_name == _ROOT or module_name.startswith(f"{_ROOT}.")


def has_module(module_name: str) -> bool:
    """Whether the table knows a module, be it as absent."""
    return module_name in MODULES or absent_package(module_name) is not None


def module_member(module_name: str, name: str) -> Value | None:
    """What a name of a module leads to; None if v1's module has no such name here."""
    full = f"{module_name}.{name}"
    home = MODULES.get(module_name, {}).get(name)
    if home is not None:
        found = None if home.startswith(ABSENT_PREFIX) else target(home)
        return Kind(name, home, full) if found is None or callable(found) else FOREIGN
    if full in MODULES:
        return Module(full)
    reason = absent_package(module_name)
    if reason is not None and module_name not in MODULES:
        return Kind(name, f"{ABSENT_PREFIX}{reason}", full)
    return Module(full) if absent_package(full) is not None else None


def names_of(module_name: str) -> Iterator[str]:
    """The names that `import *` takes."""
    yield from MODULES.get(module_name, {})


def absent_reason(kind: Kind) -> str:
    """The key of the reason why a class is absent; empty if it is not."""
    return kind.home[len(ABSENT_PREFIX) :] if kind.home.startswith(ABSENT_PREFIX) else ""


def target(home: str) -> Any:
    """The class or function itself; its module is one of ours."""
    module, _, qualified = home.partition(":")
    return functools.reduce(getattr, qualified.split("."), importlib.import_module(module))


def constructor(kind: Kind) -> Member:
    """How a class is made, or a function called."""
    found = target(kind.home)
    if isinstance(found, type):
        return Member(kind, Instance(kind), _signature(found))
    return Member(kind, _returned(found), _signature(found))


def member(kind: Kind, name: str) -> tuple[Kind, Member] | None:
    """An attribute of a class of ours or of its objects, with the class that has it; None if there is none.

    What is only known to be of a base class, "a Webservice", may have what one of the classes below it has.
    """
    found = target(kind.home)
    if not isinstance(found, type):
        return None
    for candidate in (found, *_below(found)):
        own = _member(kind, candidate, name)
        if own is not None:
            return (kind if candidate is found else _classes().get(candidate.__name__, kind)), own
    return None


def _below(found: type) -> Iterator[type]:
    _classes()  # so that all of them are there
    below: list[type] = type.__subclasses__(found)
    for each in below:
        if each.__module__.startswith("modelport."):
            yield each
            yield from _below(each)


def _member(kind: Kind, found: type, name: str) -> Member | None:
    static = inspect.getattr_static(found, name, None)
    if static is None:
        value = _attributes(found).get(name)
        return Member(value or UNKNOWN) if value is not None or _answers_anything(found) else None
    if isinstance(static, (property, functools.cached_property)):
        function = static.fget if isinstance(static, property) else static.func
        return Member(_returned(function), absent=_raises(function))
    if isinstance(static, type):
        return Member(Kind(f"{kind.name}.{name}", f"{kind.home}.{name}"))
    function = getattr(static, "__func__", static)
    if callable(function):
        bound = not isinstance(static, staticmethod)
        return Member(FOREIGN, _returned(function), _signature(function, bound=bound), _raises(function))
    return Member(FOREIGN)


def _answers_anything(found: type) -> bool:
    return inspect.getattr_static(found, "__getattr__", None) is not None


@functools.cache
def _signature(function: Any, *, bound: bool = False) -> inspect.Signature | None:
    try:
        found = inspect.signature(function)
    except (TypeError, ValueError):
        return None
    return found.replace(parameters=list(found.parameters.values())[1:]) if bound else found


# What is returned: annotations are read as text, because some of their names are known to type checkers alone ---------


@functools.cache
def _classes() -> dict[str, Kind]:
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


def class_named(name: str) -> Kind | None:
    """The class of that name, wherever v1 had it; None if there is none."""
    found = _classes().get(name)
    if found is not None:
        return found
    for module_name, names in MODULES.items():
        if name in names:
            return Kind(name, names[name], f"{module_name}.{name}")
    return None


@functools.cache
def _returned(function: Any) -> Value:
    annotation = getattr(function, "__annotations__", {}).get("return")
    if annotation is None:
        return UNKNOWN
    return _of_annotation(ast.parse(annotation if isinstance(annotation, str) else str(annotation), mode="eval").body)


def _of_annotation(node: ast.expr) -> Value:
    if isinstance(node, ast.Constant):
        return _of_annotation(ast.parse(node.value, mode="eval").body) if isinstance(node.value, str) else NONE
    if isinstance(node, ast.Name):
        found = _classes().get(node.id)
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


# What objects are given in methods of their class: read from our own source ----------------------------------------


@functools.cache
def _attributes(found: type) -> dict[str, Value]:
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
        found = _classes().get(node.func.id)
        return FOREIGN if found is None else Instance(found)
    return FOREIGN


@functools.cache
def _raises(function: Any) -> str:
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


def object_of(kind: Kind) -> Value:
    """An object of a class of v1; nothing for what is no class."""
    return Instance(kind) if absent_reason(kind) or isinstance(target(kind.home), type) else NONE


_TELLING_OF = (
    "Workspace", "Model", "ModelPackage", "Webservice", "LocalWebservice", "AciWebservice", "AksWebservice",
    "AksEndpoint", "Image", "ContainerImage", "Environment", "CondaDependencies", "Keyvault", "ComputeTarget",
)  # fmt: skip
_COMMON = frozenset({
    "run", "list", "delete", "create", "register", "download", "build", "clone", "serialize", "deserialize", "save",
    "pull", "label", "deploy", "setup", "name", "reload", "detach", "attach", "validate",
})  # fmt: skip


@functools.cache
def _telling() -> frozenset[str]:
    classes = [target(_classes()[name].home) for name in _TELLING_OF if name in _classes()]
    names = {name for each in classes for name in dir(each) if not name.startswith("_")}
    others = {name for each in (str, bytes, dict, list, set, tuple, int, float) for name in dir(each)}
    return frozenset(names - others - _COMMON)


def is_telling(name: str) -> bool:
    """Whether a method of this name is hardly anything but v1's, whatever the object is.

    >>> is_telling("wait_for_deployment"), is_telling("run"), is_telling("update")
    (True, False, False)
    """
    return name in _telling()
