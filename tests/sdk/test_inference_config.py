"""InferenceConfig in the forms of both generations, and what it refuses."""

from __future__ import annotations

from pathlib import Path

import pytest

from modelport.errors import ModelportError, ScriptError, UserError
from modelport.sdk.environment import Environment
from modelport.sdk.inference_config import InferenceConfig


@pytest.fixture(autouse=True)
def files(home):
    Path("score.py").write_text("def init():\n    pass\ndef run(data):\n    return data\n")
    Path("myenv.yml").write_text("name: env\ndependencies:\n- python\n- pip:\n  - azureml-defaults\n")
    Path("steps").write_text("RUN true\n")


def test_new_form_takes_an_environment():
    env = Environment.from_conda_specification(name="env", file_path="myenv.yml")
    config = InferenceConfig(entry_script="score.py", environment=env)
    assert config._definition()["name"] == "env"


def test_old_form_makes_an_environment_of_its_conda_file():
    config = InferenceConfig("score.py", "python", "myenv.yml", extra_docker_file_steps="steps", enable_gpu=True)
    assert config._definition()["name"] == "myenv"
    assert config._recorded() == {
        "runtime": "python",
        "conda_file": "myenv.yml",
        "extra_docker_file_steps": "steps",
        "enable_gpu": True,
    }


def test_script_alone_is_served_by_this_python():
    assert InferenceConfig("score.py")._definition() == {}


def test_script_and_conda_file_are_relative_to_the_source_directory():
    Path("src").mkdir()
    Path("score.py").rename("src/score.py")
    Path("myenv.yml").rename("src/myenv.yml")
    config = InferenceConfig("score.py", source_directory="src", runtime="python", conda_file="myenv.yml")
    assert config._definition()["name"] == "myenv"


def test_attributes_mirror_the_parameters():
    config = InferenceConfig("score.py", "python", description="words", base_image="ubuntu", cuda_version="10.0")
    assert (config.entry_script, config.runtime, config.description) == ("score.py", "python", "words")
    assert (config.base_image, config.cuda_version, config.environment) == ("ubuntu", "10.0", None)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ({"runtime": "ruby"}, "ruby"),
        ({"runtime": "spark-py"}, "Spark"),
        ({"conda_file": "nowhere.yml"}, "nowhere.yml"),
        ({"extra_docker_file_steps": "nowhere"}, "nowhere"),
        ({"cuda_version": "7.5"}, "7.5"),
        ({"environment": "env"}, "Environment is needed"),
        ({"source_directory": "nowhere"}, "nowhere"),
    ],
)
def test_invalid_parts_are_refused(words, told):
    with pytest.raises(ModelportError, match=told):
        InferenceConfig("score.py", **words)


def test_environment_excludes_the_first_generation():
    env = Environment("env")
    with pytest.raises(UserError, match="runtime, conda_file"):
        InferenceConfig("score.py", runtime="python", conda_file="myenv.yml", environment=env)


@pytest.mark.parametrize("script", ["nowhere.py", "", None, 3])
def test_script_that_is_none_is_refused(script):
    with pytest.raises(ScriptError):
        InferenceConfig(script)


def test_the_content_of_the_script_is_checked_when_asked_for():
    Path("score.py").write_text("def init():\n    pass\n\ndef run(data:\n    return data\n")
    config = InferenceConfig("score.py")
    with pytest.raises(ScriptError) as caught:
        config.validation_script_content()
    assert (caught.value.code, caught.value.line) == ("script-syntax", 4)
