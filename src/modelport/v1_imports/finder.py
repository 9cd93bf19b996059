"""Answers `import azureml…` with the modules of the table, in front of everybody else or behind them.

In front (`install`): for one program, even where the real packages are installed. Behind (`BEHIND_OTHERS`): for a whole
environment without them; a real package that comes later is found first and wins. What scoring scripts import besides
(`inference_schema` and the like) is answered from behind alone.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Mapping, Sequence
from importlib.abc import Loader
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

from modelport.errors import ConflictError, nearest
from modelport.sdk.absent import REASONS, absent
from modelport.v1_errors import speak_v1
from modelport.v1_imports.stand_ins import STAND_INS
from modelport.v1_imports.table import ABSENT_PACKAGES, ABSENT_PREFIX, MODULES

ROOT = "azureml"
# A scoring script's worker has stand-ins of its own, which know the request that is being answered.
_WORKER = "_modelport_worker"


def install() -> None:
    """Let every `import azureml…` of this process lead to Modelport; once, however often it is called.

    Raises `ConflictError` (`azureml-already-imported`) where the program has the real one already: classes of both
    would meet, and fail later and less clearly.
    """
    foreign = sys.modules.get("azureml.core")
    if foreign is not None and not isinstance(foreign, V1Module):
        raise ConflictError(
            "azureml-already-imported",
            f"azureml.core is already imported, from '{getattr(foreign, '__file__', 'elsewhere')}'.",
            "Put `import modelport.azureml` before the first import of azureml, or start with: modelport run-v1 SCRIPT",
        )
    if IN_FRONT not in sys.meta_path:
        for name in [name for name in sys.modules if _is_v1(name) and not isinstance(sys.modules[name], V1Module)]:
            del sys.modules[name]  # an empty root that another package of the family left at start-up
        sys.meta_path.insert(0, IN_FRONT)
        sys.meta_path.append(BEHIND_OTHERS)


def is_covered(module_name: str) -> bool:
    """Whether an import path of v1 leads to a module here, be it one whose names all say why they are absent.

    >>> is_covered("azureml.core.model"), is_covered("azureml.train.automl"), is_covered("azureml.corr")
    (True, True, False)
    """
    return module_name in MODULES or absent_package(module_name) is not None


def absent_package(module_name: str) -> str | None:
    """The key of the reason why a whole package of v1 is absent, of the nearest package that the table names."""
    names = module_name.split(".")
    parents = (".".join(names[:length]) for length in range(len(names), 0, -1))
    return next((ABSENT_PACKAGES[parent] for parent in parents if parent in ABSENT_PACKAGES), None)


class V1Module(ModuleType):
    """A module of v1: its names are looked up in the table when they are first used."""

    def __getattr__(self, name: str) -> Any:
        value = self._look_up(name)
        setattr(self, name, value)
        return value

    def _look_up(self, name: str) -> Any:
        full_name = f"{self.__name__}.{name}"
        home = _names_of(self.__name__).get(name)
        if home is not None:
            return resolve(full_name, home)
        if full_name in _TABLED:
            return importlib.import_module(full_name)
        reason = absent_package(self.__name__)
        if reason is not None and not name.startswith("_"):
            return absent(full_name, REASONS[reason])
        raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}. {self._hint(name)}".rstrip())

    def _hint(self, name: str) -> str:
        return "" if name.startswith("_") else nearest(name, _names_of(self.__name__))

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *_names_of(self.__name__)})


def resolve(full_name: str, home: str) -> Any:
    """What a row of the table leads to: a class of ours, or a stand-in that says why there is none."""
    if home.startswith(ABSENT_PREFIX):
        return absent(full_name, REASONS[home[len(ABSENT_PREFIX) :]])
    module, _, attribute = home.partition(":")
    return getattr(importlib.import_module(module), attribute)


class _InFront:
    """Answers for all of azureml: with a module, or that there is none, so that no half of the real one is found."""

    def find_spec(self, fullname: str, path: Sequence[str] | None = None, target: object = None) -> ModuleSpec | None:
        """The specification of a module of v1, or None where the name is none of azureml's."""
        _ = path, target
        if is_covered(fullname):
            return _spec(fullname)
        if not _is_v1(fullname):
            return None
        hint = nearest(fullname, MODULES)
        raise ModuleNotFoundError(f"No module named {fullname!r} in Modelport. {hint}".rstrip(), name=fullname)


class _BehindOthers:
    """Answers where nobody else does: for all of azureml, and for the stand-ins of whole packages that are missing."""

    def find_spec(self, fullname: str, path: Sequence[str] | None = None, target: object = None) -> ModuleSpec | None:
        """The specification of a module of the tables, or None; always None in a worker, which has its own."""
        _ = path, target
        if _WORKER in sys.modules:
            return None
        parent = sys.modules.get(fullname.rpartition(".")[0])
        is_stand_in = fullname in STAND_INS and (parent is None or isinstance(parent, V1Module))
        return _spec(fullname) if is_covered(fullname) or is_stand_in else None


def _spec(fullname: str) -> ModuleSpec:
    return ModuleSpec(fullname, _Loader(), origin="modelport", is_package=_is_package(fullname))


class _Loader(Loader):
    """Makes the modules; there is nothing to execute in them."""

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        """A module that knows the table."""
        return V1Module(spec.name, f"{spec.name}, as programs of the Azure ML SDK v1 use it.")

    def exec_module(self, module: ModuleType) -> None:
        """Say which names `import *` takes; whoever imports them reads errors in v1's shape."""
        speak_v1()
        module.__dict__["__all__"] = list(_names_of(module.__name__))


_TABLED = {**MODULES, **STAND_INS}


def _names_of(module_name: str) -> Mapping[str, str]:
    return _TABLED.get(module_name, {})


def _is_v1(module_name: str) -> bool:
    return module_name == ROOT or module_name.startswith(f"{ROOT}.")


def _is_package(module_name: str) -> bool:
    """Whether something may lie below it; of an absent package everything does."""
    return absent_package(module_name) is not None or any(name.startswith(f"{module_name}.") for name in _TABLED)


IN_FRONT = _InFront()
BEHIND_OTHERS = _BehindOthers()
