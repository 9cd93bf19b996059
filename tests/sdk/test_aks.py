"""Services on clusters, as programs write them: configuration, refusal, and what the classes show and change.

Where a service has to run, processes of this machine stand where the target for clusters belongs.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from modelport.errors import ConflictError, NotFoundError, UserError
from modelport.sdk.arguments import opened
from modelport.sdk.compute import AksCompute, ComputeTarget
from modelport.sdk.environment import Environment
from modelport.sdk.image import ContainerImage
from modelport.sdk.inference_config import InferenceConfig
from modelport.sdk.model import Model
from modelport.sdk.webservice import (
    AciWebservice,
    AksEndpoint,
    AksWebservice,
    LocalWebservice,
    UnknownWebservice,
    Webservice,
)
from modelport.sdk.workspace import Workspace
from modelport.services.endpoint import Version
from modelport.services.manager import ServiceManager
from modelport.targets.local import LocalTarget

SCRIPT = "def init():\n    pass\n\ndef run(data):\n    return {answer!r}\n"


def inference_config(answer: str = "one") -> InferenceConfig:
    Path("score.py").write_text(SCRIPT.format(answer=answer))
    env = Environment("running")
    env.python.user_managed_dependencies = True
    return InferenceConfig(entry_script="score.py", environment=env)


@pytest.fixture
def cluster_ws(ws: Workspace) -> Iterator[Workspace]:
    """A workspace with a target for clusters, and one that the SDK has no class for."""
    workspace = opened(ws)
    target = LocalTarget(workspace.settings.environ)
    parts = workspace.services._parts
    parts = replace(parts, targets={**parts.targets, "kubernetes": target, "mesh": target})
    workspace.__dict__["services"] = ServiceManager(parts)
    yield ws
    for name in workspace.services.names():
        workspace.services.delete(name)


def deployed(ws: Workspace, **words: object) -> Webservice:
    config = AksWebservice.deploy_configuration(**words)  # type: ignore[arg-type]
    return Model.deploy(ws, "mysvc", [], inference_config(), config)


@pytest.fixture
def endpoint(cluster_ws: Workspace) -> AksEndpoint:
    config = AksEndpoint.deploy_configuration(version_name="blue", num_replicas=1, cpu_cores=1)
    service = Model.deploy(cluster_ws, "myend", [], inference_config("blue"), config)
    service.wait_for_deployment()
    assert isinstance(service, AksEndpoint)
    return service


def test_all_31_parameters_stand_in_the_order_of_v1():
    names = list(inspect.signature(AksWebservice.deploy_configuration).parameters)
    assert (len(names), names[0], names[13], names[30]) == (31, "autoscale_enabled", "num_replicas", "blobfuse_enabled")


def test_everything_that_is_wrong_is_told_at_once():
    with pytest.raises(UserError) as caught:
        AksWebservice.deploy_configuration(cpu_cores=0, autoscale_min_replicas=2, period_seconds=-1)
    assert caught.value.code == "cluster-config-invalid"
    assert len(caught.value.message.splitlines()) == 4


def test_a_configuration_that_was_changed_by_hand_is_checked_again():
    config = AksWebservice.deploy_configuration()
    config.cpu_cores = -1
    with pytest.raises(UserError, match="cpu_cores"):
        config.validate_configuration()


def test_a_share_of_the_requests_is_at_most_all_of_them():
    with pytest.raises(UserError, match="traffic_percentile"):
        AksEndpoint.deploy_configuration(traffic_percentile=101)


def test_keys_are_not_shown():
    assert "geheim" not in repr(AksWebservice.deploy_configuration(primary_key="geheim"))


def test_what_is_asked_for_is_printed(capsys: pytest.CaptureFixture[str]):
    AksWebservice.deploy_configuration(cpu_cores=1, memory_gb=2).print_deploy_configuration()
    assert capsys.readouterr().out == "CPU requirement: 1, Memory requirement: 2GB\n"


@pytest.mark.parametrize("kind", [AksWebservice, AksEndpoint])
def test_without_a_target_for_clusters_deploying_says_what_works(ws: Workspace, kind: type[AksWebservice]):
    with pytest.raises(UserError) as caught:
        Model.deploy(ws, "mysvc", [], inference_config(), kind.deploy_configuration(cpu_cores=2, memory_gb=1))
    assert caught.value.code == "target-unavailable"
    assert "AciWebservice.deploy_configuration(cpu_cores=2, memory_gb=1)" in caught.value.remedy
    assert ws.webservices == {}


@pytest.mark.parametrize("deploy", [Webservice.deploy_from_model, Model.deploy])
def test_a_cluster_alone_asks_for_its_defaults(ws: Workspace, deploy: Any):
    target = ComputeTarget.attach(ws, "my-aks", AksCompute.attach_configuration(cluster_name="production"))
    script: Any = inference_config()
    if deploy is not Model.deploy:
        script = ContainerImage.image_configuration(execution_script="score.py", runtime="python")
    with pytest.raises(UserError) as caught:
        deploy(ws, "mysvc", [], script, deployment_target=target)
    assert caught.value.code == "target-unavailable"
    assert "has no target for clusters" in caught.value.message


def test_the_attributes_tell_the_defaults_of_v1(cluster_ws: Workspace):
    service = deployed(cluster_ws)
    assert isinstance(service, AksWebservice)
    assert service.compute_type == "AKS"
    assert service.autoscaler.serialize() == {
        "autoscaleEnabled": True, "minReplicas": 1, "maxReplicas": 10, "refreshPeriodInSeconds": 1,
        "targetUtilization": 70,
    }  # fmt: skip
    assert service.container_resource_requirements.serialize() == {
        "cpu": 0.1, "cpuLimit": None, "memoryInGB": 0.5, "memoryInGBLimit": None, "gpu": 0
    }  # fmt: skip
    assert service.liveness_probe_requirements.serialize() == {
        "periodSeconds": 10, "initialDelaySeconds": 310, "timeoutSeconds": 2, "successThreshold": 1,
        "failureThreshold": 3,
    }  # fmt: skip
    assert (service.auth_enabled, service.token_auth_enabled, service.num_replicas) == (True, False, None)
    assert (service.scoring_timeout_ms, service.max_request_wait_time) == (60_000, 500)
    assert service.max_concurrent_requests_per_container == 1
    assert (service.is_default, service.traffic_percentile, service.version_type) == (None, None, None)


def test_a_service_is_written_under_the_keys_of_v1(cluster_ws: Workspace):
    written = deployed(cluster_ws, num_replicas=2, collect_model_data=True, namespace="models").serialize()
    assert {
        "appInsightsEnabled", "authEnabled", "autoScaler", "computeName", "containerResourceRequirements",
        "dataCollection", "maxConcurrentRequestsPerContainer", "maxQueueWaitMs", "numReplicas", "scoringTimeoutMs",
        "scoringUri", "livenessProbeRequirements", "aadAuthEnabled", "deploymentStatus", "imageId",
    } <= written.keys()  # fmt: skip
    assert written["dataCollection"] == {"eventHubEnabled": False, "storageEnabled": True}
    assert written["numReplicas"] == 2


def test_tokens_take_the_place_of_keys(cluster_ws: Workspace):
    service = deployed(cluster_ws, token_auth_enabled=True)
    assert (service.auth_enabled, service.token_auth_enabled) == (False, True)


def test_tokens_are_refused_where_there_are_none(cluster_ws: Workspace):
    with pytest.raises(UserError) as caught:
        deployed(cluster_ws).get_token()
    assert caught.value.code == "tokens-unavailable"


def test_the_keys_of_a_configuration_are_those_of_the_service(cluster_ws: Workspace):
    service = deployed(cluster_ws, primary_key="first-key", secondary_key="second-key")
    assert service.get_keys() == ("first-key", "second-key")


def test_an_update_leaves_what_it_does_not_name(cluster_ws: Workspace):
    service = deployed(cluster_ws, memory_gb=2, num_replicas=3)
    service.wait_for_deployment()
    service.update(cpu_cores=2, scoring_timeout_ms=1000)
    asked = service.container_resource_requirements
    assert (asked.cpu, asked.memory_in_gb, service.num_replicas) == (2, 2, 3)
    assert service.scoring_timeout_ms == 1000


def test_an_update_brings_another_script(cluster_ws: Workspace):
    service = deployed(cluster_ws)
    service.wait_for_deployment()
    service.update(models=[], inference_config=inference_config("two"))
    assert service.run(b"{}") == "two"


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ({}, "update-empty"),
        ({"cpu_cores": 0, "period_seconds": 0}, "cluster-config-invalid"),
        ({"models": []}, "argument-invalid"),
        ({"inference_config": "score.py"}, "argument-invalid"),
        ({"image": "name"}, "argument-invalid"),
        ({"cpu": 1}, "argument-unknown"),
    ],
)
def test_an_update_that_cannot_be_meant_is_refused(cluster_ws: Workspace, words: dict[str, object], code: str):
    service = deployed(cluster_ws)
    with pytest.raises(UserError) as caught:
        service.update(**words)  # type: ignore[attr-defined]
    assert caught.value.code == code


def test_services_are_found_by_the_word_of_their_cluster(cluster_ws: Workspace):
    deployed(cluster_ws)
    assert [service.name for service in Webservice.list(cluster_ws, compute_type="AKS")] == ["mysvc"]


def test_a_service_on_a_target_without_a_class_is_shown_and_not_changed(cluster_ws: Workspace):
    deployed(cluster_ws)
    manager = opened(cluster_ws).services
    record = manager._store.get("mysvc")
    manager._store.commit(record, record.revision, replace(record.spec, target="mesh"))
    service = Webservice(cluster_ws, "mysvc")
    assert isinstance(service, UnknownWebservice)
    with pytest.raises(UserError) as caught:
        service.run(b"{}")
    assert caught.value.code == "target-unknown"


# -- versions of an endpoint ---------------------------------------------------------------------------------------


def test_the_first_version_answers_everything(endpoint: AksEndpoint):
    version = endpoint.versions["blue"]
    assert (version.is_default, version.traffic_percentile, version.version_type) == (True, 100.0, "Treatment")
    assert endpoint.compute_type == "AKSENDPOINT"


def test_a_first_version_without_a_name_is_called_as_its_endpoint(cluster_ws: Workspace):
    service = Model.deploy(cluster_ws, "myend", [], inference_config(), AksEndpoint.deploy_configuration())
    assert isinstance(service, AksEndpoint)
    assert list(service.versions) == ["myend"]


def test_another_version_has_a_configuration_of_its_own(endpoint: AksEndpoint):
    endpoint.create_version(
        "green", models=[], inference_config=inference_config("green"), traffic_percentile=20, cpu_cores=2,
        is_control_version_type=True,
    )  # fmt: skip
    versions = endpoint.versions
    assert {name: version.traffic_percentile for name, version in versions.items()} == {"blue": 80.0, "green": 20.0}
    assert [version.container_resource_requirements.cpu for version in versions.values()] == [1, 2]
    assert versions["green"].version_type == AksEndpoint.VersionType.control.value


def test_a_version_changes_its_share_alone(endpoint: AksEndpoint):
    endpoint.create_version("green", models=[], inference_config=inference_config("green"), traffic_percentile=20)
    endpoint.update_version("green", traffic_percentile=50)
    kept = endpoint._known().spec.cluster.versions[1]
    assert kept == Version("green", 50, revision=2)


def test_a_version_is_deleted(endpoint: AksEndpoint):
    endpoint.create_version("green", models=[], inference_config=inference_config("green"))
    endpoint.delete_version("green")
    assert list(endpoint.versions) == ["blue"]


def test_the_default_version_stays(endpoint: AksEndpoint):
    with pytest.raises(ConflictError) as caught:
        endpoint.delete_version("blue")
    assert caught.value.code == "version-in-use"


def test_a_version_that_is_not_there_is_not_changed(endpoint: AksEndpoint):
    with pytest.raises(NotFoundError) as caught:
        endpoint.update_version("red", traffic_percentile=10)
    assert caught.value.code == "version-not-found"


def test_an_endpoint_changes_what_its_versions_share(endpoint: AksEndpoint):
    endpoint.update(description="two of them", tags={"team": "one"}, enable_app_insights=True)
    assert (endpoint.description, endpoint.tags, endpoint.enable_app_insights) == ("two of them", {"team": "one"}, True)


def test_an_endpoint_is_written_with_its_versions(endpoint: AksEndpoint):
    written = endpoint.serialize()
    assert written["versions"]["blue"]["name"] == "blue"
    assert written["computeType"] == "AKSENDPOINT"


def test_the_classes_stand_in_the_tree_of_v1():
    assert issubclass(AksEndpoint, AksWebservice)
    assert not issubclass(AksWebservice, (LocalWebservice, AciWebservice))


def test_a_key_that_is_not_valid_is_refused_before_anything_is_made(cluster_ws: Workspace):
    with pytest.raises(UserError) as caught:
        deployed(cluster_ws, secondary_key="short")
    assert caught.value.code == "key-value-invalid"
    assert "short" not in str(caught.value)
    assert Webservice.list(cluster_ws) == []


@pytest.mark.parametrize("words", [{"auth_enabled": False}, {"token_auth_enabled": True}])
def test_keys_of_a_service_that_takes_none_are_without_effect(
    cluster_ws: Workspace, words: dict[str, bool], caplog: pytest.LogCaptureFixture
):
    service = deployed(cluster_ws, primary_key="first-key", **words)
    assert service.auth_enabled is False
    assert [record.message for record in caplog.records if "without effect" in record.message] == [
        "The keys of service mysvc are without effect: its requests bring none."
    ]
