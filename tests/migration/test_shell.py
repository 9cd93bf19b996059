"""Calls of `az ml` are found in shell text, with their words and lines."""

from __future__ import annotations

import pytest

from modelport.migration.shell import az_lines


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("az ml model list", ["model", "list"]),
        ("az   ml service show -n x | jq .name", ["service", "show", "-n", "x"]),
        ("X=$(az ml model list --query '[0]' -o tsv)", ["model", "list", "--query", "[0]", "-o", "tsv"]),
        ("az ml model list > out.txt", ["model", "list"]),
        ("az ml model list 2>&1", ["model", "list"]),
        ("az ml service run -n x -d '{\"a\": 1; 2}' && echo", ["service", "run", "-n", "x", "-d", '{"a": 1; 2}']),
        ("az ml model deploy -m $(NAME):$(VERSION) -n x", ["model", "deploy", "-m", "$(NAME):$(VERSION)", "-n", "x"]),
        ("az ml model list `\n  -l", ["model", "list", "-l"]),
        ("inlineScript: 'az ml folder attach'", ["folder", "attach"]),
        ("az ml service run -d 'unclosed", ["service", "run", "-d", "unclosed"]),
    ],
)
def test_words_of_a_call(text, words):
    assert [found for _, found in az_lines(text)] == [words]


def test_every_call_has_its_line():
    assert [line for line, _ in az_lines("set -e\naz ml model list \\\n -l\n\naz ml service list")] == [2, 5]


@pytest.mark.parametrize("text", ["# az ml model list", "az mlx", "gaz ml model", "az login", "quaz ml"])
def test_what_is_no_call(text):
    assert list(az_lines(text)) == []
