"""Compute targets and logins, as deployment scripts write them."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from modelport.errors import NotFoundError, UserError
from modelport.sdk.aks_configuration import AksServiceDeploymentConfiguration
from modelport.sdk.authentication import (
    AzureCliAuthentication,
    InteractiveLoginAuthentication,
    MsiAuthentication,
    ServicePrincipalAuthentication,
)
from modelport.sdk.compute import AksCompute, ComputeTarget
from modelport.sdk.deployment_request import request_of
from modelport.sdk.webservice import AksWebservice, LocalWebservice
from modelport.sdk.workspace import Workspace
from modelport.v1_errors import ComputeTargetException

RESOURCE_ID = (
    "/subscriptions/s/resourceGroups/g/providers/Microsoft.ContainerService/managedClusters/production"
)


@pytest.fixture
def kubeconfig(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A kubeconfig with one context, `production`."""
    words = {
        "contexts": [{"name": "production", "context": {"cluster": "cluster", "user": "admin"}}],
        "clusters": [{"name": "cluster", "cluster": {"server": "https://cluster.example:6443"}}],
        "users": [{"name": "admin", "user": {"token": "geheim"}}],
    }
    path = tmp_path / "kubeconfig"
    path.write_text(yaml.safe_dump(words))
    monkeypatch.setenv("KUBECONFIG", str(path))
    return path


@pytest.fixture
def ws(kubeconfig: Path, home: Path) -> Workspace:
    return Workspace.create("demo", show_output=False)


def attached(ws: Workspace, cluster_name: str = "production") -> AksCompute:
    configuration = AksCompute.attach_configuration(resource_group="group", cluster_name=cluster_name)
    target = ComputeTarget.attach(ws, "my-aks", configuration)
    assert isinstance(target, AksCompute)
    return target


def test_an_attached_cluster_is_a_context(ws: Workspace, capsys: pytest.CaptureFixture[str]):
    target = attached(ws)
    target.wait_for_completion(show_output=True)
    assert target.provisioning_state == "Succeeded"
    assert "https://cluster.example:6443" in capsys.readouterr().out
    assert "geheim" not in repr(target)


def test_an_id_of_azure_names_the_context_by_its_last_part(ws: Workspace):
    AksCompute.attach(ws, "my-aks", RESOURCE_ID)
    assert ws.compute_targets["my-aks"].provisioning_state == "Succeeded"


def test_a_cluster_without_a_context_is_told_when_it_is_waited_for(ws: Workspace):
    target = attached(ws, "prodution")
    assert target.get_status() == "Failed"
    assert target.provisioning_errors[0]["error"]["code"] == "context-not-found"
    with pytest.raises(ComputeTargetException, match="production"):
        target.wait_for_completion()


def test_no_cluster_is_made(ws: Workspace, capsys: pytest.CaptureFixture[str]):
    configuration = AksCompute.provisioning_configuration(agent_count=3, vm_size="Standard_D3_v2")
    target = ComputeTarget.create(workspace=ws, name="production", provisioning_configuration=configuration)
    assert "no cluster is made" in capsys.readouterr().out
    assert isinstance(target, AksCompute)
    assert (target.agent_count, target.is_attached, target.provisioning_state) == (3, False, "Succeeded")


def test_the_getter_gives_the_class_that_fits(ws: Workspace):
    attached(ws)
    assert isinstance(ComputeTarget(workspace=ws, name="my-aks"), AksCompute)


def test_a_name_that_is_not_there_is_caught_as_in_v1(ws: Workspace):
    with pytest.raises(ComputeTargetException):
        ComputeTarget(workspace=ws, name="my-aks")


def test_a_target_that_is_deleted_is_forgotten(ws: Workspace):
    target = attached(ws)
    target.delete()
    assert ws.compute_targets == {}
    with pytest.raises(NotFoundError):
        target.refresh_state()


def test_the_credentials_are_those_of_the_kubeconfig(ws: Workspace):
    words = yaml.safe_load(attached(ws).get_credentials()["userKubeConfig"])
    assert words["users"][0]["user"]["token"] == "geheim"


def test_a_target_is_written_under_the_keys_of_v1_without_credentials(ws: Workspace):
    written = attached(ws).serialize()
    assert written["properties"]["computeType"] == "AKS"
    assert written["properties"]["properties"]["clusterFqdn"] == "cluster.example"
    assert "geheim" not in str(written)


def test_a_certificate_of_a_cluster_is_recorded_by_its_host_name_alone(ws: Workspace):
    configuration = AksCompute.attach_configuration(cluster_name="production")
    configuration.enable_ssl(ssl_cname="host", ssl_cert_pem_file="cert.pem", ssl_key_pem_file="key.pem")
    target = ComputeTarget.attach(ws, "my-aks", configuration)
    assert isinstance(target, AksCompute)
    assert target.ssl_configuration == {"status": "Enabled", "cname": "host"}


@pytest.mark.parametrize(
    "words",
    [
        {},
        {"resource_id": RESOURCE_ID, "cluster_name": "production"},
        {"resource_id": "/subscriptions/s/resourceGroups/g/providers/Microsoft.Storage/x/y"},
        {"cluster_name": "production", "load_balancer_type": "Own"},
        {"cluster_name": "production", "load_balancer_subnet": "subnet"},
    ],
)
def test_a_cluster_that_cannot_be_meant_is_refused(words: dict[str, str]):
    with pytest.raises(UserError) as caught:
        AksCompute.attach_configuration(**words)
    assert caught.value.code == "compute-config-invalid"


@pytest.mark.parametrize("words", [{"agent_count": 0}, {"ssl_cname": "host"}, {"vnet_name": "net"}])
def test_a_cluster_that_could_not_be_made_is_refused(words: dict[str, object]):
    with pytest.raises(ComputeTargetException):
        AksCompute.provisioning_configuration(**words)  # type: ignore[arg-type]


def test_a_configuration_of_another_kind_is_refused(ws: Workspace):
    with pytest.raises(UserError) as caught:
        ComputeTarget.create(ws, "my-aks", AksCompute.attach_configuration(cluster_name="x"))  # type: ignore[arg-type]
    assert caught.value.code == "argument-invalid"


def test_a_deployment_asks_for_the_cluster_of_its_target(ws: Workspace):
    request = request_of("mysvc", (), None, AksWebservice.deploy_configuration(), attached(ws))
    assert request.cluster.compute_target_name == "my-aks"


def test_the_name_in_the_configuration_counts_more(ws: Workspace):
    config = AksWebservice.deploy_configuration(compute_target_name="other")
    assert isinstance(config, AksServiceDeploymentConfiguration)
    assert request_of("mysvc", (), None, config, attached(ws)).cluster.compute_target_name == "other"


def test_a_cluster_does_not_go_with_a_configuration_for_this_machine(ws: Workspace):
    with pytest.raises(UserError) as caught:
        request_of("mysvc", (), None, LocalWebservice.deploy_configuration(), attached(ws))
    assert caught.value.code == "target-unavailable"


def test_something_else_is_no_target():
    with pytest.raises(UserError) as caught:
        request_of("mysvc", (), None, AksWebservice.deploy_configuration(), "my-aks")
    assert caught.value.code == "argument-invalid"


# -- logins --------------------------------------------------------------------------------------------------------


def test_a_password_is_neither_kept_nor_shown():
    login = ServicePrincipalAuthentication("tenant", "program", "geheim")
    assert "geheim" not in f"{login!r}{vars(login)}"
    assert "tenant" in repr(login)


@pytest.mark.parametrize(
    "login", [InteractiveLoginAuthentication(tenant_id="tenant"), AzureCliAuthentication(), MsiAuthentication()]
)
def test_a_workspace_is_reached_with_any_login(ws: Workspace, login: object):
    assert Workspace.get("demo", auth=login).name == "demo"


def test_a_token_of_azure_is_refused_at_the_call():
    with pytest.raises(UserError) as caught:
        AzureCliAuthentication().get_token("scope")
    assert caught.value.code == "v1-not-covered"
