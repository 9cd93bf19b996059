"""A missing component skips a test on a developer's machine and fails it where CI is set."""

from __future__ import annotations

import pytest


def test_a_missing_component_skips_and_says_how_to_get_it(need, monkeypatch):
    monkeypatch.delenv("CI", raising=False)
    with pytest.raises(BaseException, match="to get it: apt install engine") as outcome:
        need("an engine", False, "apt install engine")
    assert outcome.typename == "Skipped"


def test_a_missing_component_fails_where_ci_is_set(need, monkeypatch):
    monkeypatch.setenv("CI", "true")
    with pytest.raises(BaseException, match="needs an engine") as outcome:
        need("an engine", False, "apt install engine")
    assert outcome.typename == "Failed"


def test_a_component_that_is_there_lets_the_test_go_on(need):
    assert need("an engine", True, "apt install engine") is None
