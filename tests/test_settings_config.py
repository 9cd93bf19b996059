"""The configuration file of a project: looked for upwards, in v1's order."""

from __future__ import annotations

import json

import pytest

from modelport.errors import NotFoundError, UserError
from modelport.settings import (
    WorkspaceConfig,
    find_workspace_config,
    read_settings,
    read_workspace_config,
    write_workspace_config,
)


def write(path, name="demo", **more):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"workspace_name": name, "subscription_id": "s", "resource_group": "r", **more}))
    return path


def test_the_order_within_a_folder(tmp_path):
    places = [".azureml/config.json", "aml_config/config.json", "config.json", ".azureml/project.json"]
    for place in reversed(places):
        write(tmp_path / place, place.replace("/", "-"))
        assert find_workspace_config(tmp_path) == tmp_path / place


def test_the_nearest_folder_wins(tmp_path):
    write(tmp_path / ".azureml/config.json", "far")
    write(tmp_path / "a/config.json", "near")
    (tmp_path / "a/b/c").mkdir(parents=True)
    assert read_workspace_config(tmp_path / "a/b/c") == WorkspaceConfig("near", "s", "r")


def test_without_a_path_the_search_starts_here(tmp_path, monkeypatch):
    write(tmp_path / "config.json")
    (tmp_path / "sub").mkdir()
    monkeypatch.chdir(tmp_path / "sub")
    assert read_workspace_config(None).workspace_name == "demo"


def test_a_path_may_be_the_file_itself(tmp_path):
    assert read_workspace_config(write(tmp_path / "other.json")).workspace_name == "demo"


def test_another_file_name(tmp_path):
    write(tmp_path / ".azureml/mine.json", "mine")
    assert read_workspace_config(tmp_path, "mine.json").workspace_name == "mine"


def test_the_older_project_file(tmp_path):
    scope = "/subscriptions/S/resourceGroups/R/providers/Microsoft.MachineLearningServices/workspaces/W"
    (tmp_path / "project.json").write_text(json.dumps({"Scope": scope}))
    assert read_workspace_config(tmp_path / "project.json") == WorkspaceConfig("W", "S", "R")


def test_what_is_written_is_found(tmp_path):
    config = WorkspaceConfig("demo", "s", "r")
    assert write_workspace_config(config, tmp_path) == tmp_path / ".azureml/config.json"
    assert read_workspace_config(tmp_path) == config


def test_an_aml_config_folder_is_used_where_there_is_one(tmp_path):
    (tmp_path / "aml_config").mkdir()
    assert write_workspace_config(WorkspaceConfig("demo"), tmp_path) == tmp_path / "aml_config/config.json"


def test_no_file_names_the_places(tmp_path):
    with pytest.raises(NotFoundError, match=r"\.azureml, aml_config") as caught:
        read_workspace_config(tmp_path, "invented.json")
    assert caught.value.code == "config-not-found"


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"workspace_name": 3}', '{"workspace_nam": "x"}', "\xff"])
def test_a_file_that_is_not_usable_is_named(tmp_path, content):
    (tmp_path / "config.json").write_text(content, encoding="latin-1")
    with pytest.raises(UserError, match="config-invalid") as caught:
        read_workspace_config(tmp_path)
    assert str(tmp_path / "config.json") in caught.value.message


def test_the_secret_key_never_shows():
    assert "hidden-word" not in repr(read_settings({"MODELPORT_SECRET_KEY": "hidden-word", "HOME": "/root"}))
