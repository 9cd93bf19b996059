"""Images of environments alone, with the real engine."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.engine import Scratch

from modelport import CondaDependencies, DeploymentError, Environment, NotFoundError, UserError, Workspace
from modelport.sdk.environment_images import DockerBuildContext


def unlike_others(scratch: Scratch) -> Environment:
    """An environment whose image no other test has made."""
    made = Environment("my env")
    made.python.conda_dependencies = CondaDependencies.create(pip_packages=[], python_version="3.11")
    made.environment_variables = {"KEY": scratch.key}
    return made


def test_an_environment_is_built_and_its_image_known(
    image_ws: Workspace, scratch: Scratch, capsys: pytest.CaptureFixture[str]
) -> None:
    environment = unlike_others(scratch)
    with pytest.raises(NotFoundError, match=r"env\.build"):
        environment.get_image_details(image_ws)
    build = environment.build(image_ws)
    build.wait_for_completion(show_output=True)
    assert build.status == "Succeeded"
    shown = capsys.readouterr().out
    assert shown.startswith("Image Build Status: ")
    assert build.get_log() in shown
    found = environment.get_image_details(image_ws)
    assert (found.image_exist, found.registry, found.interpreter_path) == (True, None, "/opt/modelport/env/bin/python")
    assert found.image.startswith(f"modelport/{image_ws.name}/my-env-")
    assert found.dockerfile.startswith("FROM ")
    assert found["image"] == found.image
    environment.build_local(image_ws)
    assert f"The image is {found.image}" in capsys.readouterr().out


def test_an_environment_without_docker_is_a_virtual_environment(
    image_ws: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    environment = Environment("plain")
    environment.build_local(image_ws, useDocker=False)
    assert "The environment is at " in capsys.readouterr().out
    with pytest.raises(UserError, match="has no argument 'useDockr'"):
        environment.build_local(image_ws, useDockr=False)


def test_a_build_that_fails_is_raised(image_ws: Workspace) -> None:
    environment = Environment.from_dockerfile("broken", "FROM modelport-test/python:3.11\nRUN echo no luck; exit 5\n")
    with pytest.raises(DeploymentError, match="no luck"):
        environment.build(image_ws).wait_for_completion(show_output=False)


def test_a_build_context_is_the_base(image_ws: Workspace, scratch: Scratch) -> None:
    Path("context").mkdir()
    Path("context/Dockerfile").write_text("FROM modelport-test/python:3.11\nCOPY words.txt /words.txt\n")
    Path("context/words.txt").write_text(scratch.key)
    context = DockerBuildContext.from_local_directory(image_ws, "context")
    environment = Environment.from_docker_build_context("mine", context)
    environment.python.user_managed_dependencies = False
    environment.build(image_ws).wait_for_completion(show_output=False)
    found = environment.get_image_details(image_ws)
    assert scratch.docker("run", "--rm", "--entrypoint=/bin/cat", found.image, "/words.txt") == scratch.key


def test_a_build_context_needs_a_dockerfile(ws: Workspace) -> None:
    with pytest.raises(UserError) as caught:
        DockerBuildContext.from_local_directory(ws, ".")
    assert caught.value.code == "build-context-invalid"
    with pytest.raises(UserError, match="'other' was named"):
        DockerBuildContext.from_local_directory(ws, ".", "other")
