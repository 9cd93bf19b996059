"""Answers are printed as `az` prints them."""

from __future__ import annotations

import json

import pytest
import yaml

from modelport.cli.ml.answer import Plain, picked, text_of
from modelport.errors import UserError

ROWS = [
    {"name": "a", "version": 1, "tags": {"k": "v"}, "note": None},
    {"name": "b", "version": 2, "tags": {}, "note": None},
]


@pytest.mark.parametrize("chosen", [None, "json", "jsonc"])
def test_json_holds_everything(chosen):
    assert json.loads(text_of(ROWS, chosen)) == ROWS


def test_yaml_holds_everything():
    assert yaml.safe_load(text_of(ROWS, "yaml")) == ROWS


def test_tabs_have_a_line_for_each_row_and_no_parts():
    assert text_of(ROWS, "tsv") == "a\t1\t\tNone\nb\t2\t\tNone\n"


def test_tabs_of_one_value_are_the_value():
    assert text_of("http://localhost:1/score", "tsv") == "http://localhost:1/score\n"


def test_table_leaves_out_what_has_parts_and_what_is_nothing():
    assert text_of(ROWS, "table") == "Name  Version\n----  -------\na     1\nb     2\n"


def test_table_of_nothing_is_empty():
    assert text_of([], "table") == ""


@pytest.mark.parametrize("answer", [ROWS, "text", 1])
def test_none_prints_nothing(answer):
    assert text_of(answer, "none") == ""


def test_command_without_an_answer_prints_nothing():
    assert text_of(None, None) == ""


def test_log_is_text_unless_json_is_asked_for():
    assert text_of(Plain("one\ntwo"), None) == "one\ntwo\n"
    assert json.loads(text_of(Plain("one\ntwo"), "json")) == "one\ntwo"


@pytest.mark.parametrize(
    ("query", "expected"), [("[0].name", "a"), ("[?version==`2`].name | [0]", "b"), ("[].version", [1, 2]), ("x", None)]
)
def test_query_picks(query, expected):
    assert picked(ROWS, query) == expected


def test_query_that_is_none_is_told():
    with pytest.raises(UserError) as raised:
        picked(ROWS, "[0")
    assert raised.value.code == "query-invalid"
    assert "'[0'" in raised.value.message
