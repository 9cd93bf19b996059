"""What users write becomes what is meant: models, scripts, ports, limits."""

from __future__ import annotations

from pathlib import Path

import pytest

from modelport.errors import ConflictError, ModelportError, NotFoundError, ScriptError, UserError
from modelport.manifest import Listen
from modelport.registry.model import Registration
from modelport.services.request import ScriptRequest
from modelport.services.resolving import check_limits, check_listen, resolve_models, resolve_script
from modelport.services.spec import ModelPlacement


@pytest.fixture
def registry(workspace, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("model.pkl").write_text("weights")
    for _ in range(2):
        workspace.models.register(Path("model.pkl"), Registration("diabetes"))
    return workspace.models


def test_name_and_version_mean_that_version(registry):
    assert resolve_models(registry, ["diabetes:1"]) == (ModelPlacement("diabetes", 1),)


def test_bare_name_means_the_newest_version(registry):
    assert resolve_models(registry, ["diabetes"]) == (ModelPlacement("diabetes", 2),)


def test_object_means_itself(registry):
    assert resolve_models(registry, [registry.get("diabetes", 1)]) == (ModelPlacement("diabetes", 1),)


def test_path_means_the_file_without_registering(registry, tmp_path):
    assert resolve_models(registry, ["model.pkl"]) == (ModelPlacement("model.pkl", 0, str(tmp_path / "model.pkl")),)


def test_file_wins_over_a_bare_name_as_in_v1(registry):
    Path("diabetes").write_text("a file")
    assert resolve_models(registry, ["diabetes"])[0].version == 0


def test_long_file_name_is_cut_and_made_valid(registry):
    Path("my model " + "x" * 40).write_text("w")
    assert resolve_models(registry, [Path("my model " + "x" * 40)])[0].name == ("my_model_" + "x" * 40)[:30]


def test_no_models_are_legal(registry):
    assert resolve_models(registry, []) == ()


@pytest.mark.parametrize("word", ["nowhere.pkl", "diabetes:9", "diabets", "folder/model.pkl"])
def test_word_that_means_nothing_is_told(registry, word):
    with pytest.raises(ModelportError) as caught:
        resolve_models(registry, [word])
    assert word.partition(":")[0] in str(caught.value) and caught.value.remedy


def test_missing_registered_model_is_a_not_found_error(registry):
    with pytest.raises(NotFoundError, match="Versions of 'diabetes': 2, 1"):
        resolve_models(registry, ["diabetes:9"])


def test_same_model_twice_is_refused(registry):
    with pytest.raises(ConflictError, match="twice"):
        resolve_models(registry, ["diabetes:1", "diabetes:1"])


@pytest.mark.parametrize("words", ["diabetes:1", Path("model.pkl")])
def test_single_model_instead_of_a_list_is_told(registry, words):
    with pytest.raises(UserError, match="must be a list"):
        resolve_models(registry, words)


def test_object_that_is_no_model_is_refused(registry):
    with pytest.raises(UserError, match="names no model"):
        resolve_models(registry, [42])


def test_script_is_relative_to_its_source_directory(tmp_path):
    (tmp_path / "src" / "deep").mkdir(parents=True)
    script = resolve_script(ScriptRequest("deep/score.py", str(tmp_path / "src")))
    assert (script.entry_script, script.served_path) == ("deep/score.py", "src/deep/score.py")


def test_absolute_script_inside_the_source_directory_is_taken(tmp_path):
    script = resolve_script(ScriptRequest(str(tmp_path / "score.py"), str(tmp_path)))
    assert script.entry_script == "score.py"


@pytest.mark.parametrize("script", ["../score.py", "/etc/score.py", "a/../../score.py"])
def test_script_outside_is_refused(tmp_path, script):
    with pytest.raises(ScriptError, match="not inside"):
        resolve_script(ScriptRequest(script, str(tmp_path)))


def test_missing_source_directory_is_told(tmp_path):
    with pytest.raises(ScriptError, match="does not exist"):
        resolve_script(ScriptRequest("score.py", str(tmp_path / "nowhere")))


@pytest.mark.parametrize("port", [-1, 65536, "8890", True, 1.5, None])
def test_port_that_is_none_is_refused(port):
    with pytest.raises(UserError, match="port"):
        check_listen(Listen(port=port))


def test_limit_below_one_is_refused():
    with pytest.raises(UserError, match="max_concurrent_requests"):
        check_limits({"max_concurrent_requests": -1})


def test_unknown_limit_names_the_nearest():
    with pytest.raises(UserError, match="Did you mean 'workers'"):
        check_limits({"worker": 2})
