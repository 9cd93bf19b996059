"""How the tests themselves are written: no silent skips, no doubles of our own code."""

from __future__ import annotations

import re

import pytest

SKIP = re.compile(r"pytest\.(skip|importorskip|xfail)\b|mark\.(skip|skipif|xfail)\b|unittest\.skip")
DOUBLE = re.compile(r"\bunittest\.mock\b|\bMagicMock\b|\bfrom mock import\b|\bmocker\b")


@pytest.fixture(scope="module")
def texts(root):
    own = {root / "tests/conftest.py", root / "tests/architecture/test_rules_of_tests.py"}
    users = root / "tests/corpus"  # what users wrote, broken on purpose
    paths = [path for path in sorted((root / "tests").rglob("*.py")) if path not in own and users not in path.parents]
    return {str(path.relative_to(root)): path.read_text(encoding="utf-8") for path in paths}


def lines_with(texts, pattern):
    return [
        f"{name}:{number}: {line.strip()}"
        for name, text in texts.items()
        for number, line in enumerate(text.splitlines(), start=1)
        if pattern.search(line)
    ]


def test_tests_are_skipped_through_need_alone(texts):
    assert lines_with(texts, SKIP) == []


def test_our_own_code_is_never_mocked(texts):
    assert lines_with(texts, DOUBLE) == []


def test_a_skip_and_a_double_are_found():
    texts = {"a": "@pytest.mark.skipif(True)\nfrom unittest.mock import patch\n"}
    assert [lines_with(texts, rule) for rule in (SKIP, DOUBLE)] == [
        ["a:1: @pytest.mark.skipif(True)"],
        ["a:2: from unittest.mock import patch"],
    ]
