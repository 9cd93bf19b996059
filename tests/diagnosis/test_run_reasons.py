"""What an exception of run() is taken for, where two reasons look alike."""

from __future__ import annotations

import pytest

from modelport.diagnosis.facts import Facts, ScriptFacts
from modelport.diagnosis.run_reasons import reason_of_run
from modelport.diagnosis.script_reading import read_script
from modelport.diagnosis.traceback_reading import Frame, Raised

SCRIPT = """
import json, os
def init():
    global settings
    settings = {}
    os.chdir("/tmp")
def run(data):
    return settings["factor"] * json.loads(data)["x"]
"""
FACTS = Facts(script=ScriptFacts("score.py", SCRIPT.encode(), read_script(SCRIPT)))


def code(kind, message, line, file="score.py", function="run"):
    known = reason_of_run(FACTS, Raised(kind, message, (Frame(file, 8, function, line),)))
    return known.code if known else ""


@pytest.mark.parametrize(
    ("line", "function", "expected"),
    [
        ('json.loads(data)["x"]', "run", "request-key-missing"),
        ("row[name] for row in rows", "<listcomp>", "request-column-missing"),
        ('settings["x"]', "run", ""),
    ],
)
def test_key_that_is_missing_is_blamed_on_what_was_looked_into(line, function, expected):
    assert code("KeyError", "'x'", line, function=function) == expected


def test_variable_of_the_environment_is_no_key_of_the_request():
    assert code("KeyError", "'TOKEN'", 'os.environ["TOKEN"]') == "variable-missing"


def test_recursion_of_the_script_is_not_that_of_a_request():
    words = "maximum recursion depth exceeded"
    assert code("RecursionError", words, "scan_once(s, idx)", file="/lib/json/decoder.py") == "request-too-deep"
    assert code("RecursionError", words, "total(values)", function="total") == "endless-recursion"


@pytest.mark.parametrize(
    ("path", "line", "expected"),
    [
        ("model.json", "open(path)", "working-directory-changed"),
        ("/var/cache/x.json", 'open("/var/cache/x.json", "w")', "folder-missing"),
        ("/data/x.json", 'open("/data/x.json")', ""),
    ],
)
def test_file_that_is_not_there_is_told_apart_by_its_path_and_its_use(path, line, expected):
    assert code("FileNotFoundError", f"[Errno 2] No such file or directory: '{path}'", line) == expected
