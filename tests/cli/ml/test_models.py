"""`modelport ml model`, `workspace`, `folder` and `environment`: what needs no service."""

from __future__ import annotations

import json
from pathlib import Path

import pytest


@pytest.fixture
def registered(ml, model_file):
    made = ml("model", "register", "-n", "diabetes", "-p", str(model_file), "--tag", "area=health", "-t", "model.json")
    assert made.exit_code == 0, made.stderr
    return made.json


def test_register_prints_the_model_alone_on_standard_output(registered):
    assert (registered["id"], registered["tags"]) == ("diabetes:1", {"area": "health"})


def test_register_writes_the_metadata_file_that_deploy_reads(registered):
    assert json.loads(Path("model.json").read_text()) == {
        "modelId": "diabetes:1", "workspaceName": "default", "resourceGroupName": "",
    }  # fmt: skip


def test_register_of_nothing_is_refused(ml):
    refused = ml("model", "register", "-n", "diabetes")
    assert refused.exit_code == 2
    assert "[model-path-needed]" in refused.stderr


def test_register_of_an_output_of_a_run(ml, registered, model_file):
    from modelport import Experiment, Workspace

    run = Experiment(Workspace.get("default"), "trial").start_logging()
    run.upload_file("outputs/model.pkl", str(model_file))
    run.complete()
    with open("run.json", "w") as file:
        json.dump({"runId": run.id}, file)
    made = ml("model", "register", "-n", "best", "--asset-path", "outputs/model.pkl", "-f", "run.json")
    assert (made.json["id"], made.json["runId"]) == ("best:1", run.id)


def test_id_of_the_newest_with_a_tag_as_pipelines_ask_for_it(ml, registered):
    found = ml("model", "list", "-g", "rg", "-w", "default", "--tag", "area=health", "--query", "[0].id", "-o", "tsv")
    assert found.stdout == "diabetes:1\n"
    assert ml("model", "list", "--tag", "area=other", "--query", "[0]").stdout == ""


def test_show_by_name_and_by_id(ml, registered):
    assert ml("model", "show", "-n", "diabetes").json == ml("model", "show", "-i", "diabetes:1").json


def test_update_changes_tags(ml, registered):
    words = ["--add-tag", "stage=test", "--remove-tag", "area", "--add-property", "p=1", "-d", "a model"]
    changed = ml("model", "update", "-i", "diabetes:1", *words).json
    assert (changed["tags"], changed["properties"]) == ({"stage": "test"}, {"p": "1"})
    assert changed["description"] == "a model"


def test_download_and_delete(ml, registered):
    assert ml("model", "download", "-i", "diabetes:1", "-t", "copies").json["path"].endswith("copies/model.pkl")
    assert ml("model", "download", "-i", "diabetes:1", "-t", "copies").exit_code == 5
    assert ml("model", "download", "-i", "diabetes:1", "-t", "copies", "--overwrite").exit_code == 0
    assert ml("model", "delete", "-i", "diabetes:1").stdout == ""
    assert ml("model", "show", "-n", "diabetes").exit_code == 4


def test_errors_are_told_in_words_on_standard_error(ml, registered):
    failed = ml("model", "show", "-i", "diabetes:9", "-o", "json")
    assert (failed.exit_code, failed.stdout) == (4, "")
    assert "->" in failed.stderr


def test_folder_uses_the_workspace_that_was_attached(ml):
    ml("workspace", "create", "-w", "research", "-g", "rg", "--subscription-id", "s")
    assert ml("folder", "attach", "-w", "research").json["workspaceName"] == "research"
    assert json.loads(Path(".azureml/config.json").read_text())["resource_group"] == "rg"
    assert ml("workspace", "show", "--query", "name", "-o", "tsv").stdout == "research\n"


def test_path_names_the_folder_of_the_config(ml, tmp_path):
    ml("workspace", "create", "-n", "research")
    (tmp_path / "project").mkdir()
    (tmp_path / "project" / "config.json").write_text(
        '{"workspace_name": "research", "subscription_id": "", "resource_group": ""}'
    )
    listed = ml("environment", "list", "--path", str(tmp_path / "project"))
    assert listed.exit_code == 0
    assert "default" not in listed.stderr


def test_workspace_exists_already(ml):
    ml("workspace", "create", "-w", "research")
    assert ml("workspace", "create", "-w", "research").exit_code == 5
    assert ml("workspace", "create", "-w", "research", "--exist-ok").exit_code == 0
    assert [each["name"] for each in ml("workspace", "list").json] == ["research"]
    assert ml("workspace", "delete", "-w", "research", "-y").exit_code == 0


def test_environment_from_scaffold_to_download(ml):
    assert ml("environment", "scaffold", "-n", "mine", "-d", "env").exit_code == 0
    assert ml("environment", "register", "-d", "env").json["version"] == "1"
    assert "mine" in ml("environment", "list", "--query", "[].name").json
    shown = ml("environment", "show", "-n", "mine").json
    assert shown["python"]["condaDependencies"]["dependencies"] == [{"pip": ["azureml-defaults"]}]
    assert ml("environment", "download", "-n", "mine", "-d", "copy").exit_code == 0


def test_cluster_has_a_name(ml):
    made = ml("computetarget", "attach", "aks", "-n", "my-cluster", "--cluster-name", "my-context")
    assert made.exit_code == 0, made.stderr
    assert [each["name"] for each in ml("computetarget", "list").json] == ["my-cluster"]
    assert ml("computetarget", "detach", "-n", "my-cluster").exit_code == 0
    assert ml("computetarget", "show", "-n", "my-cluster").exit_code == 4


@pytest.mark.parametrize("words", [["model", "lst"], ["model", "list", "--latst"], ["modle"]])
def test_what_does_not_exist_is_refused_with_the_nearest(ml, words):
    refused = ml(*words)
    assert refused.exit_code == 2
    assert "Did you mean" in refused.stderr or "--latest" in refused.stderr


def test_a_workspace_is_described_anew(ml):
    ml("workspace", "create", "-w", "research", "--tag", "a=1", "-f", "Old")
    changed = ml("workspace", "update", "-w", "research", "--description", "Ours", "--tags", "b=2").json
    assert (changed["tags"], changed["description"], changed["friendlyName"]) == ({"b": "2"}, "Ours", "Old")
    assert ml("workspace", "show", "-w", "research").json == changed


def test_a_query_that_is_not_valid_is_refused_before_anything_is_done(ml, registered):
    refused = ml("model", "delete", "-i", "diabetes:1", "--query", "[")
    assert (refused.exit_code, "[query-invalid]" in refused.stderr) == (2, True)
    assert ml("model", "show", "-i", "diabetes:1").exit_code == 0


def test_an_update_with_a_size_that_is_not_valid_changes_nothing(ml, registered):
    assert ml("model", "update", "-i", "diabetes:1", "--add-tag", "stage=test", "--cc", "-1").exit_code == 2
    assert ml("model", "show", "-i", "diabetes:1").json["tags"] == {"area": "health"}
