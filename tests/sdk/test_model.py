"""The class Model: v1's names and shapes."""

from __future__ import annotations

import json
import urllib.request
from pathlib import Path

import pytest

from modelport.errors import ConflictError, NotFoundError, UserError
from modelport.sdk.environment import CondaDependencies, Environment
from modelport.sdk.inference_config import InferenceConfig
from modelport.sdk.model import Model
from modelport.sdk.resource import ResourceConfiguration
from modelport.sdk.run import Experiment
from modelport.sdk.webservice import LocalWebservice
from modelport.v1_errors import WebserviceException, speak_v1


@pytest.fixture
def model(ws, pkl):
    return Model.register(ws, str(pkl), "diabetes", tags={"a": "1"}, properties={"p": "q"})


def test_register_as_the_guide_writes_it(ws, pkl, capsys):
    model = Model.register(model_path="my_model.pkl", model_name="my_best_model", workspace=ws)
    assert (model.name, model.version, model.id) == ("my_best_model", 1, "my_best_model:1")
    assert capsys.readouterr().out == "Registering model my_best_model\n"


def test_the_representation_is_v1s(model, ws):
    assert repr(model) == (
        f"Model(workspace={ws!r}, name=diabetes, id=diabetes:1, version=1, tags={{'a': '1'}}, properties={{'p': 'q'}})"
    )


def test_a_path_outside_the_current_folder_is_accepted(ws, tmp_path):
    (tmp_path / "elsewhere.pkl").write_text("x")
    assert Model.register(ws, "../elsewhere.pkl", "m").version == 1


def test_a_missing_path_says_nothing_was_done(ws):
    with pytest.raises(UserError, match="model-path-missing"):
        Model.register(ws, "absent.pkl", "m")
    assert ws.models == {}


def test_everything_that_was_said_is_kept(ws, pkl):
    Model.register(
        ws, str(pkl), "m", description="d", model_framework=Model.Framework.SCIKITLEARN, model_framework_version="1.4",
        datasets=[("training", "ds1")], sample_input_dataset="in",
        resource_configuration=ResourceConfiguration(cpu=1, memory_in_gb=0.5),
    )
    kept = Model(ws, "m")
    assert (kept.description, kept.model_framework, kept.model_framework_version) == ("d", "ScikitLearn", "1.4")
    assert (kept.datasets, kept.sample_input_dataset) == ({"training": ["ds1"]}, "in")
    assert kept.resource_configuration == ResourceConfiguration(1, 0.5)
    assert kept.created_time.tzinfo is not None


def test_the_constructor_gets_the_newest_a_version_or_an_id(ws, pkl, model):
    Model.register(ws, str(pkl), "diabetes")
    assert [Model(ws, "diabetes").version, Model(ws, "diabetes", version=1).version] == [2, 1]
    assert Model(ws, id="diabetes:1").tags == {"a": "1"}


def test_the_constructor_filters(ws, pkl, model):
    Model.register(ws, str(pkl), "diabetes")
    assert Model(ws, "diabetes", tags=[["a", "1"]]).version == 1
    assert Model(ws, "diabetes", tags=["a"]).version == 1
    assert Model(ws, "diabetes", properties={"p": "q"}).version == 1


def test_the_constructor_needs_a_name(ws):
    with pytest.raises(UserError, match="name or the id"):
        Model(ws)


@pytest.mark.parametrize("version", ["x", 0, -1, 1.5, ""])
def test_a_version_is_a_whole_number(ws, model, version):
    with pytest.raises(UserError, match="version-invalid"):
        Model(ws, "diabetes", version=version)


def test_list_is_v1s(ws, pkl, model):
    Model.register(ws, str(pkl), "diabetes")
    Model.register(ws, str(pkl), "other")
    assert [found.id for found in Model.list(ws)] == ["diabetes:2", "diabetes:1", "other:1"]
    assert [found.id for found in Model.list(ws, latest=True)] == ["diabetes:2", "other:1"]
    assert [found.id for found in Model.list(ws, name="diabetes", tags=[["a", "1"]])] == ["diabetes:1"]


def test_a_filter_that_is_none_is_refused(ws):
    with pytest.raises(UserError, match="neither a key nor a pair"):
        Model.list(ws, tags=[["a", "b", "c"]])


def test_download_returns_the_path(model, tmp_path):
    path = model.download(str(tmp_path / "out"))
    assert path == str(tmp_path / "out/my_model.pkl")
    with pytest.raises(ConflictError, match="download-exists"):
        model.download(str(tmp_path / "out"))
    assert model.download(str(tmp_path / "out"), exists_ok=True) == path


def test_update_replaces_the_tags(model, ws):
    model.update(tags={"b": "2"}, description="new")
    assert (model.tags, Model(ws, "diabetes").description) == ({"b": "2"}, "new")


def test_tags_and_properties_in_one_step(model, ws):
    model.update_tags_properties(add_tags={"b": "2"}, remove_tags=["a"], add_properties={"x": "y"})
    assert (Model(ws, "diabetes").tags, model.properties) == ({"b": "2"}, {"p": "q", "x": "y"})


def test_changing_tags_tells_what_changed(model, capsys):
    capsys.readouterr()
    model.add_tags({"a": "2"})
    model.remove_tags(["a", "absent"])
    out = capsys.readouterr().out
    assert "a: 1 -> 2" in out and "no tag absent" in out
    assert model.tags == {}


def test_properties_never_change(model):
    with pytest.raises(ConflictError, match="properties-immutable"):
        model.add_properties({"p": "other"})


def test_a_deleted_model_is_gone(model, ws):
    model.delete()
    with pytest.raises(NotFoundError):
        Model(ws, "diabetes")


def test_serialize_is_json_under_v1s_keys(model, ws):
    payload = model.serialize()
    assert {"createdTime", "id", "mimeType", "frameworkVersion", "unpack", "url", "runId"} <= payload.keys()
    assert Model.deserialize(ws, json.loads(json.dumps(payload))).id == "diabetes:1"


def test_the_path_of_a_registered_model(model, ws):
    assert Path(Model.get_model_path("diabetes", _workspace=ws)).read_text() == "weights"


def test_the_path_of_a_served_model(monkeypatch, tmp_path):
    served = tmp_path / "app/azureml-models/m/10/my_model.pkl"
    served.parent.mkdir(parents=True)
    served.write_text("x")
    monkeypatch.setenv("AML_APP_ROOT", str(tmp_path / "app"))
    assert Model.get_model_path("m") == str(served)
    monkeypatch.delenv("AML_APP_ROOT")
    monkeypatch.chdir(tmp_path / "app")
    assert Model.get_model_path(model_name="m") == "azureml-models/m/10/my_model.pkl"


def test_a_path_needs_a_name():
    with pytest.raises(UserError, match="name of a model"):
        Model.get_model_path(None)


def test_a_model_of_a_run_knows_it(ws, pkl):
    run = Experiment(ws, "diabetes").start_logging()
    run.upload_file("outputs/my_model.pkl", str(pkl))
    model = run.register_model(model_name="my_best_model", model_path="outputs/my_model.pkl")
    assert (model.run_id, model.experiment_name, model.run.id) == (run.id, "diabetes", run.id)
    assert Model.list(ws, run_id=run.id)[0].id == "my_best_model:1"


@pytest.mark.parametrize("wrong", [{"cpu": -1}, {"memory_in_gb": "1"}, {"gpu": True}])
def test_resources_are_numbers(wrong):
    with pytest.raises(UserError, match="argument-invalid"):
        ResourceConfiguration(**wrong)


def test_the_urls_of_its_files_can_be_opened(ws, tmp_path):
    (tmp_path / "folder/deep").mkdir(parents=True)
    (tmp_path / "folder/a.txt").write_text("a")
    (tmp_path / "folder/deep/b.txt").write_text("b")
    urls = Model.register(ws, str(tmp_path / "folder"), "m").get_sas_urls()
    assert sorted(urls) == ["folder/a.txt", "folder/deep/b.txt"]
    with urllib.request.urlopen(urls["folder/deep/b.txt"]) as answer:
        assert answer.read() == b"b"


def test_an_unknown_argument_of_the_getter_is_answered_with_the_nearest(ws, model):
    with pytest.raises(UserError, match="Did you mean 'version'"):
        Model(ws, "diabetes", verson=1)


def test_a_missing_model_is_caught_as_in_v1(ws):
    speak_v1()
    try:
        with pytest.raises(WebserviceException) as caught:
            Model(ws, "absent")
    finally:
        speak_v1(False)
    assert caught.value.message.startswith("ModelNotFound: ")


def test_the_configuration_of_a_deployment_is_printed(ws, model, capsys):
    Path("score.py").write_text("def init():\n    pass\ndef run(data):\n    return data\n")
    env = Environment("env")
    env.python.conda_dependencies = CondaDependencies.create(pip_packages=["numpy"])
    env.docker.base_image = "base:1"
    config = LocalWebservice.deploy_configuration(port=8890)
    Model.print_configuration([model, "other.pkl"], InferenceConfig("score.py", environment=env), config, None)
    assert capsys.readouterr().out.splitlines() == [
        "Models: diabetes:1, other.pkl", "Target: this machine", "Entry script: score.py", "Environment: env",
        "Environment variables: EXAMPLE_ENV_VAR", "Packages: numpy", "Base image: base:1",
        "On this machine: port=8890",
    ]  # fmt: skip
