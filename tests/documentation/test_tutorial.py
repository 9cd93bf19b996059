"""The tutorial: each block runs in its order and prints what the page says, but for times, ports, ids and paths."""

from __future__ import annotations

import re

import pytest
from tests.documentation.tutorial import PAGE, ROOT, blocks, run_apart

TEXT = PAGE.read_text(encoding="utf-8")
VARYING = (
    (r"[0-9a-f]{8}-[0-9a-f-]{27}", "ID"),
    (r"\b(?=[a-f]*\d)[0-9a-f]{8,}\b", "ID"),
    (r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?Z?", "TIME"),
    (r"(/[\w.@+-]+)+/", "/"),
    (r"\d+(\.\d+)?", "0"),
    (r" +", " "),
)


def essence(output):
    """The lines without what differs between two runs; sorted, as log lines of one moment may change places."""
    lines = []
    for line in output.splitlines():
        for pattern, word in VARYING:
            line = re.sub(pattern, word, line)
        if line.strip() and not re.fullmatch(r"[\s~^]+", line):  # the marks below a traceback's line differ by version
            lines.append(line.strip())
    return sorted(lines)


@pytest.fixture(scope="module")
def printed():
    return run_apart([(kind, content) for kind, content, _ in blocks(TEXT)])


def test_every_block_prints_what_the_tutorial_says(printed):
    expected = [essence(output) for _, _, output in blocks(TEXT)]
    assert [essence(output) for output in printed] == expected


def test_the_tutorial_has_both_ways():
    assert {kind for kind, _, _ in blocks(TEXT)} == {"python", "console"}


def test_the_script_that_is_shown_is_the_one_of_the_example():
    assert f"```py\n{(ROOT / 'examples/diabetes/score.py').read_text(encoding='utf-8')}```" in TEXT


def test_another_output_is_seen():
    assert essence("state running 4711\n") == essence("state  running 12\n")
    assert essence("state running\n") != essence("state failed\n")


def test_the_program_in_the_readme_runs():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    program = re.search(r"^```python\n(.*?)^```", readme, re.MULTILINE | re.DOTALL).group(1)
    *_, printed = run_apart([("console", "python train.py"), ("python", program)])
    assert re.search(r"^http://localhost:\d+/score\n\[\d+\.\d+\]$", printed, re.MULTILINE)
