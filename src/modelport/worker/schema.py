"""The schema decorators: which parameters `run()` has, of which types, and what it returns.

`@input_schema` may be stacked, one for each parameter; the function that results converts its arguments and can be
called directly, in a test for example. A value that does not fit raises `SchemaMismatch`, which a service answers with
400 (v1 answered 500, as if the script had failed).
"""

import functools

from .marks import SCHEMA_MARK
from .signature import parameters_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    Function = Callable[..., Any]


_declared = []  # type: list[FunctionSchema]


class SchemaMismatch(ValueError):
    """A value of a request does not fit the schema that the script declares."""


class ParameterType(object):
    """The base of all parameter types: a sample, a way from JSON to the sample's type, and a swagger description."""

    def __init__(self, sample_input: "Any") -> None:
        self.sample_input = sample_input
        self.sample_data_type = type(sample_input)

    def deserialize_input(self, input_data: "Any") -> "Any":
        """The value that `run()` gets for a JSON value. Raises `SchemaMismatch`."""
        return input_data

    def input_to_swagger(self) -> "dict[str, Any]":
        """The swagger schema of the type, with an example."""
        return {"type": "object", "example": self.sample_input}

    def supported_versions(self) -> "list[str]":
        """The swagger versions that can describe the type."""
        return ["2.0", "3.0", "3.1"]


class Input(object):
    """What is declared of one parameter."""

    __slots__ = ("convert", "optional", "type")

    def __init__(self, parameter_type: "Any", convert: bool, optional: bool) -> None:
        self.type = parameter_type
        self.convert = convert
        self.optional = optional


class FunctionSchema(object):
    """What the decorators declare of one function."""

    def __init__(self, function: "Function") -> None:
        self.function = function
        self.inputs = {}  # type: dict[str, Input]
        self.output = None  # type: Any

    def convert(self, name: str, value: "Any") -> "Any":
        """The value that the function gets for one parameter. Raises `SchemaMismatch`, naming the parameter."""
        declared = self.inputs.get(name)
        if declared is None or not declared.convert:
            return value
        if isinstance(value, declared.type.sample_data_type) and not isinstance(value, (dict, list, str, bytes)):
            return value
        try:
            return declared.type.deserialize_input(value)
        except Exception as error:
            raise SchemaMismatch("The value of '%s' does not fit its schema: %s" % (name, error)) from error


def input_schema(
    param_name: str, param_type: "Any", convert_to_provided_type: bool = True, optional: bool = False
) -> "Callable[[Function], Function]":
    """Declare the type of one parameter of `run()`.

    `convert_to_provided_type=False` hands the JSON value over as it is; `optional` lets a request leave it out, and the
    function's own default applies. Raises `TypeError` for a type that is none, `ValueError` for an unknown parameter.
    """
    _require_type(param_type, "input_schema")

    def decorate(function: "Function") -> "Function":
        decorated, schema = _decorated(function)
        _require_parameter(schema.function, param_name, optional)
        schema.inputs[param_name] = Input(param_type, convert_to_provided_type, optional)
        return decorated

    return decorate


def output_schema(output_type: "Any") -> "Callable[[Function], Function]":
    """Declare the type of what `run()` returns; it describes, the result itself is not converted."""
    _require_type(output_type, "output_schema")

    def decorate(function: "Function") -> "Function":
        decorated, schema = _decorated(function)
        schema.output = output_type
        return decorated

    return decorate


def _require_type(value: object, decorator: str) -> None:
    if not hasattr(value, "deserialize_input") or isinstance(value, type):
        raise TypeError(
            "@%s takes a parameter type such as NumpyParameterType(sample), not %r." % (decorator, type(value).__name__)
        )


def _require_parameter(function: "Function", name: str, optional: bool) -> None:
    known = {each.name: each for each in parameters_of(function)}
    if name not in known:
        raise ValueError(
            "@input_schema names the parameter '%s', but %s() has: %s."
            % (name, function.__name__, ", ".join(known) or "none")
        )
    if optional and known[name].required:
        words = "'%s' is optional in its schema, so %s() must have a default for it."
        raise ValueError(words % (name, function.__name__))


def schema_of(function: "Any") -> "FunctionSchema | None":
    """What the decorators declare of a function, also through other decorators that keep its attributes."""
    found = getattr(function, SCHEMA_MARK, None)
    return found if isinstance(found, FunctionSchema) else None


def declared_schemas() -> "list[FunctionSchema]":
    """What the decorators declared of all functions of this process."""
    return list(_declared)


def _decorated(function: "Function") -> "tuple[Function, FunctionSchema]":
    """The converting function and its schema: made once, and shared by all decorators of the same function."""
    schema = schema_of(function)
    if schema is not None:
        return function, schema
    schema = FunctionSchema(function)
    _declared.append(schema)
    names = [each.name for each in parameters_of(function)]

    @functools.wraps(function)
    def converting(*args: "Any", **kwargs: "Any") -> "Any":
        kwargs.update(zip(names, args))
        for name in schema.inputs:
            if name in kwargs:
                kwargs[name] = schema.convert(name, kwargs[name])
        return function(*args[len(names) :], **kwargs)

    setattr(converting, SCHEMA_MARK, schema)
    return converting, schema
