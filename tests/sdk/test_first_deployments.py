"""Deployments of v1's first generation, with real services and the real engine; the calls are those of old programs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from modelport import (
    AciWebservice,
    ConflictError,
    ContainerImage,
    Image,
    LocalWebservice,
    Model,
    UserError,
    Webservice,
    Workspace,
)
from modelport.sdk.arguments import opened

SCRIPT = """
import json
from pathlib import Path

def init():
    global words
    words = Path("words/w.txt").read_text() if Path("words").is_dir() else ""

def run(data):
    return [words, json.loads(data)]
"""


@pytest.fixture
def ws_with_services(image_ws: Workspace) -> Iterator[Workspace]:
    """A workspace whose services are deleted after the test, with a script that reads a file beside it."""
    Path("score.py").write_text(SCRIPT + f"# {image_ws.name}\n")
    Path("words").mkdir()
    Path("words/w.txt").write_text("w")
    yield image_ws
    for name in opened(image_ws).services.names():
        opened(image_ws).services.delete(name)


def test_a_service_runs_from_an_image(ws_with_services: Workspace) -> None:
    ws = ws_with_services
    model = Model.register(model_path="my_model.pkl", model_name="my_best_model", workspace=ws)
    image_config = ContainerImage.image_configuration(runtime="python", execution_script="score.py")
    image = Image.create(name="myimg", models=[model], image_config=image_config, workspace=ws)
    image.wait_for_creation(show_output=False)
    aci_config = AciWebservice.deploy_configuration(cpu_cores=1, memory_gb=1)
    service = Webservice.deploy_from_image(deployment_config=aci_config, image=image, name="mysvc", workspace=ws)
    service.wait_for_deployment(show_output=True)
    assert service.run(input_data=b"[1, 2]") == ["", [1, 2]]
    assert [found.name for found in Webservice.list(ws, image_name="myimg")] == ["mysvc"]
    with pytest.raises(ConflictError, match="'mysvc'") as caught:
        image.delete()
    assert caught.value.code == "image-in-use"
    ws.webservices["mysvc"].delete()
    image.delete()


def test_paths_become_models_and_files_lie_beside_the_script(ws_with_services: Workspace) -> None:
    ws = ws_with_services
    description = {"swagger": "2.0", "info": {"title": "mine", "version": "1"}, "paths": {}}
    Path("schema.json").write_text(json.dumps(description))
    image_config = ContainerImage.image_configuration(
        runtime="python", execution_script="score.py", dependencies=["words"], schema_file="schema.json"
    )
    service = Webservice.deploy(ws, "mysvc", ["my_model.pkl"], image_config, LocalWebservice.deploy_configuration())
    service.wait_for_deployment()
    assert service.run(b"1") == ["w", 1]
    assert [model.id for model in Model.list(ws)] == ["my_model.pkl:1"]
    served = next(opened(ws).directory.glob("services/*/revisions/1/app/swagger.json"))
    assert json.loads(served.read_text())["info"]["title"] == "mine"


def test_a_local_deployment_takes_the_place_of_the_one_before(ws_with_services: Workspace) -> None:
    image_config = ContainerImage.image_configuration("score.py", "python", dependencies=["words"])
    for _ in range(2):
        service = Webservice.deploy_local_from_model(ws_with_services, "mysvc", [], image_config, wait=True)
    assert service.run(b"1") == ["w", 1]
    assert isinstance(service, LocalWebservice)
    service.update([], ContainerImage.image_configuration("score.py", "python"))
    assert service.run(b"1") == ["", 1]


def test_a_container_has_the_extra_files_and_steps(ws_with_services: Workspace) -> None:
    Path("steps").write_text("ENV STEP=taken\n")
    image_config = ContainerImage.image_configuration(
        "score.py", "python", dependencies=["words"], docker_file="steps"
    )
    service = Webservice.deploy_from_model(ws_with_services, "mysvc", [], image_config)
    service.wait_for_deployment()
    assert service.run(b"1") == ["w", 1]
    facts = opened(ws_with_services).images.get("mysvc")
    assert "ENV STEP=taken" in facts.dockerfile.read_text()
    assert (facts.kind, facts.state) == ("service", "Succeeded")


def test_what_is_wrong_is_said_before_anything_is_registered(ws: Workspace) -> None:
    Path("score.py").write_text(SCRIPT)
    Path("my_model.pkl").touch()
    with pytest.raises(UserError, match="image_config is str"):
        Webservice.deploy(ws, "mysvc", ["my_model.pkl"], "score.py")  # type: ignore[arg-type]
    with pytest.raises(UserError, match="must be a list"):
        Webservice.deploy(ws, "mysvc", "my_model.pkl", ContainerImage.image_configuration("score.py"))
    with pytest.raises(UserError, match="an Image is needed"):
        Webservice.deploy_from_image(ws, "mysvc", "myimg:1")  # type: ignore[arg-type]
    assert Model.list(ws) == []
