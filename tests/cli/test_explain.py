"""`modelport explain`: the page of a code, the list of codes, and the nearest code."""

from __future__ import annotations

import pytest

from modelport.cli.explain import codes, meaning_of


def test_page_is_printed_as_it_is_in_a_pipe(cli):
    shown = cli("explain", "port-in-use").stdout
    assert shown.startswith("# port-in-use\n")
    assert "## What to do" in shown


def test_code_may_be_copied_with_its_brackets(cli):
    assert cli("explain", "[port-in-use]").exit_code == 0


def test_list_has_every_code_with_its_meaning(cli):
    listed = cli("explain", "--list", "-o", "json").json
    assert [each["code"] for each in listed] == codes()


@pytest.mark.parametrize("code", codes())
def test_every_page_says_in_one_paragraph_what_the_code_means(code):
    assert meaning_of(code).endswith(".")


def test_misspelt_code_names_the_nearest(cli):
    result = cli("explain", "port-in-uze")
    assert result.exit_code == 4
    assert "Did you mean 'port-in-use'?" in result.stderr


def test_code_outside_the_folder_is_unknown(cli):
    assert cli("explain", "../naming").exit_code == 4


def test_no_code_is_asked_for(cli):
    assert cli("explain").exit_code == 2
