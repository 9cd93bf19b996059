"""`inference_schema` beyond the decorators: its helpers, and the type for Spark's data frames."""

from __future__ import annotations

import datetime
import sys
import types
from typing import Any

import pytest

from modelport.worker.schema import ParameterType, SchemaMismatch, input_schema, output_schema
from modelport.worker.shims import schema_util
from modelport.worker.spark_type import SparkParameterType
from modelport.worker.standard_types import StandardPythonParameterType


class Old(ParameterType):
    """A type of the user's that only the oldest generation can describe."""

    def supported_versions(self) -> list[str]:
        return ["2.0"]


def test_the_versions_are_those_of_every_type() -> None:
    @input_schema("a", StandardPythonParameterType(1))
    @output_schema(Old(1))
    def run(a: int) -> int:
        return a

    assert schema_util.get_supported_versions(run) == ["2.0"]
    assert schema_util.get_supported_versions(len) == ["2.0", "3.0", "3.1"]


def test_all_schemas_are_told_by_module_and_name() -> None:
    @input_schema("a", StandardPythonParameterType(1))
    @output_schema(StandardPythonParameterType("x"))
    def scored(a: int) -> str:
        return str(a)

    found = schema_util.get_schemas_dict()[f"{__name__}.scored"]
    assert found["input_schema"] == schema_util.get_input_schema(scored)
    assert found["output_schema"] == {"type": "string", "example": "x"}
    assert found["versions"] == ["2.0", "3.0", "3.1"]


SCHEMA = {
    "type": "struct",
    "fields": [
        {"name": "n", "type": "long"}, {"name": "day", "type": "date"},
        {"name": "list", "type": {"type": "array", "elementType": "double"}},
        {"name": "price", "type": "decimal(10,2)"},
        {"name": "inner", "type": {"type": "struct", "fields": [{"name": "at", "type": "timestamp"}]}},
    ],
}  # fmt: skip
ROW = '{"n": 1, "day": "2020-01-31", "list": [1.5], "price": 2, "inner": {"at": "2020-01-31T12:00:00Z"}}'


class Frame:
    """What the worker uses of Spark's data frame; the real one needs Java."""

    def __init__(self, rows: Any, schema: Any = None) -> None:
        self.rows = rows
        self.schema = schema

    def limit(self, _: int) -> Frame:
        return self

    def toJSON(self) -> Frame:
        return self

    def collect(self) -> Any:
        return self.rows


@pytest.fixture
def sample(monkeypatch: pytest.MonkeyPatch) -> Frame:
    session = types.SimpleNamespace(createDataFrame=lambda data, schema=None: Frame(data, schema))
    builder = types.SimpleNamespace(getOrCreate=lambda: session)
    monkeypatch.setitem(sys.modules, "pyspark", types.ModuleType("pyspark"))
    sql = types.ModuleType("pyspark.sql")
    sql.SparkSession = types.SimpleNamespace(builder=builder)  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "pyspark.sql", sql)
    return Frame([ROW], types.SimpleNamespace(jsonValue=lambda: SCHEMA))


def test_rows_become_a_frame_of_the_samples_schema(sample: Frame) -> None:
    row = {"n": 7, "day": "2021-02-03", "list": [1, 2], "price": 1, "inner": {"at": "2021-02-03T04:05:06Z"}}
    frame = SparkParameterType(sample).deserialize_input([row])
    assert frame.schema is sample.schema
    assert frame.rows[0]["day"] == datetime.date(2021, 2, 3)
    assert frame.rows[0]["inner"]["at"].hour == 4


def test_rows_may_go_without_the_samples_schema(sample: Frame) -> None:
    frame = SparkParameterType(sample, apply_sample_schema=False).deserialize_input([{"other": 1}])
    assert (frame.rows, frame.schema) == ([{"other": 1}], None)


@pytest.mark.parametrize("wrong", [{}, [{"n": 1}], [{"n": 1, "day": "never"}]])
def test_what_is_no_row_of_the_sample_is_a_mismatch(sample: Frame, wrong: Any) -> None:
    with pytest.raises(SchemaMismatch):
        SparkParameterType(sample).deserialize_input(wrong)


def test_the_rows_are_described(sample: Frame) -> None:
    found = SparkParameterType(sample).input_to_swagger()
    fields = found["items"]["properties"]
    assert fields["n"] == {"type": "integer", "format": "int64"}
    assert fields["list"] == {"type": "array", "items": {"type": "number", "format": "double"}}
    assert fields["inner"]["properties"]["at"] == {"type": "string", "format": "date-time"}
    assert fields["price"] == {"type": "number"}
    assert found["example"][0]["day"] == "2020-01-31"


def test_without_spark_it_says_so() -> None:
    with pytest.raises(TypeError, match="pyspark"):
        SparkParameterType(object())
