"""What the names of v1 lead to here: read from the table of import paths and from the classes themselves."""

from __future__ import annotations

import functools
import importlib
import inspect
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from modelport.migration.declared import attributes_of, classes, reason_raised, returned
from modelport.migration.values import FOREIGN, NONE, UNKNOWN, Instance, Kind, Module, Value
from modelport.sdk.absent import REASONS, AbsentType
from modelport.v1_imports.finder import absent_package
from modelport.v1_imports.table import ABSENT_PREFIX, MODULES

_ROOT = "azureml"


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
        if isinstance(found, AbsentType):
            return Kind(name, _absent_home(found), full)
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


def _absent_home(stand_in: AbsentType) -> str:
    """The home of what our classes have a stand-in for: the key of its reason, found by its sentences."""
    keys = (key for key, reason in REASONS.items() if reason == stand_in._modelport_reason)
    return f"{ABSENT_PREFIX}{next(keys, 'azure')}"


def target(home: str) -> Any:
    """The class or function itself; its module is one of ours."""
    module, _, qualified = home.partition(":")
    return functools.reduce(getattr, qualified.split("."), importlib.import_module(module))


def constructor(kind: Kind) -> Member:
    """How a class is made, or a function called."""
    found = target(kind.home)
    if isinstance(found, type):
        return Member(kind, Instance(kind), _signature(found))
    return Member(kind, returned(found), _signature(found))


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
            return (kind if candidate is found else classes().get(candidate.__name__, kind)), own
    return None


def _below(found: type) -> Iterator[type]:
    classes()  # so that all of them are there
    below: list[type] = type.__subclasses__(found)
    for each in below:
        if each.__module__.startswith("modelport."):
            yield each
            yield from _below(each)


def _member(kind: Kind, found: type, name: str) -> Member | None:
    static = inspect.getattr_static(found, name, None)
    if static is None:
        value = attributes_of(found).get(name)
        return Member(value or UNKNOWN) if value is not None or _answers_anything(found) else None
    if isinstance(static, (property, functools.cached_property)):
        function = static.fget if isinstance(static, property) else static.func
        return Member(returned(function), absent=reason_raised(function))
    if isinstance(static, AbsentType):
        inner = Kind(f"{kind.name}.{name}", _absent_home(static))
        return Member(inner, Instance(inner), absent=absent_reason(inner))
    if isinstance(static, type):
        return Member(Kind(f"{kind.name}.{name}", f"{kind.home}.{name}"))
    function = getattr(static, "__func__", static)
    if callable(function):
        bound = not isinstance(static, staticmethod)
        return Member(FOREIGN, returned(function), _signature(function, bound=bound), reason_raised(function))
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


def class_named(name: str) -> Kind | None:
    """The class of that name, wherever v1 had it; None if there is none."""
    found = classes().get(name)
    if found is not None:
        return found
    for module_name, names in MODULES.items():
        if name in names:
            return Kind(name, names[name], f"{module_name}.{name}")
    return None


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
    telling = [target(known.home) for name, known in classes().items() if name in _TELLING_OF]
    names = {name for each in telling for name in dir(each) if not name.startswith("_")}
    others = {name for each in (str, bytes, dict, list, set, tuple, int, float) for name in dir(each)}
    return frozenset(names - others - _COMMON)


def is_telling(name: str) -> bool:
    """Whether a method of this name is hardly anything but v1's, whatever the object is.

    >>> is_telling("wait_for_deployment"), is_telling("run"), is_telling("update")
    (True, False, False)
    """
    return name in _telling()
