"""One model and one script under every Python that a user may have: an image answers as the local target does."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import urllib3
from tests.engine import Scratch

from modelport import Environment, InferenceConfig, LocalWebservice, Model, Workspace
from modelport.images.engine import image_facts
from modelport.sdk.arguments import opened

SCRIPT = """\
import json, os, sys
import numpy as np

def init():
    global weights
    weights = np.load(os.path.join(os.environ["AZUREML_MODEL_DIR"], "weights.npy"))

def run(raw_data):
    rows = np.asarray(json.loads(raw_data)["data"], dtype=float)
    return {"python": "%d.%d" % sys.version_info[:2], "prediction": (rows @ weights).round(9).tolist()}
"""
BODY = json.dumps({"data": [[1, 2, 3], [0.5, -1, 4]]}).encode()
LOCKED_DOWN = ("--read-only", "--tmpfs", "/tmp", "--user", "10001", "--cap-drop", "ALL")
WEIGHTS = b"\x93NUMPY\x01\x00v\x00" + b"{'descr': '<f8', 'fortran_order': False, 'shape': (3,), }".ljust(117) + b"\n"


@pytest.fixture
def project(
    service_home: Path, tmp_path: Path, scratch: Scratch, base_image: Callable[[str], str],
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Workspace]:  # fmt: skip
    """A workspace with a model of numpy's, a script in the current folder, and all bases."""
    import struct

    names = {python: base_image(python) for python in ("3.9", "3.11", "3.13")}
    monkeypatch.setenv("MODELPORT_BASE_IMAGE", names["3.11"].replace("3.11", "{python}"))
    folder = tmp_path / "project"
    folder.mkdir()
    monkeypatch.chdir(folder)
    Path("score.py").write_text(SCRIPT)
    Path("weights.npy").write_bytes(WEIGHTS + struct.pack("<3d", 0.1, 20.0, 3.0))
    workspace = Workspace.create(f"ws-{scratch.key}", show_output=False)
    Model.register(workspace, "weights.npy", "linear")
    yield workspace
    opened(workspace).images.forget_all()


def inference_config(python: str) -> InferenceConfig:
    """The script with numpy and this Python."""
    Path(f"{python}.yml").write_text(f"dependencies:\n- python={python}\n- pip:\n  - numpy\n")
    return InferenceConfig("score.py", environment=Environment.from_conda_specification("own", f"{python}.yml"))


def local_answer(workspace: Workspace) -> Any:
    """What the local target answers."""
    target = LocalWebservice.deploy_configuration()
    service = Model.deploy(workspace, "linear", [Model(workspace, "linear")], inference_config("3.11"), target)
    service.wait_for_deployment()
    answer = service.run(BODY)
    service.delete()
    return answer["prediction"]


def container_answer(scratch: Scratch, image: str, words: tuple[str, ...]) -> Any:
    """What a container of the image answers on a published port; it is removed."""
    options = ("--rm", "--detach", "--label", scratch.label, "--publish", "127.0.0.1::5001")
    container = scratch.docker("run", *options, *words, image)
    try:
        return answer_of(scratch, container)
    finally:
        scratch.docker("rm", "--force", container)  # it holds the image, which goes first


def answer_of(scratch: Scratch, container: str) -> Any:
    """What a container answers once it is ready."""
    port = int(scratch.docker("port", container, "5001").splitlines()[0].rpartition(":")[2])
    deadline = time.monotonic() + 120
    while True:
        try:
            answer = urllib3.request("POST", f"http://127.0.0.1:{port}/score", body=BODY, retries=False, timeout=30)
            if answer.status == 200:
                return answer.json()
        except urllib3.exceptions.HTTPError:
            pass
        if time.monotonic() > deadline:
            raise AssertionError(scratch.engine.run(["logs", container]))
        time.sleep(0.1)


@pytest.mark.parametrize(("python", "base"), [("3.9", "3.11"), ("3.11", "3.11"), ("3.13", "3.13")])
def test_an_image_answers_as_the_local_target_whatever_python_the_user_has(
    python: str, base: str, project: Workspace, scratch: Scratch
) -> None:
    package = Model.package(project, [Model(project, "linear")], inference_config(python))
    package.wait_for_creation(show_output=False)
    wanted = {"python": python, "prediction": local_answer(project)}
    for words in ((), LOCKED_DOWN):
        assert container_answer(scratch, package.location, words) == wanted
    facts = image_facts(scratch.engine, package.location)
    assert facts.labels["dev.modelport.models"] == "linear:1"
    assert facts.labels["org.opencontainers.image.base.name"].endswith(f":{base}")
