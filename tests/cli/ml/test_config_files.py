"""Configuration files of v1: what they say, and what is told of what nothing reads."""

from __future__ import annotations

import pytest

from modelport.cli.ml.deployment_file import COMPUTE_TYPES, KEYS, deployment_words
from modelport.cli.ml.inference_file import inference_words
from modelport.errors import UserError


def test_cluster_file_becomes_the_arguments_of_its_class():
    found = deployment_words(
        {
            "computeType": "AKS",
            "autoScaler": {"autoscaleEnabled": True, "minReplicas": 1, "maxReplicas": 3, "targetUtilization": 70},
            "containerResourceRequirements": {"cpu": 0.5, "memoryInGB": 2},
            "scoringTimeoutMs": 5000,
            "keys": {"primaryKey": "first"},
            "livenessProbeRequirements": {"periodSeconds": 5},
        },
        "d.json",
    )
    assert found.compute_type == "aks"
    assert found.arguments == {
        "autoscale_enabled": True, "autoscale_min_replicas": 1, "autoscale_max_replicas": 3,
        "autoscale_target_utilization": 70, "cpu_cores": 0.5, "memory_gb": 2, "scoring_timeout_ms": 5000,
        "primary_key": "first", "period_seconds": 5,
    }  # fmt: skip
    assert found.warnings == ()


@pytest.mark.parametrize("compute_type", COMPUTE_TYPES)
def test_every_argument_of_the_table_is_one_of_the_class(compute_type):
    import inspect

    from modelport.cli.ml.configurations import configuration_class

    signature = inspect.signature(configuration_class(compute_type).deploy_configuration)
    assert {key.argument for key in KEYS[compute_type].values()} <= set(signature.parameters)


def test_null_counts_as_left_out():
    assert deployment_words({"computeType": "aci", "cname": None, "keys": None}, "d.json").arguments == {}


def test_unknown_keys_are_told_with_the_nearest():
    content = {"computeType": "aci", "containerResourceRequirements": {"cpus": 1}, "tags": {"a": "b"}}
    first, second = deployment_words(content, "d.json").warnings
    assert "'containerResourceRequirements.cpus' is not known" in first
    assert "'cpu'" in first
    assert second.startswith("d.json: the key 'tags' is not known and has no effect.")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ({"computeType": "aci", "containerResourceRequirements": {"cpu": "one"}}, "cpu must be a number; it is 'one'"),
        ({"computeType": "aks", "autoScaler": True}, "autoScaler must be an object; it is True"),
        ({"computeType": "aks", "numReplicas": 1.5}, "numReplicas must be a whole number; it is 1.5"),
        ({"computeType": "aks", "numReplicas": True}, "numReplicas must be a whole number; it is True"),
        ({"computeType": "aci", "authEnabled": "yes"}, "authEnabled must be true or false; it is 'yes'"),
    ],
)
def test_wrong_values_are_named(content, words):
    with pytest.raises(UserError, match=words) as raised:
        deployment_words(content, "d.json")
    assert raised.value.code == "config-value-invalid"


def test_file_without_a_compute_type_says_which_there_are():
    with pytest.raises(UserError) as raised:
        deployment_words({"compute_type": "aci"}, "d.json")
    assert raised.value.code == "compute-type-needed"
    assert "'compute_type', which is not read" in raised.value.message


def test_unknown_compute_type_is_told_with_the_nearest():
    with pytest.raises(UserError, match="Did you mean 'local'") as raised:
        deployment_words({"computeType": "locla"}, "d.json")
    assert raised.value.code == "compute-type-unknown"


def test_inference_file_of_the_first_generation():
    found = inference_words(
        {"entryScript": "score.py", "runtime": "python", "condaFile": "c.yml", "enableGpu": False, "baseImage": None},
        "i.yml",
    )
    assert found.arguments == {
        "entry_script": "score.py", "runtime": "python", "conda_file": "c.yml", "enable_gpu": False
    }  # fmt: skip


def test_unknown_keys_of_an_environment_are_told():
    found = inference_words({"entryScript": "s.py", "environment": {"name": "e", "dockr": {}}}, "i.json")
    assert found.warnings == (
        "i.json: the key 'environment.dockr' is not known and has no effect. Did you mean 'docker'?",
    )
