"""Tracebacks, made by Python itself."""

from __future__ import annotations

import traceback

import pytest

from modelport.diagnosis.traceback_reading import Raised, read_traceback


def printed(code):
    try:
        exec(compile(code, "score.py", "exec"), {})
    except BaseException:
        return traceback.format_exc()
    raise AssertionError("nothing was raised")


def test_exception_words_and_way():
    raised = read_traceback(printed("def init():\n    open('/nowhere/model.pkl')\ninit()"))
    assert str(raised) == "FileNotFoundError: [Errno 2] No such file or directory: '/nowhere/model.pkl'"
    assert [(frame.file, frame.line, frame.function) for frame in raised.frames[1:]] == [
        ("score.py", 3, "<module>"), ("score.py", 2, "init"),
    ]  # fmt: skip


def test_modules_of_the_exceptions_name_are_left_out():
    raised = read_traceback(printed("import json\njson.loads('{')"))
    assert raised.kind == "JSONDecodeError"


def test_words_of_several_lines():
    assert read_traceback(printed("raise ValueError('first\\nsecond')")).message == "first\nsecond"


@pytest.mark.parametrize("link", ["raise KeyError('b') from error", "raise KeyError('b')"])
def test_what_led_to_it_comes_before(link):
    raised = read_traceback(printed(f"try:\n    int('x')\nexcept ValueError as error:\n    {link}"))
    assert str(raised) == "KeyError: 'b'"
    assert [before.kind for before in raised.before] == ["ValueError"]


def test_exception_without_words():
    assert read_traceback(printed("raise MemoryError")) == Raised("MemoryError", "", raised_frames())


def raised_frames():
    return read_traceback(printed("raise MemoryError")).frames


@pytest.mark.parametrize("text", ["", "no traceback", "  indented\n"])
def test_other_text_is_no_traceback(text):
    found = read_traceback(text)
    assert found is None or not found.frames
