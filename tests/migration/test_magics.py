"""What IPython adds to Python is taken out, and every line keeps its number."""

from __future__ import annotations

import ast

import pytest

from modelport.migration.magics import plain_python


@pytest.mark.parametrize(
    ("text", "python", "shell"),
    [
        ("x = 1\ny = 2", "x = 1\ny = 2", []),
        ("%matplotlib inline\nx = 1", "pass\nx = 1", []),
        ("x = 1\n!az ml model list", "x = 1\npass", [(2, "az ml model list")]),
        ("if True:\n    !pip install x\n    y = 1", "if True:\n    pass\n    y = 1", [(2, "pip install x")]),
        ("files = !ls\nx = files", "files = ''\nx = files", [(1, "ls")]),
        ("%time fit()\nx = 1", "fit()\nx = 1", []),
        ("help?\nx = 1", "pass\nx = 1", []),
        ("%%time\nx = 1", "\nx = 1", []),
        ("%%bash\naz ml model list\naz ml service list", "", [(2, "az ml model list\naz ml service list")]),
        ("%%html\n<b>", "", []),
        ("!az ml model list \\\n  -l\nx = 1", "pass\n\nx = 1", [(1, "az ml model list \\\n  -l")]),
    ],
)
def test_magics(text, python, shell):
    assert plain_python(text) == (python, shell)
    ast.parse(python)


def test_line_of_a_text_that_looks_like_a_magic_stays():
    text = 'note = """\n%s is\n!important\n"""'
    assert plain_python(text) == (text, [])


def test_what_is_no_python_at_all_stays_as_it_is():
    assert plain_python("print 'two'")[0] == "print 'two'"
