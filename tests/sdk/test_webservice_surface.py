"""What v1 programs do with a service beside deploying and asking it: labels, lists, states, other targets."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from modelport.errors import ConflictError, NotFoundError, UserError
from modelport.sdk.inference_config import InferenceConfig
from modelport.sdk.model import Model
from modelport.sdk.webservice import AciWebservice, LocalWebservice, Webservice
from modelport.sdk.workspace import Workspace
from modelport.v1_errors import WebserviceException, speak_v1


@pytest.fixture
def ws(service_home, tmp_path, monkeypatch):
    """A workspace whose services do not outlive the test."""
    workspace = Workspace.create("demo", show_output=False)
    yield workspace
    for service in workspace.webservices.values():
        service.delete()


@pytest.fixture
def service(ws):
    Path("score.py").write_text("def init():\n    pass\ndef run(data):\n    return data\n")
    config = LocalWebservice.deploy_configuration(tags={"team": "a"}, properties={"fixed": "1"})
    made = Model.deploy(ws, "mysvc", [], InferenceConfig("score.py"), config)
    made.wait_for_deployment()
    return made


def test_tags_are_added_and_removed_without_a_new_revision(service, capsys):
    before = [event.kind for event in service._manager.events("mysvc")]
    service.add_tags({"team": "b", "stage": "test"})
    service.remove_tags(["team", "absent"])
    assert service.tags == {"stage": "test"}
    assert [event.kind for event in service._manager.events("mysvc")] == before
    assert capsys.readouterr().out.splitlines() == [
        "Tag team: a -> b", "Tags added to service mysvc.", "Service mysvc has no tag absent.",
        "Tags removed from service mysvc.",
    ]  # fmt: skip


def test_properties_are_added_and_never_change(service):
    service.add_properties({"more": "2"})
    with pytest.raises(ConflictError, match="fixed"):
        service.add_properties({"fixed": "2"})
    assert service.properties == {"fixed": "1", "more": "2"}
    assert LocalWebservice(service.workspace, "mysvc").properties == {"fixed": "1", "more": "2"}


def test_labels_that_are_no_text_are_refused(service):
    with pytest.raises(UserError, match="labels-invalid"):
        service.add_tags({"team": 1})
    assert service.tags == {"team": "a"}


def test_the_states_of_a_local_service_are_v1s_words(service):
    assert service.state == LocalWebservice.STATE_RUNNING == "running"
    service.delete()
    assert service.state == LocalWebservice.STATE_DELETED == "deleted"


def test_local_services_are_listed_by_model(service):
    assert [each.name for each in LocalWebservice.list(service.workspace)] == ["mysvc"]
    assert LocalWebservice.list(service.workspace, model_name="other") == []
    assert LocalWebservice.list(service.workspace, None, None, True)[0].state == "running"


def test_a_name_that_is_taken_is_found_before_deploying(service):
    with pytest.raises(WebserviceException, match="mysvc"):
        Webservice.check_for_existing_webservice(service.workspace, "mysvc")
    Webservice.check_for_existing_webservice(service.workspace, "mysvc", overwrite=True)
    Webservice.check_for_existing_webservice(service.workspace, "other")
    with pytest.raises(WebserviceException, match="name-invalid"):
        Webservice.check_for_existing_webservice(service.workspace, "No Name")


def test_someone_else_may_be_asked_for_the_name(ws):
    judged = []
    Webservice.check_for_existing_webservice(ws, "any", request_func=lambda: "answer", check_func=judged.append)
    assert judged == ["answer"]


def test_tokens_and_keys_are_not_for_every_service(service):
    with pytest.raises(NotImplementedError) as caught:
        service.get_token()
    assert caught.value.code == "tokens-unavailable"
    with pytest.raises(NotImplementedError, match="keys-disabled"):
        service.get_keys()
    with pytest.raises(NotImplementedError, match="keys-disabled"):
        service.regen_key("Primary")


def test_the_state_may_be_read_of_a_service_that_is_gone(ws):
    service = LocalWebservice(ws, "absent", must_exist=False)
    service.update_deployment_state()
    assert service.state == LocalWebservice.STATE_UNKNOWN
    with pytest.raises(NotFoundError):
        service.update_deployment_state(must_exist=True)


def test_in_a_v1_program_the_message_begins_with_v1s_word(ws):
    speak_v1()
    try:
        with pytest.raises(WebserviceException) as caught:
            Webservice(ws, "absent")
    finally:
        speak_v1(False)
    assert caught.value.message.startswith("WebserviceNotFound: ")
    assert caught.value.status_code == 404


def test_the_same_is_deployed_once_more_by_another_configuration(service):
    other = service.deploy_to_cloud("copy", LocalWebservice.deploy_configuration(replicas=2))
    other.wait_for_deployment()
    assert (other.run(json.dumps("x")), service.run(json.dumps("y"))) == ('"x"', '"y"')


def test_a_copy_needs_a_name_of_its_own(service):
    with pytest.raises(ConflictError, match="service-exists"):
        service.deploy_to_cloud(deployment_config=LocalWebservice.deploy_configuration())


def test_configurations_tell_what_they_ask_for(capsys):
    AciWebservice.deploy_configuration(cpu_cores=1, memory_gb=2).print_deploy_configuration()
    LocalWebservice.deploy_configuration(port=8890).print_deploy_configuration()
    LocalWebservice.deploy_configuration().print_deploy_configuration()
    told = "Each container: cpu_cores=1, memory_gb=2\nOn this machine: port=8890\n"
    assert capsys.readouterr().out == told


def test_everything_that_is_wrong_is_told_at_once():
    with pytest.raises(WebserviceException) as caught:
        AciWebservice.deploy_configuration(cpu_cores=0, memory_gb=-1, vnet_name="n", ssl_enabled=True)
    lines = caught.value.message.splitlines()
    assert len(lines) == 5
    assert [line.split()[0] for line in lines[1:]] == ["cpu_cores", "memory_gb", "ssl_enabled", "vnet_name"]


def test_only_an_image_can_be_validated():
    with pytest.raises(UserError, match="argument-invalid"):
        AciWebservice.deploy_configuration().validate_image("image")


@pytest.mark.parametrize("call", [AciWebservice.deploy_configuration, AciWebservice.update, LocalWebservice.update])
def test_a_misspelt_argument_is_answered_with_the_nearest(call):
    arguments = [] if call is AciWebservice.deploy_configuration else [None]
    with pytest.raises(UserError, match="argument-unknown"):
        call(*arguments, modells=[], cpu_core=1)


def test_the_dictionary_has_v1s_keys(service):
    base = (
        "name description tags properties state createdTime updatedTime error computeType workspaceName imageId "
        "imageDigest imageDetails scoringUri createdBy swaggerUri port"
    )
    told = service.serialize()
    assert set(base.split()) <= told.keys()
    json.dumps(told)
    assert (service.models, service.environment) == ([], {})
