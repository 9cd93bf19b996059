"""The versions of an endpoint: names, shares of the requests, the default and the control."""

from __future__ import annotations

import pytest

from modelport.errors import ConflictError, NotFoundError, UserError
from modelport.services.endpoint import VERSIONS_MAX, Version, VersionChange, changed, settled, shares

BLUE = Version("blue", is_default=True, revision=1)


def create(name, versions=(BLUE,), **words):
    return changed(versions, VersionChange("create", name, **words))


def test_the_first_version_is_the_default_and_answers_everything():
    versions = create("blue", ())
    assert versions[0].is_default
    assert shares(versions) == {"blue": 100.0}


def test_a_second_version_takes_its_share_of_the_default_one():
    assert shares(create("green", traffic_percentile=20)) == {"blue": 80.0, "green": 20.0}


def test_a_version_that_becomes_the_default_takes_it_from_the_other():
    assert [one.is_default for one in create("green", is_default=True)] == [False, True]


def test_there_is_one_control_version():
    versions = create("red", create("green", is_control=True), is_control=True)
    assert [one.name for one in versions if one.is_control] == ["red"]


def test_more_than_all_requests_cannot_be_answered():
    with pytest.raises(UserError) as caught:
        create("red", create("green", traffic_percentile=60), traffic_percentile=50)
    assert caught.value.code == "traffic-invalid"
    assert "green: 60" in caught.value.message


def test_a_name_is_used_once():
    with pytest.raises(ConflictError) as caught:
        create("blue")
    assert caught.value.code == "version-exists"


def test_a_name_is_one_of_a_service():
    with pytest.raises(UserError) as caught:
        create("Not Valid")
    assert caught.value.code == "name-invalid"


def test_there_are_at_most_six():
    versions = tuple(Version(f"version-{number}") for number in range(VERSIONS_MAX))
    with pytest.raises(UserError) as caught:
        create("seventh", versions)
    assert caught.value.code == "versions-too-many"


def test_a_version_that_is_not_there_is_told_with_the_nearest():
    with pytest.raises(NotFoundError) as caught:
        changed((BLUE,), VersionChange("update", "blu"))
    assert caught.value.code == "version-not-found"
    assert "blue" in caught.value.message


def test_another_share_alone_leaves_what_the_version_runs():
    change = VersionChange("update", "green", traffic_percentile=10)
    versions = changed(settled(create("green"), 2), change, renewed=False)
    assert versions[1] == Version("green", 10, revision=2)


def test_what_a_version_runs_anew_is_a_revision_of_its_own():
    versions = changed(settled(create("green"), 2), VersionChange("update", "green"))
    assert settled(versions, 3)[1].revision == 3


def test_the_default_version_is_not_deleted():
    with pytest.raises(ConflictError) as caught:
        changed((BLUE,), VersionChange("delete", "blue"))
    assert caught.value.code == "version-in-use"


def test_another_version_is_deleted():
    assert changed(create("green"), VersionChange("delete", "green")) == (BLUE,)
