"""The class Workspace: v1's names and shapes."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from modelport.errors import ConflictError, NotFoundError, UserError
from modelport.sdk.model import Model
from modelport.sdk.run import Experiment
from modelport.sdk.workspace import Workspace


def test_the_representation_is_v1s(ws):
    assert repr(ws) == "Workspace.create(name='demo', subscription_id='sub', resource_group='group')"


def test_the_constructor_gets_an_existing_workspace(ws):
    assert Workspace("sub", "group", "demo").name == "demo"


def test_the_constructor_makes_nothing():
    with pytest.raises(NotFoundError, match="modelport workspace create absent"):
        Workspace("sub", "group", "absent")


def test_the_constructor_needs_a_name(ws):
    with pytest.raises(UserError, match="workspace_name"):
        Workspace("sub", "group")


def test_create_refuses_an_existing_one_unless_told(ws):
    with pytest.raises(ConflictError):
        Workspace.create("demo")
    assert Workspace.create("demo", exist_ok=True, location="moon").location == ""


def test_create_tells_where_it_is(capsys, home):
    Workspace.create("demo")
    assert str(home / "workspaces/demo") in capsys.readouterr().out


def test_azures_arguments_are_recorded(home):
    ws = Workspace.create(
        "demo", subscription_id="s", resource_group="r", location="eastus", sku="enterprise", tags={"a": "b"},
        friendly_name="Demo", key_vault="kv", hbi_workspace=True, create_resource_group=True, show_output=False,
    )
    details = Workspace.get("demo").get_details()
    assert (ws.location, ws.sku, ws.tags) == ("eastus", "enterprise", {"a": "b"})
    assert (details["friendlyName"], details["keyVault"], details["hbiWorkspace"]) == ("Demo", "kv", True)
    json.dumps(details)


def test_an_unknown_argument_names_the_nearest():
    with pytest.raises(UserError, match="Did you mean 'key_vault'"):
        Workspace.create("demo", keyvault="x")


def test_the_configuration_leads_back_from_a_folder_below(ws, monkeypatch):
    ws.write_config()
    assert json.loads(Path(".azureml/config.json").read_text())["workspace_name"] == "demo"
    Path("a/b").mkdir(parents=True)
    monkeypatch.chdir("a/b")
    assert repr(Workspace.from_config()) == repr(ws)


def test_the_configuration_may_lie_elsewhere(ws, tmp_path):
    ws.write_config(str(tmp_path / "other"), "mine.json")
    assert Workspace.from_config(str(tmp_path / "other"), _file_name="mine.json").name == "demo"


def test_a_configuration_of_a_missing_workspace(ws):
    ws.write_config()
    ws.delete()
    with pytest.raises(NotFoundError, match="workspace-not-found"):
        Workspace.from_config()


def test_workspaces_are_listed_by_name_and_subscription(ws):
    Workspace.create("other", show_output=False)
    assert list(Workspace.list()) == ["demo", "other"]
    assert [found.name for found in Workspace.list("sub", resource_group="group")["demo"]] == ["demo"]
    assert list(Workspace.list("sub")) == ["demo"]


def test_models_are_looked_up_at_each_access(ws, pkl):
    assert ws.models == {}
    Model.register(ws, str(pkl), "m")
    Model.register(ws, str(pkl), "m")
    assert {name: model.version for name, model in ws.models.items()} == {"m": 2}


def test_experiments_are_looked_up_at_each_access(ws):
    Experiment(ws, "diabetes").start_logging()
    assert list(ws.experiments) == ["diabetes"]


def test_secrets(ws):
    vault = ws.get_default_keyvault()
    vault.set_secret("a", "1", "text/plain")
    vault.set_secrets({"b": "2"})
    assert vault.get_secret("a") == "1"
    assert vault.get_secrets(["a", "x"]) == {"a": "1", "x": None}
    assert vault.get_secret_content_type("a") == "text/plain"
    assert [item["name"] for item in vault.list_secrets()] == ["a", "b"]
    assert "1" not in [item.get("value") for item in vault.list_secrets()]
    vault.delete_secret("a")
    vault.delete_secrets(["b"])
    assert vault.list_secrets() == []


def test_a_key_that_is_not_a_key_is_told(ws, monkeypatch):
    monkeypatch.setenv("MODELPORT_SECRET_KEY", "nonsense")
    with pytest.raises(UserError, match="secret-key-invalid"):
        Workspace.get("demo").get_default_keyvault().set_secret("a", "b")


def test_something_else_is_no_workspace(pkl):
    with pytest.raises(UserError, match="A Workspace is needed, not str"):
        Model.register("demo", str(pkl), "m")


def test_nothing_is_written_outside_the_home(ws, pkl, tmp_path):
    Model.register(ws, str(pkl), "m")
    assert sorted(os.listdir(tmp_path)) == ["home", "project"]
    assert os.listdir() == ["my_model.pkl"]


def test_what_means_nothing_here_is_recorded_and_told_once(home, caplog):
    ws = Workspace.create("demo", cmk_keyvault="kv", hbi_workspace=True, show_output=False)
    assert [record.message for record in caplog.records] == [
        "Workspace.create: recorded, and without effect here: cmk_keyvault, hbi_workspace"
    ]
    assert ws.get_details()["hbiWorkspace"] is True


def test_nothing_is_told_of_v1s_own_values(home, caplog):
    Workspace.create(
        "demo", None, "sub", "group", "eastus2", True, "basic", None, None, None, None, None, None, None, None, None,
        None, False, None, None, None, True, False, False,
    )  # fmt: skip
    assert caplog.records == []


def test_update_changes_what_is_said_and_records_the_rest(ws):
    details = ws.update(friendly_name="Demo", description="d", tags={"a": "b"}, image_build_compute="cpu")
    assert (details["friendlyName"], details["description"], details["tags"]) == ("Demo", "d", {"a": "b"})
    ws.update_dependencies(container_registry="registry.example")
    again = Workspace.get("demo").get_details()
    assert (again["imageBuildCompute"], again["containerRegistry"]) == ("cpu", "registry.example")
    assert (again["friendlyName"], again["subscriptionId"]) == ("Demo", "sub")


def test_the_details_have_v1s_keys(ws):
    wanted = (
        "id name location type tags sku workspaceid description friendlyName creationTime containerRegistry keyVault "
        "applicationInsights identityPrincipalId identityTenantId identityType storageAccount resourceCmkUri "
        "hbiWorkspace imageBuildCompute systemDatastoresAuthMode"
    )
    assert set(wanted.split()) <= ws.get_details().keys()


def test_setup_finds_the_workspace_of_the_project_or_makes_one(ws):
    assert Workspace.setup().name == "default"
    assert Workspace.setup().name == "default"
    ws.write_config()
    assert Workspace.setup().name == "demo"


def test_there_is_nothing_of_azure_to_be_listed(ws):
    assert (ws.private_endpoints, ws.linked_services, ws.datasets, ws.list_connections()) == ({}, {}, {}, [])
    assert ws.get_default_compute_target("CPU") is None
    assert ws.discovery_url.startswith("file:///")
    ws.sync_keys()


@pytest.mark.parametrize(
    "call",
    [lambda ws: ws.list_keys(), lambda ws: ws.add_private_endpoint("config"), lambda ws: ws.diagnose_workspace({}),
     lambda ws: ws.get_mlflow_tracking_uri(), lambda ws: ws.get_connection("c"), lambda ws: ws.service_context],
)  # fmt: skip
def test_what_belongs_to_azure_says_so_when_it_is_called(ws, call):
    with pytest.raises(UserError, match="v1-not-covered") as caught:
        call(ws)
    assert "azureml.core.Workspace." in caught.value.message and caught.value.remedy
