"""How a service in a container is configured by programs; what it does then is in tests/e2e."""

from __future__ import annotations

import inspect
from pathlib import Path

import pytest

from modelport import AciWebservice, ContainerWebservice, LocalWebservice
from modelport.errors import UserError

V1 = (
    "cpu_cores memory_gb tags properties description location auth_enabled ssl_enabled enable_app_insights "
    "ssl_cert_pem_file ssl_key_pem_file ssl_cname dns_name_label primary_key secondary_key collect_model_data "
    "cmk_vault_base_url cmk_key_name cmk_key_version vnet_name subnet_name"
)
configure = AciWebservice.deploy_configuration


def test_both_names_are_one_class():
    assert AciWebservice is ContainerWebservice


def test_arguments_stand_in_the_order_of_v1():
    parameters = inspect.signature(configure).parameters.values()
    assert [each.name for each in parameters if each.kind is each.POSITIONAL_OR_KEYWORD] == V1.split()


def test_defaults_are_those_of_v1():
    box = configure()._whole_container()
    assert (box.cpu_cores, box.memory_bytes) == (0.1, 512 * 2**20)
    assert not configure().auth_enabled


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"cpu_cores": 0}, "cpu_cores"),
        ({"memory_gb": -1}, "memory_gb"),
        ({"cpu_cores": "1"}, "'1'"),
        ({"ssl_enabled": True}, "ssl_cert_pem_file, ssl_key_pem_file, ssl_cname"),
        ({"vnet_name": "n"}, "subnet_name"),
        ({"cmk_key_name": "n"}, "cmk_vault_base_url"),
        ({"primary_key": "12345678"}, "auth_enabled"),
        ({"memory_gb": float("inf")}, "memory_gb"),
        ({"cors_origins": "https://example.org"}, "list"),
    ],
)
def test_what_cannot_be_is_refused(given, words):
    with pytest.raises(UserError) as caught:
        configure(**given)
    assert caught.value.code == "container-config-invalid"
    assert words in caught.value.message


def test_certificate_that_is_not_there_is_named():
    Path("key.pem").write_text("x")
    with pytest.raises(UserError, match=r"nowhere\.pem"):
        configure(ssl_enabled=True, ssl_cert_pem_file="nowhere.pem", ssl_key_pem_file="key.pem", ssl_cname="a.example")


def test_unknown_argument_names_the_nearest():
    with pytest.raises(UserError, match="replicas"):
        configure(replica=2)


def test_keys_show_nowhere():
    assert "12345678" not in repr(configure(auth_enabled=True, primary_key="12345678"))


def test_arguments_of_a_cloud_are_recorded():
    assert configure(location="westeurope", dns_name_label="x")._recorded() == {
        "location": "westeurope", "dns_name_label": "x",
    }  # fmt: skip


def test_isolation_has_two_words():
    assert LocalWebservice.deploy_configuration(isolation="container")._target == "container"
    assert LocalWebservice.deploy_configuration(isolation="process")._target == "local"
    with pytest.raises(UserError, match="'container'"):
        LocalWebservice.deploy_configuration(isolation="containr")


def test_a_misspelt_argument_of_v1_is_recognised() -> None:
    with pytest.raises(UserError, match=r"no argument 'cpu_core'.*cpu_cores"):
        AciWebservice.deploy_configuration(cpu_core=1)


def test_what_belongs_to_a_cloud_is_recorded_and_told_in_one_line(caplog):
    config = configure(location="eastus", enable_app_insights=True, collect_model_data=False, cpu_cores=1)
    assert config._recorded() == {"location": "eastus", "enable_app_insights": True, "collect_model_data": False}
    assert [record.message for record in caplog.records] == [
        "AciWebservice.deploy_configuration: recorded, and without effect here: enable_app_insights, location"
    ]
