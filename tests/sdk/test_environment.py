"""Environment as v1 programs use it, with a real workspace."""

from __future__ import annotations

import json
import sys
import urllib.request

import pytest

from modelport.environments.environment import EnvironmentDefinition
from modelport.errors import ConflictError, NotFoundError, UserError
from modelport.sdk.conda_dependencies import CondaDependencies
from modelport.sdk.environment import ContainerRegistry, DockerSection, Environment, PythonSection, definition_of
from modelport.sdk.environment_images import DockerBuildContext
from modelport.sdk.workspace import Workspace

MYENV = """\
name: project_environment
dependencies:
  - python=3.6.2
  - pip:
    - azureml-defaults
    - scikit-learn==0.19.1
channels: [conda-forge]
"""


@pytest.fixture
def ws(tmp_path, monkeypatch):
    monkeypatch.setenv("MODELPORT_HOME", str(tmp_path / "home"))
    return Workspace.create("test-ws", show_output=False)


@pytest.fixture
def myenv(tmp_path):
    (tmp_path / "myenv.yml").write_text(MYENV)
    return Environment.from_conda_specification(name="myenv", file_path=str(tmp_path / "myenv.yml"))


def refused(code, call):
    with pytest.raises(UserError) as caught:
        call()
    assert caught.value.code == code
    return caught.value


def test_a_new_environment_has_the_defaults_of_v1():
    made = Environment("test")
    assert made.environment_variables == {"EXAMPLE_ENV_VAR": "EXAMPLE_VALUE"}
    assert (made.version, made.inferencing_stack_version) == (None, None)
    assert (made.python.user_managed_dependencies, made.python.interpreter_path) == (False, "python")
    assert (made.docker.enabled, made.docker.shm_size, made.docker.arguments) == (False, "2g", [])


def test_a_conda_file_is_read_with_places(myenv):
    definition = definition_of(myenv)
    assert [str(entry) for entry in definition.pip] == [
        "azureml-defaults (myenv.yml:5)",
        "scikit-learn==0.19.1 (myenv.yml:6)",
    ]
    assert myenv.python.conda_dependencies.get_python_version() == "3.6.2"


def test_the_example_variable_travels_unless_it_is_overwritten(myenv):
    assert definition_of(myenv).environment_variables == {"EXAMPLE_ENV_VAR": "EXAMPLE_VALUE"}
    myenv.environment_variables = {"A": "1"}
    assert definition_of(myenv).environment_variables == {"A": "1"}


def test_a_mistake_in_a_conda_file_is_named_at_once(tmp_path):
    (tmp_path / "e.yml").write_text('dependencies:\n  - numpy\n  - "numpy>=1,<<2"\n')
    error = refused("conda-spec-invalid", lambda: Environment.from_conda_specification("a", str(tmp_path / "e.yml")))
    assert error.message.startswith("e.yml:3: ")


def test_pip_requirements_with_constraints_are_kept(tmp_path):
    (tmp_path / "limits.txt").write_text("numpy<2\n")
    (tmp_path / "r.txt").write_text("-c limits.txt\nnumpy\n--extra-index-url https://x.example/simple\n")
    definition = definition_of(Environment.from_pip_requirements("a", str(tmp_path / "r.txt")))
    assert [entry.text for entry in definition.constraints] == ["numpy<2"]
    assert definition.index.extra_index_urls == ("https://x.example/simple",)


def test_an_existing_conda_environment_needs_conda(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    refused("conda-missing", lambda: Environment.from_existing_conda_environment("a", "base"))


def test_an_existing_conda_environment_is_asked_of_conda(monkeypatch, tmp_path):
    conda = tmp_path / "conda"
    conda.write_text('#!/bin/sh\n[ "$5" = base ] || { echo "no such environment: $5" >&2; exit 1; }\n'
                     "echo 'dependencies: [python=3.8.1, numpy=1.18.1]'\n")  # fmt: skip
    conda.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin:/usr/bin")
    made = Environment.from_existing_conda_environment("a", "base")
    assert list(made.python.conda_dependencies.conda_packages) == ["numpy=1.18.1"]
    with pytest.raises(NotFoundError, match="no such environment: other"):
        Environment.from_existing_conda_environment("a", "other")


def test_registering_gives_versions_where_something_changed(ws, myenv):
    assert myenv.register(ws).version == "1"
    assert myenv.register(workspace=ws).version == "1"
    myenv.python.conda_dependencies.add_pip_package("joblib")
    assert myenv.register(ws).version == "2"
    assert Environment.get(ws, "myenv").version == "2"


def test_what_was_registered_is_got_back_the_same(ws, myenv):
    myenv.docker.base_image = "base:1"
    myenv.inferencing_stack_version = "latest"
    registered = myenv.register(ws)
    found = Environment.get(ws, "myenv", version="1")
    assert definition_of(found) == definition_of(registered) == definition_of(myenv)
    assert (found.docker.base_image, found.inferencing_stack_version) == ("base:1", "latest")


def test_no_variables_stay_no_variables(ws):
    made = Environment("plain", environment_variables={})
    assert made.register(ws).environment_variables == {}
    assert Environment.get(ws, "plain").environment_variables == {}


def test_unknown_names_versions_and_labels_are_refused(ws, myenv):
    myenv.register(ws)
    with pytest.raises(NotFoundError, match="myemv"):
        Environment.get(ws, "myemv")
    with pytest.raises(NotFoundError, match="no version '9'"):
        Environment.get(ws, "myenv", version="9")
    refused("argument-invalid", lambda: Environment.get(ws, "myenv", label="production"))


def test_the_workspace_lists_environments_live(ws, myenv):
    assert "myenv" not in ws.environments
    myenv.register(ws)
    assert ws.environments["myenv"].version == "1"
    assert "AzureML-Minimal" in Environment.list(ws)


def test_a_curated_environment_can_be_cloned_and_registered(ws):
    clone = Environment.get(ws, "modelport-sklearn").clone("my-sklearn")
    assert clone.register(ws).version == "1"
    refused("environment-name-reserved", lambda: Environment.get(ws, "modelport-sklearn").register(ws))


def test_a_clone_is_apart_from_its_origin(myenv):
    clone = myenv.clone("other")
    clone.python.conda_dependencies.add_pip_package("joblib")
    assert "joblib" not in list(myenv.python.conda_dependencies.pip_packages)


def test_anything_but_a_workspace_is_refused(myenv):
    refused("argument-invalid", lambda: myenv.register("my-workspace"))


@pytest.mark.parametrize(
    "misspell",
    [
        lambda made: setattr(made, "environment_variable", {}),
        lambda made: setattr(made.python, "interpreter", "x"),
        lambda made: setattr(made.docker, "base_imgae", "x"),
    ],
)
def test_a_misspelt_attribute_names_the_nearest(misspell):
    error = refused("argument-unknown", lambda: misspell(Environment("test")))
    assert "Did you mean" in error.message


@pytest.mark.parametrize("variables", [{"A": 1}, {1: "a"}, {"A=B": "x"}, {"": "x"}])
def test_variables_that_are_not_text_are_refused(variables):
    made = Environment("test")
    made.environment_variables = variables
    refused("argument-invalid", lambda: definition_of(made))


def test_dependencies_that_are_none_of_ours_are_refused():
    made = Environment("test")
    made.python.conda_dependencies = ["numpy"]
    refused("argument-invalid", lambda: definition_of(made))


def test_an_interpreter_of_the_user_is_passed_on():
    made = Environment("test")
    made.python.user_managed_dependencies = True
    made.python.interpreter_path = sys.executable
    assert definition_of(made).interpreter_path == sys.executable


def test_a_conda_file_can_be_named_in_the_section(tmp_path):
    (tmp_path / "e.yml").write_text("dependencies: [numpy]\n")
    made = Environment("test")
    made.python.conda_dependencies_file = str(tmp_path / "e.yml")
    assert [entry.text for entry in definition_of(made).conda] == ["numpy"]


def test_what_images_are_built_on_excludes_each_other():
    made = Environment("test")
    made.docker.base_image = "base:1"
    made.docker.base_dockerfile = "FROM x"
    assert (made.docker.base_image, made.docker.base_dockerfile) == (None, "FROM x")


def test_a_password_is_neither_recorded_nor_shown():
    registry = ContainerRegistry()
    registry.address, registry.username, registry.password = "r.example", "me", "geheim"
    made = Environment.from_docker_image("test", "base:1", registry)
    definition = definition_of(made)
    assert definition.container["base_image_registry"] == {"address": "r.example", "username": "me"}
    assert "geheim" not in str(definition.to_json()) + repr(made.docker)


def test_a_dockerfile_is_taken_as_text_or_path(tmp_path):
    (tmp_path / "Dockerfile").write_text("FROM x\nRUN y\n")
    for given in ("FROM x\nRUN y\n", str(tmp_path / "Dockerfile")):
        assert Environment.from_dockerfile("test", given).docker.base_dockerfile == "FROM x\nRUN y\n"


def test_two_lists_of_packages_are_refused(tmp_path):
    refused("argument-invalid", lambda: Environment.from_dockerfile("test", "FROM x", "a.yml", "r.txt"))


def test_what_was_saved_to_a_folder_is_loaded_the_same(tmp_path, myenv):
    myenv.docker.base_dockerfile = "FROM x\n"
    myenv.docker.base_image_registry.password = "geheim"
    myenv.save_to_directory(str(tmp_path / "saved"))
    loaded = Environment.load_from_directory(str(tmp_path / "saved"))
    assert definition_of(loaded).digest == definition_of(myenv).digest
    assert sorted(path.name for path in (tmp_path / "saved").iterdir()) == [
        "BaseDockerfile",
        "azureml_environment.json",
        "conda_dependencies.yml",
    ]
    assert "geheim" not in (tmp_path / "saved" / "azureml_environment.json").read_text()


def test_a_folder_is_not_written_over_unasked(tmp_path, myenv):
    myenv.save_to_directory(str(tmp_path / "saved"))
    with pytest.raises(ConflictError):
        myenv.save_to_directory(str(tmp_path / "saved"))
    myenv.save_to_directory(str(tmp_path / "saved"), overwrite=True)


@pytest.mark.parametrize("text", ["{", "{}", "[]", '{"name": "a", "python": 1, "docker": {}}'])
def test_a_folder_that_holds_no_environment_is_refused(tmp_path, text):
    (tmp_path / "azureml_environment.json").write_text(text)
    refused("environment-folder-invalid", lambda: Environment.load_from_directory(str(tmp_path)))


def test_the_root_of_the_package_has_both_classes():
    import modelport

    assert (modelport.Environment, modelport.CondaDependencies) == (Environment, CondaDependencies)
    assert isinstance(definition_of(Environment("a")), EnvironmentDefinition)


def test_a_dockerfile_may_be_text_a_path_or_an_open_file(tmp_path):
    path = tmp_path / "Dockerfile"
    path.write_text("FROM base:1\nRUN true\n")
    env = Environment("env")
    with path.open() as opened_file:
        for given in (path.read_text(), str(path), opened_file):
            env.docker.base_dockerfile = given
            assert env.docker.base_dockerfile == "FROM base:1\nRUN true\n"
    refused("environment-file-missing", lambda: setattr(env.docker, "base_dockerfile", str(tmp_path / "absent")))


def test_sections_take_their_attributes_by_name():
    assert DockerSection(shm_size="4g", base_image="b").shm_size == "4g"
    assert PythonSection(user_managed_dependencies=True).user_managed_dependencies
    refused("argument-unknown", lambda: DockerSection(shm_sise="4g"))


def test_the_platform_of_an_image_travels(ws, tmp_path):
    env = Environment("env")
    assert (env.docker.platform.os, env.docker.platform.architecture) == ("Linux", "amd64")
    env.docker.platform.architecture = "arm64"
    assert env.register(ws).docker.platform.architecture == "arm64"
    env.save_to_directory(str(tmp_path / "saved"))
    assert Environment.load_from_directory(str(tmp_path / "saved")).docker.platform.architecture == "arm64"


def test_the_saved_file_has_v1s_keys(tmp_path):
    env = Environment("env")
    env.spark.packages = ["a"]
    env.save_to_directory(str(tmp_path / "saved"))
    words = json.loads((tmp_path / "saved/azureml_environment.json").read_text())
    assert set(words) == {
        "name", "version", "environmentVariables", "python", "docker", "spark", "databricks", "r",
        "inferencingStackVersion", "assetId",
    }  # fmt: skip
    assert words["spark"] == {"repositories": [], "packages": ["a"], "precachePackages": True}
    assert words["docker"]["platform"] == {"os": "Linux", "architecture": "amd64"}


def test_a_wheel_is_kept_in_the_workspace(ws, tmp_path):
    wheel = tmp_path / "mine-1.0-py3-none-any.whl"
    wheel.write_bytes(b"wheel")
    url = Environment.add_private_pip_wheel(ws, str(wheel))
    with urllib.request.urlopen(url) as answer:
        assert answer.read() == b"wheel"
    with pytest.raises(ConflictError, match="wheel-exists"):
        Environment.add_private_pip_wheel(ws, str(wheel))
    assert Environment.add_private_pip_wheel(ws, str(wheel), exist_ok=True) == url


def test_versions_have_no_labels_of_ones_own(ws):
    refused("v1-not-covered", lambda: Environment.label(ws, "env", "1", ["prod"]))


def test_a_package_that_conda_alone_has_is_known_to_be_for_images(ws, tmp_path):
    (tmp_path / "e.yml").write_text("dependencies:\n  - python=3.11\n  - nodejs=20\n")
    env = Environment.from_conda_specification("env", str(tmp_path / "e.yml"))
    assert list(env.register(ws).python.conda_dependencies.conda_packages) == ["nodejs=20"]


def test_a_context_that_is_elsewhere_is_refused():
    refused("build-context-invalid", lambda: DockerBuildContext("git", "https://example.org/x.git"))
    refused("build-context-invalid", lambda: DockerBuildContext().path)
