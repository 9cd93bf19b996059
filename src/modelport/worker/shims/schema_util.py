"""What `inference_schema.schema_util` offers: the schemas that the decorators declared."""

from ..schema import schema_of
from ..signature import parameters_of
from ..swagger import object_schema

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = ["get_input_schema", "get_output_schema", "get_supported_versions", "is_schema_decorated"]


def is_schema_decorated(func: "Any") -> bool:
    """Whether a function carries schema decorators."""
    return schema_of(func) is not None


def get_input_schema(func: "Any") -> "dict[str, Any]":
    """The swagger schema of the parameters; a bare object where there is none."""
    declared = schema_of(func)
    if declared is None or not declared.inputs:
        return {"type": "object"}
    required = {each.name: each.required for each in parameters_of(declared.function)}
    parts = [(name, each.type.input_to_swagger(), required[name]) for name, each in declared.inputs.items()]
    return object_schema(parts)


def get_output_schema(func: "Any") -> "dict[str, Any]":
    """The swagger schema of the result; a bare object where there is none."""
    declared = schema_of(func)
    if declared is None or declared.output is None:
        return {"type": "object"}
    return declared.output.input_to_swagger()  # type: ignore[no-any-return]


def get_supported_versions(func: "Any") -> "list[str]":  # noqa: ARG001
    """The swagger versions that can describe the function."""
    return ["2.0", "3.0", "3.1"]
