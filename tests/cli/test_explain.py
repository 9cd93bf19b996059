"""`modelport explain`: the page of a code, the list of codes, and the nearest code."""

from __future__ import annotations

import pytest

from modelport.cli.explain import codes, meaning_of, reasons
from modelport.services.status import SERVICE_WORDS, STATES


def test_page_is_printed_as_it_is_in_a_pipe(cli):
    shown = cli("explain", "port-in-use").stdout
    assert shown.startswith("# port-in-use\n")
    assert "## What to do" in shown


def test_code_may_be_copied_with_its_brackets(cli):
    assert cli("explain", "[port-in-use]").exit_code == 0


def test_list_has_every_code_with_its_meaning(cli):
    listed = cli("explain", "--list", "-o", "json").json
    assert [each["code"] for each in listed] == [*codes(), *reasons()]


@pytest.mark.parametrize("code", [*codes(), *reasons()])
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


@pytest.mark.parametrize("word", [*STATES, *SERVICE_WORDS.values(), "Succeeded", "NotStarted"])
def test_every_state_is_explained(cli, word):
    assert cli("explain", word).exit_code == 0


@pytest.mark.parametrize("word", ["OOMKilled", "CrashLoopBackOff", "oomkilled", "ContainerMissing"])
def test_reasons_are_explained_by_their_own_page(cli, word):
    assert cli("explain", word).stdout.lower().startswith(f"# {word.lower()}\n")


def test_a_reason_that_was_made_of_a_code_has_the_page_of_the_code(cli):
    assert cli("explain", "InitFailed").stdout.startswith("# init-failed\n")


def test_a_misspelt_reason_names_the_nearest(cli):
    assert "Did you mean 'OOMKilled'?" in cli("explain", "OOMKiled").stderr
