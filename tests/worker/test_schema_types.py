"""The parameter types of numpy, pandas and Python, from JSON to the value that run() gets."""

from __future__ import annotations

import datetime
import json
from typing import Any

import numpy
import pandas
import pytest

from modelport.worker.array_types import NumpyParameterType, PandasParameterType
from modelport.worker.schema import SchemaMismatch, input_schema, output_schema, schema_of
from modelport.worker.standard_types import StandardPythonParameterType

FRAME = pandas.DataFrame({"n": [1, 2], "word": ["a", "b"], "day": pandas.to_datetime(["2020-01-01", "2020-01-02"])})


def test_an_array_gets_the_samples_type_and_a_free_first_size() -> None:
    array = NumpyParameterType(numpy.array([[1.0, 2.0]])).deserialize_input([[1, 2], [3, 4], [5, 6]])
    assert (array.dtype, array.shape) == (numpy.float64, (3, 2))


@pytest.mark.parametrize("data", [[[1, 2, 3]], [1, 2], 7, [["x", "y"]], [[1, 2], [3]]])
def test_an_array_of_another_shape_or_type_is_a_mismatch(data: Any) -> None:
    with pytest.raises(SchemaMismatch):
        NumpyParameterType(numpy.array([[1.0, 2.0]])).deserialize_input(data)


def test_an_array_may_have_any_shape_where_none_is_enforced() -> None:
    free = NumpyParameterType(numpy.array([[1.0, 2.0]]), enforce_column_type=False, enforce_shape=False)
    assert free.deserialize_input([1, 2]).tolist() == [1, 2]


def test_texts_of_an_array_are_not_cut_to_the_length_of_the_sample() -> None:
    assert NumpyParameterType(numpy.array(["ab"])).deserialize_input(["abcdef"]).tolist() == ["abcdef"]


def test_a_structured_array_takes_objects_and_rows() -> None:
    kind = NumpyParameterType(numpy.array([(1, "2020-01-01")], dtype=[("n", "i8"), ("day", "M8[D]")]))
    array = kind.deserialize_input([{"n": 5, "day": "2021-02-03"}, [6, "2021-02-04Z"]])
    assert array["n"].tolist() == [5, 6]
    assert array["day"].tolist() == [datetime.date(2021, 2, 3), datetime.date(2021, 2, 4)]


def test_durations_are_read_as_numbers_with_units() -> None:
    kind = NumpyParameterType(numpy.array([1], dtype="m8[s]"))
    assert kind.deserialize_input(["2 minutes"]).tolist() == [datetime.timedelta(minutes=2)]


@pytest.mark.parametrize("orient", ["records", "split", "index", "columns", "values", "table"])
def test_a_frame_comes_back_from_each_orientation(orient: str) -> None:
    kind = PandasParameterType(FRAME, orient=orient)
    data = json.loads(FRAME.to_json(orient=orient, date_format="iso"))
    frame = kind.deserialize_input(data)
    assert frame["n"].tolist() == [1, 2]
    assert frame["word"].tolist() == ["a", "b"]
    assert [moment.day for moment in frame["day"]] == [1, 2]


def test_rows_without_names_get_the_names_of_the_sample() -> None:
    frame = PandasParameterType(FRAME).deserialize_input([[5, "x", "2020-03-04"]])
    assert list(frame.columns) == ["n", "word", "day"]


@pytest.mark.parametrize("data", [[{"n": 1}], 7, [{"n": "x", "word": "a", "day": "2020-01-01"}]])
def test_a_frame_of_other_columns_or_types_is_a_mismatch(data: Any) -> None:
    with pytest.raises(SchemaMismatch):
        PandasParameterType(FRAME).deserialize_input(data)


@pytest.mark.parametrize(
    ("sample", "data", "expected"),
    [
        (1, 2, 2),
        (1.0, 2, 2.0),
        (b"x", "YWI=", b"ab"),
        ((1, 2), [3], (3,)),
        (datetime.date(2020, 1, 1), "2021-02-03", datetime.date(2021, 2, 3)),
        (datetime.time(1), "12:30Z", datetime.time(12, 30, tzinfo=datetime.timezone.utc)),
        ({"any": 1}, {"other": []}, {"other": []}),
        ([StandardPythonParameterType(1.0)], [1, 2], [1.0, 2.0]),
    ],
)
def test_a_value_of_python_is_read_as_the_sample_is(sample: Any, data: Any, expected: Any) -> None:
    found = StandardPythonParameterType(sample).deserialize_input(data)
    assert (found, type(found)) == (expected, type(expected))


@pytest.mark.parametrize(
    ("sample", "data"),
    [(1, "2"), ("a", 1), (1.0, True), ([1], {}), ({}, []), (b"", "%"), (datetime.date(2020, 1, 1), "soon")],
)
def test_a_value_of_another_type_is_a_mismatch(sample: Any, data: Any) -> None:
    with pytest.raises(SchemaMismatch):
        StandardPythonParameterType(sample).deserialize_input(data)


def test_a_mismatch_deep_inside_names_its_place() -> None:
    kind = StandardPythonParameterType({"rows": [StandardPythonParameterType({"n": StandardPythonParameterType(1)})]})
    with pytest.raises(SchemaMismatch, match="the key 'n' is missing"):
        kind.deserialize_input({"rows": [{}]})


def test_a_decorated_function_can_be_called_directly() -> None:
    @input_schema("data", NumpyParameterType(numpy.array([1.0])))
    @input_schema("raw", StandardPythonParameterType({"a": 1}), convert_to_provided_type=False)
    @output_schema(StandardPythonParameterType(1.0))
    def run(data: Any, raw: Any) -> float:
        return float(data.sum()) + len(raw)

    assert run([1, 2], raw={}) == run(numpy.array([1.0, 2.0]), {}) == 3.0
    assert schema_of(run) is not None


def test_a_parameter_that_the_function_lacks_is_refused() -> None:
    with pytest.raises(ValueError, match="@input_schema names the parameter 'dta', but run_of_data\\(\\) has: data"):
        input_schema("dta", StandardPythonParameterType(1))(run_of_data)


def test_an_optional_parameter_needs_a_default() -> None:
    with pytest.raises(ValueError, match="must have a default"):
        input_schema("data", StandardPythonParameterType(1), optional=True)(run_of_data)


def run_of_data(data: object) -> object:
    return data


@pytest.mark.parametrize("orient", ["records", "split", "index", "columns", "values"])
def test_moments_that_pandas_wrote_as_milliseconds_are_read_again(orient: str) -> None:
    frame = pandas.DataFrame({"at": pandas.to_datetime(["2020-01-31", "2021-02-03"]), "n": [1, 2]})
    written = frame.assign(at=[1580428800000, 1612310400000])  # as pandas 1 and 2 write them
    data = json.loads(written.to_json(orient=orient))
    found = PandasParameterType(frame, orient=orient).deserialize_input(data)
    assert [str(each)[:10] for each in found["at"]] == ["2020-01-31", "2021-02-03"]
