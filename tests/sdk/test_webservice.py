"""Services as v1 programs see them."""

from __future__ import annotations

import datetime
import json
import socket
import textwrap
from pathlib import Path

import pytest

from modelport import process_table
from modelport.errors import ConflictError, DeploymentError, NotFoundError, ScoringError, UserError
from modelport.sdk.inference_config import InferenceConfig
from modelport.sdk.model import Model
from modelport.sdk.webservice import LocalWebservice, Webservice
from modelport.sdk.workspace import Workspace
from modelport.settings import read_settings

ECHO = """
    import json
    def init():
        print("init ran")
    def run(data):
        return json.dumps({"echo": json.loads(data)})
"""
OTHER = ECHO.replace("echo", "other")


def write(text):
    Path("score.py").write_text(textwrap.dedent(text))


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture
def ws(service_home, tmp_path, monkeypatch):
    """A workspace whose services do not outlive the test."""
    workspace = Workspace.create("demo", show_output=False)
    yield workspace
    for service in workspace.webservices.values():
        service.delete()


@pytest.fixture
def config(ws):
    write(ECHO)
    return InferenceConfig("score.py")


@pytest.fixture
def service(ws, config):
    made = Model.deploy(ws, "mysvc", [], config, LocalWebservice.deploy_configuration())
    made.wait_for_deployment()
    return made


@pytest.fixture
def models(ws):
    Path("m.pkl").write_text("weights")
    return [Model.register(ws, "m.pkl", "m") for _ in range(2)]


# -- deploying -----------------------------------------------------------------------------------------------------


def test_five_positional_arguments_deploy(ws, config, models):
    port = free_port()
    service = Model.deploy(ws, "mysvc", [models[0]], config, LocalWebservice.deploy_configuration(port=port))
    service.wait_for_deployment(True)
    assert isinstance(service, LocalWebservice)
    assert (service.port, service.state) == (port, "running")


def test_keywords_deploy(ws, config):
    service = Model.deploy(
        workspace=ws, name="mysvc", models=[], inference_config=config,
        deployment_config=LocalWebservice.deploy_configuration(),
    )  # fmt: skip
    service.wait_for_deployment(show_output=True)
    assert service.state == "running"


def test_without_a_configuration_it_is_deployed_here_and_a_line_says_so(ws, config, capsys):
    Model.deploy(ws, "mysvc", [], config)
    assert "on this machine" in capsys.readouterr().out


def test_waiting_prints_each_step_once_and_the_address(ws, config, capsys):
    service = Model.deploy(ws, "mysvc", [], config, LocalWebservice.deploy_configuration(), show_output=True)
    service.wait_for_deployment(show_output=True)
    lines = capsys.readouterr().out.splitlines()
    assert [line.partition(":")[0] for line in lines[:3]] == ["Models", "Target", "Entry script"]
    assert [line.partition(":")[0] for line in lines[3:7]] == ["check", "solve", "place", "launch"]
    assert len(lines) == len(set(lines))
    assert lines[-1] == f"Service mysvc answers at http://localhost:{service.port}/score"


def test_failing_init_raises_from_waiting_and_keeps_the_log(ws):
    write("def init():\n    raise ValueError('too old')\ndef run(data):\n    return 1\n")
    service = Model.deploy(ws, "mysvc", [], InferenceConfig("score.py"), LocalWebservice.deploy_configuration())
    with pytest.raises(DeploymentError, match="too old"):
        service.wait_for_deployment(True)
    assert service.state == "failed"
    assert "too old" in service.get_logs()
    assert service.error["code"] == "InitFailed" or "too old" in service.error["message"]


def test_existing_name_is_refused_unless_overwritten(ws, service, config):
    with pytest.raises(ConflictError):
        Model.deploy(ws, "mysvc", [], config)
    write(OTHER)
    again = Model.deploy(ws, "mysvc", [], config, LocalWebservice.deploy_configuration(), overwrite=True)
    again.wait_for_deployment()
    assert again.port == service.port and "other" in service.run("1")


@pytest.mark.parametrize("arguments", [("score.py",), (None, "aci"), (None, None, "aks")])
def test_arguments_of_a_wrong_type_are_refused(ws, config, arguments):
    with pytest.raises(UserError):
        Model.deploy(ws, "mysvc", [], *(argument or config for argument in arguments[:1]), *arguments[1:])
    assert ws.webservices == {}


def test_model_of_another_workspace_is_refused(ws, config, models):
    other = Workspace.create("other", show_output=False)
    with pytest.raises(UserError, match="workspace 'demo', not in 'other'"):
        Model.deploy(other, "mysvc", models[:1], config)


@pytest.mark.parametrize("models", ["m:1", Path("m.pkl")])
def test_models_must_be_a_list(ws, config, models):
    with pytest.raises(UserError, match="list"):
        Model.deploy(ws, "mysvc", models, config, LocalWebservice.deploy_configuration())


@pytest.mark.parametrize(
    "words",
    [{"port": 0}, {"port": 70000}, {"port": "8890"}, {"replicas": 0}, {"max_concurrent_requests": -1},
     {"scoring_timeout_ms": 0}, {"max_request_wait_time": -5}, {"replicas": 1.5}, {"tags": {"a": 1}},
     {"cors_origins": "https://example.org"}],
    ids=str,
)  # fmt: skip
def test_invalid_configuration_is_refused(words):
    with pytest.raises(UserError):
        LocalWebservice.deploy_configuration(**words)


# -- getting -------------------------------------------------------------------------------------------------------


def test_getter_returns_the_proper_class(ws, service):
    assert type(Webservice(ws, "mysvc")) is LocalWebservice
    assert type(Webservice(ws, name="mysvc")) is LocalWebservice
    assert type(ws.webservices["mysvc"]) is LocalWebservice


def test_service_that_is_not_there(ws):
    with pytest.raises(NotFoundError):
        Webservice(ws, "nowhere")
    with pytest.raises(NotFoundError):
        LocalWebservice(ws, "nowhere")
    assert LocalWebservice(ws, "nowhere", must_exist=False).state == "unknown"


def test_attributes_are_those_of_v1(ws, config):
    configuration = LocalWebservice.deploy_configuration(tags={"a": "b"}, properties={"c": "d"}, description="words")
    service = Model.deploy(ws, "mysvc", [], config, configuration)
    service.wait_for_deployment()
    assert (service.tags, service.properties, service.description) == ({"a": "b"}, {"c": "d"}, "words")
    assert service.compute_type == "Local" and service.auth_enabled is False and service.error is None
    assert service.scoring_uri == f"http://localhost:{service.port}/score"
    assert service.swagger_uri == f"http://localhost:{service.port}/swagger.json"
    assert isinstance(service.created_time, datetime.datetime)
    words = json.loads(json.dumps(service.serialize()))
    assert (words["name"], words["state"], words["port"]) == ("mysvc", "running", service.port)
    assert Webservice.deserialize(ws, words).name == "mysvc"


def test_list_filters(ws, config, models):
    configuration = LocalWebservice.deploy_configuration(tags={"stage": "test"})
    Model.deploy(ws, "first", [models[0]], config, configuration)
    Model.deploy(ws, "second", [], config)
    names = [
        [service.name for service in Webservice.list(ws, **words)]
        for words in (
            {}, {"compute_type": "Local"}, {"compute_type": "aci"}, {"model_name": "m"}, {"model_id": "m:2"},
            {"tags": ["stage"]}, {"tags": [["stage", "live"]]}, {"image_name": "x"},
        )
    ]  # fmt: skip
    assert names == [["first", "second"], ["first", "second"], [], ["first"], [], ["first"], [], []]
    with pytest.raises(UserError, match="Did you mean 'Local'"):
        Webservice.list(ws, compute_type="Locl")


# -- using ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("data", [b'{"data": [[1, 2]]}', '{"data": [[1, 2]]}', bytearray(b'{"data": [[1, 2]]}')])
def test_run_sends_bytes_and_text(service, data):
    answer = service.run(input_data=data)
    assert isinstance(answer, str)  # run() returned json.dumps(...), as the seeds do
    assert json.loads(answer) == {"echo": {"data": [[1, 2]]}}


def test_run_refuses_what_it_would_have_to_guess(service):
    with pytest.raises(UserError, match=r"json\.dumps"):
        service.run({"data": 1})


def test_answer_other_than_200_carries_status_and_body(service):
    with pytest.raises(ScoringError) as caught:
        service.run("{")
    assert caught.value.status == 502 and "run-failed" in caught.value.body


def test_logs_are_text_or_bytes(service):
    assert "init ran" in service.get_logs()
    assert len(service.get_logs(num_lines=1).splitlines()) == 1
    assert service.get_logs(raw=True).decode() == service.get_logs()


@pytest.mark.parametrize("num_lines", [0, -1, "5", True])
def test_number_of_lines_must_be_one(service, num_lines):
    with pytest.raises(UserError):
        service.get_logs(num_lines)


def test_keys(ws, config):
    service = Model.deploy(ws, "mysvc", [], config, LocalWebservice.deploy_configuration(auth_enabled=True))
    service.wait_for_deployment()
    primary, secondary = service.get_keys()
    service.regen_key("primary")
    assert service.get_keys()[0] != primary and service.get_keys()[1] == secondary
    assert service.auth_enabled and "echo" in service.run("1")
    assert primary not in repr(service) and primary not in service.get_logs()


def test_tokens_are_not_there(service):
    with pytest.raises(UserError, match="keys"):
        service.get_token()


def test_deleted_service_says_so(ws, service, capsys):
    service.delete()
    assert service.state == "deleted" and ws.webservices == {}
    service.delete()
    assert "no service mysvc" in capsys.readouterr().out


# -- changing ------------------------------------------------------------------------------------------------------


def test_reload_takes_the_new_script(service):
    write(OTHER)
    service.reload()
    assert "other" in service.run("1")


def test_update_takes_positional_arguments_by_type(ws, service, config, models):
    write(OTHER)
    configuration = LocalWebservice.deploy_configuration(max_concurrent_requests=2)
    service.update([models[1]], config, configuration)
    assert "other" in service.run("1")
    assert Webservice.list(ws, model_id="m:2")[0].name == "mysvc"


def test_update_takes_v1s_own_order_and_keywords(service, config, models):
    service.update(models=[models[0]], deployment_config=None, wait=True, inference_config=config)
    service.update(None, None, LocalWebservice.deploy_configuration(replicas=2), False)
    assert service._look().desired_replicas == 2


def test_failing_update_says_why_and_the_old_revision_serves(service, config):
    write("def init():\n    import nowhere_to_be_found\ndef run(data):\n    return 1\n")
    with pytest.raises(DeploymentError, match="nowhere_to_be_found"):
        service.update(inference_config=config)
    assert "echo" in service.run("1") and service.state == "running"
    assert "nowhere_to_be_found" in service.error["message"]


@pytest.mark.parametrize("arguments", [(), (3,), (["m:1"], ["m:2"])])
def test_update_that_means_nothing_is_refused(service, arguments):
    with pytest.raises(UserError):
        service.update(*arguments)


def test_update_refuses_an_unknown_keyword(service):
    with pytest.raises(UserError, match="Did you mean 'models'"):
        service.update(model=[])


def test_killed_server_is_told_by_state_and_error(service):
    server = json.loads(next(read_settings().home.glob("workspaces/*/services/*/server.json")).read_text())
    process_table.kill(process_table.ProcessIdentity(server["pid"], server["start_ticks"]))
    assert service.state == "failed"
    assert service.error["code"] == "ServerKilled" and "signal 9" in service.error["message"]
    assert "modelport service start" in service.error["remedy"]
