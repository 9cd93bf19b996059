"""The look at a script before anything starts."""

from __future__ import annotations

from pathlib import Path

import pytest

from modelport.worker.check import check_script
from modelport.worker.problem import ScriptProblem

GOOD_INIT = "def init():\n    pass\n"


def _check(directory: Path, source: str, name: str = "score.py"):
    path = directory / name
    path.write_text(source)
    return check_script(str(path))


@pytest.mark.parametrize(
    ("source", "code", "line"),
    [
        ("def init(:\n", "script-syntax", 1),
        ("x = '\0'", "script-syntax", 0),
        ("def run(data): pass\n", "script-no-init", 0),
        (GOOD_INIT, "script-no-run", 0),
        ("def init(model):\n    pass\ndef run(data): pass\n", "script-signature", 1),
        (GOOD_INIT + "def run():\n    pass\n", "script-signature", 3),
        (GOOD_INIT + "def run(request_headers): pass\n", "script-signature", 3),
        (GOOD_INIT + "def run(data, more): pass\n", "script-signature", 3),
        (GOOD_INIT + "def run(*data): pass\n", "script-signature", 3),
        (GOOD_INIT + "def run(data, **more): pass\n", "script-signature", 3),
        (GOOD_INIT + "def run(data, /): pass\n", "script-signature", 3),
    ],
)
def test_a_script_that_cannot_serve_is_refused_with_its_line(
    tmp_path: Path, source: str, code: str, line: int
) -> None:
    with pytest.raises(ScriptProblem) as caught:
        _check(tmp_path, source)
    assert (caught.value.code, 0 if code == "script-syntax" and "\0" in source else caught.value.line) == (code, line)


@pytest.mark.parametrize(
    ("source", "kind", "arguments"),
    [
        (GOOD_INIT + "def run(data): pass\n", "text", ["data"]),
        (GOOD_INIT + "async def run(data, request_headers, n=1): pass\n", "text", ["data", "n"]),
        (GOOD_INIT + "@input_schema('a', x)\n@s.input_schema('b', x)\ndef run(a, b): pass\n", "schema", ["a", "b"]),
        (GOOD_INIT + "@rawhttp\ndef run(request): pass\n", "raw", ["request"]),
        (GOOD_INIT + "@timed\ndef run(*a): pass\n", "unknown", []),
        ("from handlers import init, run\n", "unknown", []),
        ("from handlers import *\n", "unknown", []),
        ("import handlers\ninit, run = handlers.init, handlers.run\n", "unknown", []),
        ("try:\n    import run\nexcept ImportError:\n    run = None\nif 1:\n    def init(n=1): pass\n", "unknown", []),
    ],
)
def test_a_usable_script_is_outlined(tmp_path: Path, source: str, kind: str, arguments: list[str]) -> None:
    outline = _check(tmp_path, source)
    assert (outline.kind, outline.arguments) == (kind, arguments)


@pytest.mark.parametrize("name", ["my-score.py", "class.py", "score.txt"])
def test_a_name_that_cannot_be_imported_is_refused_with_another(tmp_path: Path, name: str) -> None:
    with pytest.raises(ScriptProblem) as caught:
        _check(tmp_path, GOOD_INIT, name)
    assert caught.value.code == "script-name"


def test_a_missing_script_is_told(tmp_path: Path) -> None:
    with pytest.raises(ScriptProblem, match="does not exist") as caught:
        check_script(str(tmp_path / "score.py"))
    assert caught.value.code == "script-missing"
