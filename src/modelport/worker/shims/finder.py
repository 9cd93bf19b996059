"""Offers the stand-ins to `import`, name by name, without a path entry and without hiding what the user has.

`azureml.core` and `azureml.exceptions` are ours even where the real ones are installed (they belong together, and the
real ones reach for a service that a replica does not have), unless the user's own folder brings them. Everything else
is ours only where nobody else has it: a real package wins, and its missing parts are not filled up with ours, except
in `azureml` and `azureml.contrib`, which several distributions share.

`debugpy` is always the user's own, and adapted to a service when it is imported; where it is there, `ptvsd` is ours.
"""

import sys
from importlib.machinery import ModuleSpec, PathFinder

from .. import marks

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any

# Each public module: the module here that has what it offers ("" for none), and the names of submodules, if a package.
_PACKAGE, _MODULE = True, False
SHIMS = {
    "azureml": (_PACKAGE, ""),
    "azureml.core": (_PACKAGE, "core"),
    "azureml.core.model": (_MODULE, "model"),
    "azureml.exceptions": (_MODULE, "exceptions"),
    "azureml.contrib": (_PACKAGE, ""),
    "azureml.contrib.services": (_PACKAGE, "raw_http"),
    "azureml.contrib.services.aml_request": (_MODULE, "raw_http"),
    "azureml.contrib.services.aml_response": (_MODULE, "raw_http"),
    "azureml.monitoring": (_MODULE, "monitoring"),
    "azureml_inference_server_http": (_PACKAGE, ""),
    "azureml_inference_server_http.api": (_PACKAGE, ""),
    "azureml_inference_server_http.log_config": (_MODULE, "log_config"),
    "azureml_inference_server_http.api.aml_request": (_MODULE, "raw_http"),
    "azureml_inference_server_http.api.aml_response": (_MODULE, "raw_http"),
    "inference_schema": (_PACKAGE, ""),
    "inference_schema.schema_decorators": (_MODULE, "decorators"),
    "inference_schema.schema_util": (_MODULE, "schema_util"),
    "inference_schema.parameter_types": (_PACKAGE, ""),
    "inference_schema.parameter_types.abstract_parameter_type": (_MODULE, "abstract_type"),
    "inference_schema.parameter_types.numpy_parameter_type": (_MODULE, "array_types"),
    "inference_schema.parameter_types.pandas_parameter_type": (_MODULE, "array_types"),
    "inference_schema.parameter_types.spark_parameter_type": (_MODULE, "spark_type"),
    "inference_schema.parameter_types.standard_py_parameter_type": (_MODULE, "standard_type"),
    "ptvsd": (_MODULE, "ptvsd"),
}  # type: dict[str, tuple[bool, str]]
_SHARED = ("azureml", "azureml.contrib")
_FIRST = ("azureml.core", "azureml.core.model", "azureml.exceptions")


def install(app_root: str) -> None:
    """Put the finders into the import system; once for a process, however often it is called."""
    for finder in list(sys.meta_path):
        if isinstance(finder, (_BeforeOthers, _AfterOthers)):
            sys.meta_path.remove(finder)
    sys.meta_path.insert(0, _BeforeOthers(app_root))
    sys.meta_path.append(_AfterOthers())


class ShimModule(type(sys)):  # type: ignore[misc]
    """A stand-in module; it says what it offers when asked for something else."""

    def __getattr__(self, name: str) -> "Any":
        if name.startswith("__"):
            raise AttributeError(name)
        offered = ", ".join(sorted(each for each in vars(self) if not each.startswith("_"))) or "no names"
        raise AttributeError("'%s' has no '%s' in a running service; it offers: %s" % (self.__name__, name, offered))


class _BeforeOthers(object):
    """Asked before anybody else: offers what is always ours."""

    def __init__(self, app_root: str) -> None:
        self._app_root = app_root

    def find_spec(self, fullname: str, path: "Any" = None, target: "Any" = None) -> "ModuleSpec | None":
        """The specification of a stand-in, or None to let the others look."""
        if fullname == "debugpy":
            return _adapted(PathFinder.find_spec(fullname, path))
        if fullname == "ptvsd":
            ours = PathFinder.find_spec("debugpy") is not None and not self._user_has(fullname, path)
            return _spec(fullname) if ours else None
        if fullname not in _FIRST:
            return None
        parent = sys.modules.get("azureml.core")
        if fullname == "azureml.core.model" and not isinstance(parent, ShimModule):
            return None
        return None if self._user_has(fullname, path) else _spec(fullname)

    def _user_has(self, fullname: str, path: "Any") -> bool:
        """Whether the user's own folder, not an environment inside it, brings this module."""
        found = PathFinder.find_spec(fullname, path)
        origin = getattr(found, "origin", None) or ""
        return origin.startswith(self._app_root.rstrip("/") + "/") and "-packages" not in origin


class _AfterOthers(object):
    """Asked when nobody has the module: offers what is left."""

    def find_spec(self, fullname: str, path: "Any" = None, target: "Any" = None) -> "ModuleSpec | None":
        """The specification of a stand-in, or None where the name is none of ours."""
        if fullname not in SHIMS:
            return None
        parent = fullname.rpartition(".")[0]
        if parent and parent not in _SHARED and not isinstance(sys.modules.get(parent), ShimModule):
            return None
        return _spec(fullname)


def _spec(fullname: str) -> ModuleSpec:
    is_package, source = SHIMS[fullname]
    loader = _ShimLoader(source)  # type: Any
    return ModuleSpec(fullname, loader, origin="modelport", is_package=is_package)


def _adapted(spec: "ModuleSpec | None") -> "ModuleSpec | None":
    """The specification of the user's debugpy, with our part added when it is loaded."""
    if spec is not None and spec.loader is not None:
        spec.loader = _Adapting(spec.loader)  # type: ignore[assignment]
    return spec


class _Adapting(object):
    """A loader that adapts debugpy when the real one has loaded it, and leaves no trace."""

    def __init__(self, real: "Any") -> None:
        self._real = real

    def create_module(self, spec: ModuleSpec) -> "Any":
        """Whatever the real loader makes."""
        return self._real.create_module(spec)

    def exec_module(self, module: "ModuleType") -> None:
        """Load it, and adapt it."""
        from ..debugger import adapt

        if module.__spec__ is not None:
            module.__spec__.loader = self._real
        module.__loader__ = self._real
        self._real.exec_module(module)
        adapt(module)


class _ShimLoader(object):
    """Fills a stand-in with the names of the module here that has them."""

    def __init__(self, source: str) -> None:
        self._source = source

    def create_module(self, spec: ModuleSpec) -> "ModuleType":
        """An empty stand-in."""
        return ShimModule(spec.name)

    def exec_module(self, module: "ModuleType") -> None:
        """Fill it."""
        setattr(module, marks.SHIM_MARK, True)
        if not self._source:
            return
        from importlib import import_module

        source = import_module("." + self._source, __package__)
        for name in source.__all__:
            setattr(module, name, getattr(source, name))
