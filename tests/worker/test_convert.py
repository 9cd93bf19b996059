"""What run() returns, as an answer: the types of numpy and pandas, responses, and what has no JSON form."""

from __future__ import annotations

import dataclasses
import datetime
import decimal
import enum
import json
import math
import uuid
from pathlib import Path

import numpy
import pandas
import pytest

from modelport.worker.convert import answer_of
from modelport.worker.rawhttp import AMLResponse


class Colour(enum.Enum):
    RED = "red"


@dataclasses.dataclass
class Point:
    x: int


MOMENT = datetime.datetime(2020, 1, 31, 12, 0, tzinfo=datetime.timezone.utc)


@pytest.mark.parametrize(
    ("result", "expected"),
    [
        (numpy.array([[1, 2], [3, 4]]), [[1, 2], [3, 4]]),
        (numpy.float32(0.5), 0.5),
        ({"a": numpy.int64(3), "b": [numpy.bool_(True)]}, {"a": 3, "b": [True]}),
        ({numpy.int64(1): numpy.str_("x")}, {"1": "x"}),
        (numpy.array(["2020-01-31", "NaT"], dtype="datetime64[ns]"), ["2020-01-31T00:00:00.000000000", None]),
        (numpy.timedelta64(1500, "ms"), 1.5),
        (numpy.array([(1, 2.5)], dtype=[("a", "i4"), ("b", "f8")]), [{"a": 1, "b": 2.5}]),
        (pandas.DataFrame({"a": [1, 2], "b": ["x", None]}), [{"a": 1, "b": "x"}, {"a": 2, "b": None}]),
        (pandas.Series([1.5, 2.5]), [1.5, 2.5]),
        ([pandas.Timestamp("2020-01-31"), pandas.NaT], ["2020-01-31T00:00:00", None]),
        (pandas.Timedelta("2s"), 2.0),
        (MOMENT, "2020-01-31T12:00:00+00:00"),
        ([decimal.Decimal("2"), decimal.Decimal("2.5")], [2, 2.5]),
        ([Colour.RED, Point(1)], ["red", {"x": 1}]),
        ([uuid.UUID(int=1), Path("/a")], ["00000000-0000-0000-0000-000000000001", "/a"]),
        ({"a": {"b": frozenset({1})}}, {"a": {"b": [1]}}),
    ],
)
def test_a_value_that_models_return_becomes_json(result: object, expected: object) -> None:
    assert json.loads(answer_of(result).body) == expected


def test_a_column_called_like_a_part_of_a_response_makes_no_response() -> None:
    frame = pandas.DataFrame({"status_code": [500], "message": ["x"]})
    assert json.loads(answer_of(frame).body) == [{"status_code": 500, "message": "x"}]


def test_json_is_written_as_the_standard_library_writes_it() -> None:
    result = {"a": [1, 2.0, None, math.inf], "é": "\u2028"}
    assert answer_of(result).body == json.dumps(result).encode()


@pytest.mark.parametrize(
    ("result", "words"),
    [
        ({"a": [1, {"b": object()}]}, "result['a'][1]['b'] is of type 'object'"),
        (numpy.array([1j]), "'numpy.ndarray'"),
        (lambda: 1, "'function'"),
    ],
)
def test_a_value_without_json_form_is_named_with_its_place(result: object, words: str) -> None:
    answer = answer_of(result)
    assert (answer.problem, answer.status) == ("result-not-serialisable", 502)
    assert words in answer.detail


def test_a_result_that_contains_itself_is_refused() -> None:
    circle: list[object] = []
    circle.append(circle)
    assert "contains itself" in answer_of(circle).detail


def test_a_failing_status_of_a_response_counts_as_a_failed_run() -> None:
    answer = answer_of(AMLResponse({"a": 1}, 503, {"Set-Cookie": ["a=1", "b=2"]}, json_str=True))
    assert (answer.status, answer.body, answer.run_failed) == (503, b'{"a": 1}', True)
    assert list(answer.headers) == [("Set-Cookie", "a=1"), ("Set-Cookie", "b=2")]


def test_a_header_value_cannot_begin_another_header() -> None:
    answer = answer_of(AMLResponse("x", 200, {"X-A": "1\r\nX-B: 2"}))
    assert list(answer.headers) == [("X-A", "1 X-B: 2")]


class ShapedLikeFlask:
    status_code = 202
    content_type = "image/png"

    def __init__(self) -> None:
        self.headers = {"Content-Type": "image/png", "Content-Length": "1", "X-A": "b"}

    def get_data(self) -> bytes:
        return b"p"


def test_a_response_of_flasks_shape_passes_through() -> None:
    answer = answer_of(ShapedLikeFlask())
    assert (answer.status, answer.body, answer.content_type) == (202, b"p", "image/png")
    assert list(answer.headers) == [("X-A", "b")]
