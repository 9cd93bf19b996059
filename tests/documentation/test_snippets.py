"""The Python in the pages is Python, and the scoring scripts among it can be served."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from tests.worker.interpreters import run_beside_worker

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
PAGES += sorted((ROOT / "src/modelport/explanations").glob("*.md"))
BLOCK = re.compile(r"^```py(?:thon)?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SNIPPETS = [
    pytest.param(code, id=f"{path.relative_to(ROOT)}:{number}")
    for path in PAGES
    for number, code in enumerate(BLOCK.findall(path.read_text(encoding="utf-8")), 1)
]
SCRIPTS = [snippet for snippet in SNIPPETS if "def init(" in snippet.values[0] and "def run(" in snippet.values[0]]
LOAD = "from _modelport_worker import script; print(script.load_script('score.py').kind)"


@pytest.mark.parametrize("code", SNIPPETS)
def test_a_snippet_parses(code):
    ast.parse(code)


@pytest.mark.parametrize("code", SCRIPTS)
def test_a_scoring_script_loads(code, tmp_path):
    (tmp_path / "score.py").write_text(code)
    done = run_beside_worker(LOAD, tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() in ("text", "schema", "raw")


def test_scripts_are_found():
    assert len(SCRIPTS) >= 6
