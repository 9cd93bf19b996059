"""The table of differences: about names that exist, whole, and found by the names that people use."""

from __future__ import annotations

import pytest

from modelport.errors import NotFoundError
from modelport.migration import catalog
from modelport.migration.differences import DIFFERENCES, difference_of, explained, reason_of
from modelport.migration.members import REASONS_OF_MEMBERS
from modelport.sdk.absent import REASONS

NAMES = [name for each in DIFFERENCES for name in each.names]


@pytest.mark.parametrize("name", NAMES)
def test_every_name_is_one_that_the_scan_shows(name):
    class_name, _, member = name.partition(".")
    kind = catalog.class_named(class_name)
    assert kind is not None, f"no class {class_name}"
    assert not member or catalog.member(kind, member) is not None


def test_no_name_stands_twice():
    assert len(NAMES) == len(set(NAMES))


@pytest.mark.parametrize("each", DIFFERENCES, ids=lambda each: each.names[0])
def test_every_difference_says_all_of_it(each):
    assert all(len(text) > 5 for text in (each.v1, each.here, each.why, each.instead))


@pytest.mark.parametrize("name", ["Model.deploy", "deploy", "azureml.core.Model.deploy"])
def test_difference_is_found_by_the_end_of_its_name(name):
    assert "Azure Container Instances" in explained(name)


def test_reason_of_what_is_absent_is_explained():
    assert REASONS["training"].why in explained("training")


def test_name_without_a_difference_is_refused_with_the_nearest():
    with pytest.raises(NotFoundError, match=r"Model\.deploy") as raised:
        explained("Model.deplyo")
    assert raised.value.code == "difference-unknown"


def test_every_member_that_is_absent_has_a_reason_that_exists():
    for name, key in REASONS_OF_MEMBERS.items():
        assert key in REASONS
        assert catalog.class_named(name.partition(".")[0]) is not None


def test_reason_that_nobody_gave_still_says_something():
    assert reason_of("?").why


def test_call_without_a_difference_has_none():
    assert difference_of("Keyvault.get_secret") is None
