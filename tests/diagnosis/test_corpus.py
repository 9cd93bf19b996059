"""The corpus of broken and healthy deployments: each case is what it says, and is told as it should be."""

from __future__ import annotations

import json
from collections import Counter

import pytest
from tests.diagnosis.bench import Answer, Ended
from tests.diagnosis.case import Case, Fails, all_cases

CASES = all_cases()
LOCAL = [case for case in CASES if case.target == "local"]
HEALTHY = [case for case in LOCAL if not case.is_broken]
NOT_DEPLOYED = [case for case in LOCAL if case.is_broken and not case.fails_when_asked]
NOT_ANSWERED = [case for case in LOCAL if case.is_broken and case.fails_when_asked]

NOT_OF_ONE_DEPLOYMENT = {12, 13, 18}  # large images, a slow loop of edit and run, debugging: nothing fails
# How many causes each part of the diagnosis still has to tell: whoever brings one takes its cases' `waits` away.
WAITING = {"doctor": 7}

# Whose cause `modelport doctor` does not put first yet; a case that is found must leave the list.
NOT_FOUND = {
    "environment/wheel-of-another-machine",  # the solver tells of the Python that a wheel is for, not of its machine
}
NOT_FOUND_MAX = 0.05


def named(case: Case) -> str:
    return case.name


def first_of_ours(ended: Ended) -> str:
    """The first line that is not the user's: what comes above it is his traceback."""
    return next((line for line in ended.report.splitlines() if line.startswith("Step '")), "")


@pytest.mark.parametrize("case", NOT_DEPLOYED, ids=named)
def test_deployment_that_fails_names_step_and_cause_and_works_when_mended(lay_out, case):
    bench = lay_out(case)
    ended = bench.deploy()
    first = first_of_ours(ended)
    assert ended.exit_code not in (0, 70), ended.screen
    assert first.startswith(f"Step '{case.step}' failed: "), ended.screen
    assert [word for word in case.fails.says if word not in first] == [], first
    above = ended.report.partition(first)[0]
    assert traced(case.fails.traceback, above), ended.screen
    assert ended.code == case.fails.code
    assert_diagnosed(case, findings(bench, like_the_deployment=True))
    mended = bench.repair(ended)
    assert mended.exit_code == 0, mended.screen
    answers = bench.ask_as_remedied()
    assert bench.is_answered(answers), answers


@pytest.mark.parametrize("case", NOT_ANSWERED, ids=named)
def test_service_that_answers_badly_does_so_and_answers_well_when_mended(lay_out, case):
    bench = lay_out(case)
    ended = bench.deploy()
    assert ended.exit_code == 0, ended.screen
    answers = bench.ask()
    assert not bench.is_answered(answers)
    assert any(tells_of(case, answer) for answer in answers), answers[-1].body
    assert_diagnosed(case, findings(bench))
    mended = bench.repair(ended)
    assert mended.exit_code == 0, mended.screen
    answers = bench.ask_as_remedied()
    assert bench.is_answered(answers), answers


@pytest.mark.parametrize("case", HEALTHY, ids=named)
def test_healthy_deployment_answers_and_is_deleted(lay_out, case):
    bench = lay_out(case)
    ended = bench.deploy()
    assert ended.exit_code == 0, ended.screen
    answers = bench.ask()
    assert bench.is_answered(answers), answers
    assert errors(findings(bench)) == []
    assert bench.type("modelport service delete churn").exit_code == 0
    assert errors(findings(bench, like_the_deployment=True)) == []


def findings(bench, like_the_deployment=False):
    """What the doctor says of the service, or of the deployment, asked with the words of it."""
    last = bench.case.commands[-1]
    deploys = like_the_deployment and last.startswith("modelport deploy")
    words = last.replace("modelport deploy", "modelport doctor").replace(" --overwrite", "")
    told = bench.type(f"{words if deploys else 'modelport doctor churn'} --output json")
    assert told.exit_code in (0, 1), told.screen
    return json.loads(told.stdout)


def errors(found):
    """The findings that say that something does not work."""
    return [each for each in found if each["severity"] == "error"]


def assert_diagnosed(case: Case, found):
    """The first finding names the true cause, and its remedy holds the words of the case, unless it is on the list."""
    first = found[0] if found else {"code": "", "cause": "", "evidence": [], "remedy": ""}
    told = " ".join([first["cause"], *first["evidence"], first["remedy"]])
    is_found = first["code"] == case.cause and all(word in told for word in case.remedy.says)
    assert is_found == (case.name not in NOT_FOUND), found


def test_nearly_all_causes_are_found():
    broken = {case.name for case in LOCAL if case.is_broken}
    assert broken >= NOT_FOUND
    assert len(NOT_FOUND) <= NOT_FOUND_MAX * len(broken)

def traced(place: str, above: str) -> bool:
    """Whether the user's own line stands above, or nothing at all where there is none to show."""
    if not place:
        return "Traceback" not in above
    file, _, line = place.rpartition(":")
    return f'{file}", line {line}' in above


def tells_of(case: Case, answer: Answer) -> bool:
    """Whether an answer is the bad one that the case describes."""
    words = (case.fails.code, *case.fails.says)
    return case.fails.status in (0, answer.status) and all(word in answer.body for word in words)


def test_corpus_is_large_enough_and_covers_the_pains():
    broken = [case for case in CASES if case.is_broken]
    assert (len(broken) >= 60, len(CASES) - len(broken) >= 20) == (True, True)
    assert set(range(1, 21)) - {case.pain for case in broken} == NOT_OF_ONE_DEPLOYMENT
    assert [case.name for case in broken if not (case.step and case.cause and case.fails != Fails())] == []


def test_cases_whose_cause_is_not_told_yet_are_counted():
    assert Counter(case.waits for case in CASES if case.waits) == WAITING


def test_healthy_cases_say_nothing_of_a_failure():
    assert [case.name for case in CASES if not case.is_broken and (case.cause or case.fails != Fails())] == []
