"""How the engine is reached, and what is told where it is not."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from modelport.engine_errors import unreachable_engine
from modelport.errors import EngineError, MissingExtraError
from modelport.services.target import ServicePlace
from modelport.targets.container import ContainerTarget
from modelport.targets.container_engine import conversation

PLACE = ServicePlace("0123456789abcdef", "mysvc", Path("/nowhere"), Path("/nowhere"))


def test_engine_that_is_not_there_is_named_with_its_address():
    nowhere = {"DOCKER_HOST": "unix:///nowhere/docker.sock"}
    with pytest.raises(EngineError, match=r"unix:///nowhere/docker\.sock") as caught, conversation(nowhere):
        pass
    assert caught.value.code == "engine-not-running"


def test_target_and_images_say_the_same_of_an_engine_that_is_not_there():
    nowhere = {**os.environ, "DOCKER_HOST": "tcp://127.0.0.1:9"}
    with pytest.raises(EngineError) as by_target, conversation(nowhere):
        pass
    by_images = unreachable_engine("docker", "tcp://127.0.0.1:9", "Connection refused")
    assert (str(by_target.value), by_target.value.remedy) == (str(by_images), by_images.remedy)


def test_user_and_password_of_an_address_are_not_told():
    with pytest.raises(EngineError) as caught, conversation({"DOCKER_HOST": "tcp://me:secret@127.0.0.1:9"}):
        pass
    assert "secret" not in str(caught.value)
    assert "DOCKER_HOST" in caught.value.remedy


def test_missing_sdk_is_an_extra_to_be_installed(monkeypatch):
    monkeypatch.setitem(sys.modules, "docker", None)
    with pytest.raises(MissingExtraError, match=r"modelport\[container\]"), conversation({}):
        pass


def test_looking_without_an_engine_tells_so_and_raises_nothing():
    seen = ContainerTarget({"DOCKER_HOST": "unix:///nowhere/docker.sock"}, "workspace").observe(PLACE)
    assert seen.trouble.reason == "EngineUnavailable"


def test_a_container_that_crashes_again_and_again_is_asked_without_a_refusal(base_image, scratch):
    words = ["run", "--detach", "--restart", "always", "--label", scratch.label, base_image()]
    container = scratch.docker(*words, "sleep", "0.05")
    with conversation(dict(os.environ)) as known:
        assert [known.ask(container, "status") for _ in range(40)] == [{}] * 40
