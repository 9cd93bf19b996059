"""The names that a workspace has for clusters."""

from __future__ import annotations

from pathlib import Path

import pytest

from modelport.errors import NotFoundError, StorageError, UserError
from modelport.services.compute import ComputeStore


@pytest.fixture
def store(tmp_path: Path) -> ComputeStore:
    return ComputeStore(tmp_path)


def test_what_was_recorded_is_found_by_another_process_too(store: ComputeStore, tmp_path: Path):
    record = store.put("my-aks", "context", {"agent_count": 3}, is_attached=True)
    assert ComputeStore(tmp_path).get("my-aks") == record


def test_a_name_means_what_it_was_given_last(store: ComputeStore):
    store.put("my-aks", "one", {}, is_attached=True)
    store.put("my-aks", "two", {}, is_attached=True)
    assert [record.context for record in store.all().values()] == ["two"]


def test_a_name_that_is_not_there_is_told_with_the_nearest(store: ComputeStore):
    store.put("my-aks", "one", {}, is_attached=True)
    with pytest.raises(NotFoundError) as caught:
        store.get("my-ask")
    assert caught.value.code == "compute-not-found"
    assert "my-aks" in caught.value.message


def test_a_name_that_is_forgotten_is_gone_and_may_be_forgotten_again(store: ComputeStore):
    store.put("my-aks", "one", {}, is_attached=True)
    store.remove("my-aks")
    store.remove("my-aks")
    assert store.all() == {}


def test_a_name_that_is_not_valid_changes_nothing(store: ComputeStore):
    with pytest.raises(UserError) as caught:
        store.put("not valid", "one", {}, is_attached=True)
    assert caught.value.code == "name-invalid"
    assert store.all() == {}


@pytest.mark.parametrize("text", ["", "[]", '{"a": 7}', '{"a": {"unknown": 1}}', "\xe4"])
def test_a_damaged_file_is_told_and_left(store: ComputeStore, tmp_path: Path, text: str):
    (tmp_path / "compute.json").write_text(text, encoding="latin-1")
    with pytest.raises(StorageError) as caught:
        store.put("my-aks", "one", {}, is_attached=True)
    assert caught.value.code == "compute-damaged"
    assert (tmp_path / "compute.json").read_text(encoding="latin-1") == text
