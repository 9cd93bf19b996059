"""Where a model lies inside a service."""

from __future__ import annotations

import logging

import pytest

from modelport.errors import ConflictError, NotFoundError
from modelport.registry.served_path import find_served_path


@pytest.fixture
def root(tmp_path, monkeypatch):
    for path in ("m/9/old.pkl", "m/10/new.pkl", "net/1/folder/a", "two/1/a", "two/1/b"):
        (tmp_path / "azureml-models" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "azureml-models" / path).write_text("x")
    (tmp_path / "beside.pkl").write_text("x")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("name", "version", "expected"),
    [
        ("m", None, "azureml-models/m/10/new.pkl"),
        ("m", 9, "azureml-models/m/9/old.pkl"),
        ("net", None, "azureml-models/net/1/folder"),
    ],
)
def test_the_highest_number_wins(root, name, version, expected):
    assert find_served_path(root, name, version) == root / expected


def test_the_answer_is_relative_to_a_relative_root(root):
    assert str(find_served_path(root.__class__(""), "m")) == "azureml-models/m/10/new.pkl"


def test_a_file_beside_the_script(root):
    assert str(find_served_path(root, "beside.pkl")) == "beside.pkl"


def test_two_entries_in_one_version(root):
    with pytest.raises(ConflictError, match="a, b"):
        find_served_path(root, "two")


@pytest.mark.parametrize(
    ("name", "version", "word"),
    [("m:9", None, "without its version"), ("x", None, "m, net"), ("m", 3, "version 3")],
)
def test_what_is_not_there_is_told_with_what_is(root, name, version, word):
    with pytest.raises(NotFoundError, match=word) as caught:
        find_served_path(root, name, version)
    assert caught.value.code == "served-model-missing"


def test_each_place_is_logged(root, caplog):
    with caplog.at_level(logging.DEBUG), pytest.raises(NotFoundError):
        find_served_path(root, "absent")
    assert any("azureml-models/absent" in line for line in caplog.messages)
