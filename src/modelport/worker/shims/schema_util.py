"""What `inference_schema.schema_util` offers: the schemas that the decorators declared."""

from ..schema import declared_schemas, schema_of
from ..signature import parameters_of
from ..swagger import object_schema

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..schema import FunctionSchema

__all__ = [
    "get_input_schema",
    "get_output_schema",
    "get_schemas_dict",
    "get_supported_versions",
    "is_schema_decorated",
]

_VERSIONS = ("2.0", "3.0", "3.1")


def is_schema_decorated(func: "Any") -> bool:
    """Whether a function carries schema decorators."""
    return schema_of(func) is not None


def get_input_schema(func: "Any") -> "dict[str, Any]":
    """The swagger schema of the parameters; a bare object where there is none."""
    declared = schema_of(func)
    return _input_of(declared) if declared is not None else {"type": "object"}


def get_output_schema(func: "Any") -> "dict[str, Any]":
    """The swagger schema of the result; a bare object where there is none."""
    declared = schema_of(func)
    return _output_of(declared) if declared is not None else {"type": "object"}


def get_supported_versions(func: "Any") -> "list[str]":
    """The swagger versions in which every type of the function can be described."""
    declared = schema_of(func)
    return _versions_of(declared) if declared is not None else list(_VERSIONS)


def get_schemas_dict() -> "dict[str, dict[str, Any]]":
    """Module and name of each decorated function -> its `input_schema`, `output_schema` and `versions`."""
    found = {}  # type: dict[str, dict[str, Any]]
    for declared in declared_schemas():
        name = "%s.%s" % (declared.function.__module__, declared.function.__name__)
        found[name] = {"versions": _versions_of(declared)}
        if declared.inputs:
            found[name]["input_schema"] = _input_of(declared)
        if declared.output is not None:
            found[name]["output_schema"] = _output_of(declared)
    return found


def _input_of(declared: "FunctionSchema") -> "dict[str, Any]":
    if not declared.inputs:
        return {"type": "object"}
    required = {each.name: each.required for each in parameters_of(declared.function)}
    parts = [(name, each.type.input_to_swagger(), required[name]) for name, each in declared.inputs.items()]
    return object_schema(parts)


def _output_of(declared: "FunctionSchema") -> "dict[str, Any]":
    if declared.output is None:
        return {"type": "object"}
    return declared.output.input_to_swagger()  # type: ignore[no-any-return]


def _versions_of(declared: "FunctionSchema") -> "list[str]":
    types = [each.type for each in declared.inputs.values()] + [declared.output]
    told = [each.supported_versions() for each in types if hasattr(each, "supported_versions")]
    return [version for version in _VERSIONS if all(version in versions for versions in told)]
