"""What a loaded script offers, as JSON-ready words for the server: how it is called, and its swagger documents."""

from . import marks, swagger
from .calling import HEADERS_NAME

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from .signature import Parameter

    Json = dict[str, Any]

_ANYTHING = {"type": "object"}  # type: Json
_CONTENT_TYPES = {"schema": ["application/json"], "text": ["*/*"], "raw": ["*/*"]}


def describe_script(run: "Callable[..., Any]", kind: str, parameters: "list[Parameter]", app_root: str) -> "Json":
    """kind (text, schema, raw), decorated, arguments, request_headers, content_types, streaming, swagger by version."""
    return {
        "kind": kind,
        "decorated": kind == "schema",
        "arguments": [each.name for each in parameters if each.name != HEADERS_NAME],
        "request_headers": any(each.name == HEADERS_NAME for each in parameters),
        "content_types": _CONTENT_TYPES[kind],
        "streaming": _is_generator_function(run),
        "swagger": _documents(run, parameters, app_root),
    }


def _is_generator_function(run: "Any") -> bool:
    """Whether `run` always streams: it is written as a generator (0x20) or an async one (0x200)."""
    code = getattr(getattr(run, "__wrapped__", run), "__code__", None)
    return bool(code is not None and code.co_flags & 0x220)


def _documents(run: "Any", parameters: "list[Parameter]", app_root: str) -> "dict[str, Json]":
    try:
        return swagger.documents(_input_schema(run, parameters), _output_schema(run), app_root)
    except Exception as error:
        from .traces import log

        log("The samples of the schema decorators have no JSON form; the generic description is used: %s" % error)
        return swagger.documents(_ANYTHING, _ANYTHING, app_root)


def _input_schema(run: "Any", parameters: "list[Parameter]") -> "Json":
    declared = getattr(run, marks.SCHEMA_MARK, None)
    if declared is None:
        return marks.real_input_schema(run) or _ANYTHING
    if not declared.inputs:
        return _ANYTHING
    parts = []
    for each in parameters:
        if each.name == HEADERS_NAME:
            continue
        known = declared.inputs.get(each.name)
        parts.append((each.name, known.type.input_to_swagger() if known is not None else _ANYTHING, each.required))
    return swagger.object_schema(parts)


def _output_schema(run: "Any") -> "Json":
    declared = getattr(run, marks.SCHEMA_MARK, None)
    if declared is None:
        return marks.real_output_schema(run) if marks.real_input_schema(run) is not None else _ANYTHING
    return declared.output.input_to_swagger() if declared.output is not None else _ANYTHING
