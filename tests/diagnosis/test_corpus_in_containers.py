"""The corpus in containers: a case of each kind always, all of them with --stress, because each builds images."""

from __future__ import annotations

import pytest
from tests.diagnosis import test_corpus as corpus

BOXED = {case.name: case for case in corpus.CASES if case.target == "container"}
ALWAYS = ("container/killed-for-memory-in-init", "healthy/in-a-container")


def check(lay_out, case):
    if not case.is_broken:
        corpus.test_healthy_deployment_answers_and_is_deleted(lay_out, case)
    elif case.fails_when_asked:
        corpus.test_service_that_answers_badly_does_so_and_answers_well_when_mended(lay_out, case)
    else:
        corpus.test_deployment_that_fails_names_step_and_cause_and_works_when_mended(lay_out, case)


@pytest.mark.parametrize("name", ALWAYS)
def test_case_in_a_container_is_what_it_says(lay_out, name):
    check(lay_out, BOXED[name])


@pytest.mark.parametrize("name", sorted(set(BOXED) - set(ALWAYS)))
def test_every_case_in_a_container_is_what_it_says(lay_out, name, pytestconfig):
    if pytestconfig.getoption("--stress"):
        check(lay_out, BOXED[name])
