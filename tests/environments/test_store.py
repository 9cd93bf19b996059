"""Environments in the catalogue: versions only where something changed, and the curated ones beside them."""

from __future__ import annotations

import multiprocessing
from dataclasses import replace

import pytest

from modelport.environments.curated import curated, curated_names
from modelport.environments.environment import EnvironmentDefinition
from modelport.environments.specification import Dependency
from modelport.environments.store import EnvironmentStore
from modelport.environments.wish import wish_of
from modelport.errors import NotFoundError, UserError
from modelport.storage.database import open_database, sqlite_url

SIX = EnvironmentDefinition("my-env", pip=(Dependency("six"),))


@pytest.fixture
def url(tmp_path):
    return sqlite_url(tmp_path / "catalog.db")


@pytest.fixture
def store(url):
    return EnvironmentStore(open_database(url))


def test_the_first_version_is_one(store):
    assert store.register(SIX).version == 1


def test_an_unchanged_definition_keeps_its_version(store):
    store.register(SIX)
    moved = replace(SIX, pip=(Dependency("six", "elsewhere.txt:9"),))
    assert store.register(moved).version == 1


def test_a_change_makes_the_next_version(store):
    store.register(SIX)
    assert store.register(replace(SIX, pip=(Dependency("six==1.16.0"),))).version == 2


def test_going_back_is_a_change_too(store):
    store.register(SIX)
    store.register(replace(SIX, pip=()))
    assert store.register(SIX).version == 3


def test_what_was_registered_is_got_back(store):
    store.register(SIX)
    assert store.get("my-env").definition == SIX


def test_a_version_is_got_by_number_and_by_text(store):
    store.register(SIX)
    store.register(replace(SIX, pip=()))
    assert store.get("my-env", 1).definition == store.get("my-env", "1").definition == SIX
    assert store.get("my-env").version == 2


def test_an_unknown_name_names_the_nearest(store):
    store.register(SIX)
    with pytest.raises(NotFoundError) as caught:
        store.get("my-emv")
    assert caught.value.code == "environment-not-found"
    assert "'my-env'" in caught.value.remedy


def test_an_unknown_version_lists_those_there_are(store):
    store.register(SIX)
    with pytest.raises(NotFoundError) as caught:
        store.get("my-env", 7)
    assert caught.value.code == "environment-version-not-found"
    assert "it has: 1" in caught.value.message


def test_the_list_has_the_newest_of_each_and_the_curated_ones(store):
    store.register(SIX)
    store.register(replace(SIX, pip=()))
    store.register(replace(SIX, name="another"))
    found = store.list()
    assert [(name, found[name].version) for name in list(found)[:2]] == [("another", 1), ("my-env", 2)]
    assert list(found)[2:] == list(curated_names())


def test_versions_are_listed_newest_first(store):
    store.register(SIX)
    store.register(replace(SIX, pip=()))
    assert [entry.version for entry in store.versions("my-env")] == [2, 1]


@pytest.mark.parametrize("name", ["modelport-mine", "AzureML-Mine", "azureml-mine", "MicrosoftEnv"])
def test_names_of_curated_environments_are_kept(store, name):
    with pytest.raises(UserError) as caught:
        store.register(replace(SIX, name=name))
    assert caught.value.code == "environment-name-reserved"


def test_what_cannot_be_understood_is_not_registered(store):
    with pytest.raises(UserError):
        store.register(replace(SIX, conda=(Dependency("numpy>=1,<<2"),)))
    assert store.names() == []


@pytest.mark.parametrize("name", curated_names())
def test_every_curated_environment_can_be_asked_for(store, name):
    assert store.get(name).version == 1
    assert wish_of(curated(name)).python is None


def test_an_unknown_curated_name_names_the_nearest(store):
    with pytest.raises(NotFoundError, match="AzureML-Minimum") as caught:
        store.get("AzureML-Minimum")
    assert "AzureML-Minimal" in caught.value.remedy


def _register_ten(url, worker):
    store = EnvironmentStore(open_database(url))
    for number in range(10):
        store.register(replace(SIX, pip=(Dependency(f"six=={worker}.{number}"),)))


def test_versions_stay_without_gaps_under_many_writers(url, store):
    context = multiprocessing.get_context("spawn")
    workers = [context.Process(target=_register_ten, args=(url, worker)) for worker in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    assert [entry.version for entry in store.versions("my-env")] == list(range(30, 0, -1))
