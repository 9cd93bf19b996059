"""What an update asks for: the environment as the service's place needs it, and what no update can change."""

from __future__ import annotations

from pathlib import Path

import pytest

from modelport.errors import ConflictError, UserError
from modelport.images.wish import ImageWish
from modelport.sdk.arguments import opened
from modelport.sdk.container_parts import container_change
from modelport.sdk.image import Image
from modelport.sdk.inference_config import InferenceConfig
from modelport.sdk.runnable_image import image_change
from modelport.sdk.update_arguments import UpdateArguments
from modelport.sdk.webservice import ContainerWebservice, LocalWebservice
from modelport.sdk.workspace import Workspace


@pytest.fixture
def script() -> InferenceConfig:
    """A script on a base image of its own."""
    Path("score.py").write_text("def init():\n    pass\n\ndef run(data):\n    return data\n")
    return InferenceConfig("score.py", base_image="python:3.11-slim")


def test_a_script_of_a_local_service_in_a_container_keeps_its_base_image(ws: Workspace, script: InferenceConfig):
    change = UpdateArguments([script]).change(ws, "container")
    assert (change.environment or {})["container"] == {"base_image": "python:3.11-slim"}
    assert change.container == {"image": "", "image_name": ""}


def test_a_script_of_a_process_needs_no_image(ws: Workspace, script: InferenceConfig):
    change = UpdateArguments([script]).change(ws, "local")
    assert (change.environment, change.container) == ({}, {})


def test_isolation_is_not_changed_by_an_update(ws: Workspace):
    config = LocalWebservice.deploy_configuration(isolation="container")
    with pytest.raises(UserError, match="cannot change isolation"):
        UpdateArguments([config]).change(ws, "local")
    assert UpdateArguments([config]).change(ws, "container").limits == {}


def test_an_image_beside_a_script_is_refused(ws: Workspace, script: InferenceConfig):
    service = ContainerWebservice(ws, "mysvc", must_exist=False)
    with pytest.raises(UserError, match="an image brings its own"):
        container_change(service, {"image": object(), "inference_config": script})


def test_an_image_that_was_not_built_is_refused(ws: Workspace, tmp_path: Path):
    record = opened(ws).images.store.add(ImageWish("churn"), tmp_path / "image")
    with pytest.raises(ConflictError) as caught:
        image_change(Image._of(ws, record), None, None)
    assert caught.value.code == "image-not-built"
