"""The parameter type for Spark data frames; the user's own pyspark does the work."""

import json

from .optional import importable, loaded
from .schema import ParameterType, SchemaMismatch
from .standard_types import parse_date, parse_datetime

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_EXAMPLE_ROWS = 5
_SCALARS = {
    "boolean": {"type": "boolean"},
    "byte": {"type": "integer", "format": "int32"},
    "short": {"type": "integer", "format": "int32"},
    "integer": {"type": "integer", "format": "int32"},
    "long": {"type": "integer", "format": "int64"},
    "float": {"type": "number", "format": "float"},
    "double": {"type": "number", "format": "double"},
    "string": {"type": "string"},
    "binary": {"type": "string", "format": "binary"},
    "date": {"type": "string", "format": "date"},
    "timestamp": {"type": "string", "format": "date-time"},
}  # type: dict[str, dict[str, str]]


class SparkParameterType(ParameterType):
    """A Spark data frame like the sample: a JSON array with one object for each row.

    `apply_sample_schema` makes the frame with the sample's schema; else Spark finds the types out.
    """

    def __init__(self, sample_input: "Any", apply_sample_schema: bool = True) -> None:
        if importable("pyspark") is None:
            raise TypeError("SparkParameterType needs pyspark, which the environment does not have.")
        if not hasattr(sample_input, "schema") or not hasattr(sample_input, "toJSON"):
            raise TypeError("SparkParameterType takes a Spark DataFrame, not %r." % type(sample_input).__name__)
        super(SparkParameterType, self).__init__(sample_input)
        self.apply_sample_schema = apply_sample_schema

    def deserialize_input(self, input_data: "Any") -> "Any":
        """The data frame of a JSON array. Raises `SchemaMismatch`."""
        if isinstance(input_data, self.sample_data_type):
            return input_data
        if not isinstance(input_data, list):
            raise SchemaMismatch("an array of rows is expected, %s came." % type(input_data).__name__)
        session = _sql().SparkSession.builder.getOrCreate()
        if not self.apply_sample_schema:
            return session.createDataFrame(input_data)
        schema = self.sample_input.schema
        try:
            rows = [_converted(row, schema.jsonValue()) for row in input_data]
            return session.createDataFrame(rows, schema=schema)
        except (ValueError, TypeError, KeyError) as error:
            raise SchemaMismatch("no row of the sample's schema can be made of it: %s" % error) from error

    def input_to_swagger(self) -> "dict[str, Any]":
        """The swagger schema of the rows, with the first rows of the sample as example."""
        rows = self.sample_input.limit(_EXAMPLE_ROWS).toJSON().collect()
        items = _described(self.sample_input.schema.jsonValue())
        return {"type": "array", "items": items, "example": [json.loads(row) for row in rows]}


def _sql() -> "Any":
    importable("pyspark.sql")
    return loaded("pyspark.sql")


def _converted(value: "Any", kind: "Any") -> "Any":
    """A JSON value as Spark wants it: dates and times are texts in JSON."""
    name = kind["type"] if isinstance(kind, dict) else kind
    if value is None:
        return None
    if name == "struct":
        return {field["name"]: _converted(value[field["name"]], field["type"]) for field in kind["fields"]}
    if name == "array":
        return [_converted(each, kind["elementType"]) for each in value]
    if name == "map":
        return {key: _converted(each, kind["valueType"]) for key, each in value.items()}
    if name == "date":
        return parse_date(value)
    return parse_datetime(value) if name == "timestamp" else value


def _described(kind: "Any") -> "dict[str, Any]":
    name = kind["type"] if isinstance(kind, dict) else kind
    if name == "struct":
        fields = {field["name"]: _described(field["type"]) for field in kind["fields"]}
        return {"type": "object", "properties": fields}
    if name == "array":
        return {"type": "array", "items": _described(kind["elementType"])}
    if name == "map":
        return {"type": "object", "additionalProperties": _described(kind["valueType"])}
    if str(name).startswith("decimal"):
        return {"type": "number"}
    return dict(_SCALARS.get(name, {"type": "object"}))
