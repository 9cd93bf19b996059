"""What v1's words about a cluster mean: defaults, changes, and everything that is wrong with them at once."""

from __future__ import annotations

import dataclasses
import json

import pytest

from modelport.errors import ProtocolError, UserError
from modelport.services.cluster import Autoscaling, Cluster, Probe, Resources, cluster_of, problems_of
from modelport.services.endpoint import Version
from modelport.services.spec import ScriptSpec, ServiceSpec


def told(**words):
    return list(problems_of(words))


def test_the_defaults_are_those_of_v1():
    assert cluster_of({}) == Cluster(
        autoscaling=Autoscaling(True, 1, 10, 1, 70),
        resources=Resources(0.1, 0.5, None, None, 0),
        probe=Probe(10, 310, 2, 1, 3),
        blobfuse_enabled=True,
    )


def test_a_fixed_number_of_replicas_turns_autoscaling_off():
    assert not cluster_of({"num_replicas": 3}).autoscaling.enabled


def test_autoscaling_that_is_turned_on_ends_the_fixed_number():
    cluster = cluster_of({"autoscale_enabled": True}, cluster_of({"num_replicas": 3}))
    assert (cluster.num_replicas, cluster.autoscaling.enabled) == (None, True)


def test_a_change_leaves_what_it_does_not_name():
    cluster = cluster_of({"cpu_cores": 2}, cluster_of({"memory_gb": 4, "namespace": "models"}))
    assert (cluster.resources, cluster.namespace) == (Resources(cpu_cores=2, memory_gb=4), "models")


def test_a_change_is_checked_beside_what_is_there():
    with pytest.raises(UserError, match="cpu_cores_limit"):
        cluster_of({"cpu_cores": 4}, cluster_of({"cpu_cores_limit": 2}))


@pytest.mark.parametrize(
    "name",
    [
        "cpu_cores", "memory_gb", "period_seconds", "initial_delay_seconds", "timeout_seconds", "success_threshold",
        "failure_threshold", "scoring_timeout_ms", "replica_max_concurrent_requests", "max_request_wait_time",
        "num_replicas",
    ],
)  # fmt: skip
@pytest.mark.parametrize("value", [0, -1, "two", True])
def test_a_number_has_to_be_greater_than_zero(name, value):
    assert [line for line in told(**{name: value}) if line.startswith(f"{name} must be")]


@pytest.mark.parametrize(
    ("words", "named"),
    [
        ({"cpu_cores": 2, "cpu_cores_limit": 1}, "cpu_cores_limit"),
        ({"memory_gb": 2, "memory_gb_limit": 1}, "memory_gb_limit"),
        ({"gpu_cores": -1}, "gpu_cores"),
        ({"namespace": "Not_Valid"}, "namespace"),
        ({"namespace": "valid\n"}, "namespace"),
        ({"autoscale_enabled": True, "num_replicas": 2}, "num_replicas"),
        ({"autoscale_enabled": True, "autoscale_min_replicas": 0}, "autoscale_min_replicas"),
        ({"autoscale_enabled": True, "autoscale_max_replicas": 0}, "autoscale_max_replicas"),
        ({"autoscale_enabled": True, "autoscale_min_replicas": 5, "autoscale_max_replicas": 2}, "greater than"),
        ({"autoscale_enabled": True, "autoscale_refresh_seconds": 0}, "autoscale_refresh_seconds"),
        ({"autoscale_enabled": True, "autoscale_target_utilization": 0}, "autoscale_target_utilization"),
        ({"autoscale_enabled": False}, "num_replicas"),
        ({"autoscale_min_replicas": 2}, "autoscale_min_replicas"),
        ({"autoscale_max_replicas": 2}, "autoscale_max_replicas"),
        ({"autoscale_refresh_seconds": 2}, "autoscale_refresh_seconds"),
        ({"autoscale_target_utilization": 50}, "autoscale_target_utilization"),
        ({"auth_enabled": True, "token_auth_enabled": True}, "token_auth_enabled"),
        ({"traffic_percentile": 101}, "traffic_percentile"),
    ],
)
def test_what_does_not_go_together_is_told(words, named):
    assert len(told(**words)) == 1
    assert named in told(**words)[0]


def test_all_that_is_wrong_is_told_at_once_a_line_each():
    with pytest.raises(UserError) as caught:
        cluster_of({"cpu_cores": 0, "memory_gb": -1, "autoscale_min_replicas": 2, "num_replicas": 0})
    lines = caught.value.message.splitlines()
    words = [line.split()[0] for line in lines[1:]]
    assert words == ["cpu_cores", "memory_gb", "num_replicas", "autoscale_min_replicas"]


def test_a_specification_keeps_its_cluster():
    cluster = dataclasses.replace(cluster_of({"num_replicas": 2}), versions=(Version("blue", 20, revision=4),))
    spec = ServiceSpec("mysvc", "kubernetes", ScriptSpec("/score.py"), cluster=cluster)
    assert ServiceSpec.from_json(json.loads(json.dumps(spec.to_json()))) == spec


def test_a_specification_without_a_word_of_clusters_is_read():
    words = ServiceSpec("mysvc", "local", ScriptSpec("/score.py")).to_json()
    del words["cluster"]
    assert ServiceSpec.from_json(words).cluster == Cluster()


@pytest.mark.parametrize("cluster", [7, {"probe": 7}, {"unknown": 1}, {"versions": [{"unknown": 1}]}, {"versions": 7}])
def test_a_damaged_cluster_is_refused(cluster):
    words = ServiceSpec("mysvc", "local", ScriptSpec("/score.py")).to_json()
    with pytest.raises(ProtocolError):
        ServiceSpec.from_json({**words, "cluster": cluster})
