"""Packages, with the real engine: an image that runs alone, or its Dockerfile and context."""

from __future__ import annotations

import datetime
from pathlib import Path

import pytest

from modelport import (
    ConflictError,
    DeploymentError,
    Environment,
    InferenceConfig,
    Model,
    NotFoundError,
    UserError,
    Workspace,
)
from modelport.images.trial import ask_image
from modelport.sdk.arguments import opened
from modelport.sdk.package import ModelPackage


def test_a_package_is_built_pulled_and_answers(image_ws: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    ws = image_ws
    model = Model.register(model_path="my_model.pkl", model_name="my_best_model", workspace=ws)
    myenv = Environment.from_conda_specification(name="env", file_path="myenv.yml")
    inference_config = InferenceConfig(entry_script="score.py", environment=myenv)
    package = Model.package(ws, [model], inference_config)
    capsys.readouterr()
    package.wait_for_creation(show_output=True)
    shown = capsys.readouterr().out
    assert shown == f"{package.get_logs()}Package creation Succeeded\n"
    package.pull()
    assert f"Status: {package.location} is in the engine (sha256:" in capsys.readouterr().out
    year = datetime.datetime.now(datetime.timezone.utc).strftime("package:%Y")
    assert str(package.location).startswith(year)
    assert package.serialize() == {"generateDockerfile": False, "state": "Succeeded", "location": package.location}
    assert ask_image(opened(ws).engine, str(package.location), b'"a"').endswith(b'"\\"a\\""]')
    assert (ws.images, package.get_container_registry().address) == ({}, None)
    opened(ws).engine.run(["image", "rm", str(package.location)])


def test_a_package_is_named_as_asked(image_ws: Workspace) -> None:
    key = image_ws.name
    package = Model.package(image_ws, [], InferenceConfig("score.py"), image_name=f"team/{key}", image_label="v1")
    package.wait_for_creation()
    assert package.location == f"team/{key}:v1"
    assert isinstance(package.get_logs(decode=False, offset=3), bytes)
    opened(image_ws).engine.run(["image", "rm", f"team/{key}:v1"])
    with pytest.raises(UserError, match="is not a tag"):
        Model.package(image_ws, [], InferenceConfig("score.py"), image_label="not a tag")


def test_a_dockerfile_package_is_saved(image_ws: Workspace) -> None:
    model = Model.register(image_ws, "my_model.pkl", "my_best_model")
    package = Model.package(image_ws, [model, "my_model.pkl"], InferenceConfig("score.py"), generate_dockerfile=True)
    package.wait_for_creation()
    package.save("./imagefiles")
    assert Path("imagefiles/Dockerfile").read_text().startswith("FROM ")
    files = (path for path in Path("imagefiles").rglob("*.pkl") if path.is_file())
    models = sorted(str(path.relative_to("imagefiles/modelport")) for path in files)
    assert models == [
        "models/my_best_model-1/my_best_model/1/my_model.pkl", "models/my_model.pkl-0/my_model.pkl/0/my_model.pkl",
    ]  # fmt: skip
    assert str(package.location).startswith("file://")
    with pytest.raises(UserError, match=r"package.save") as caught:
        package.pull()
    assert caught.value.code == "package-not-an-image"


def test_an_image_package_has_no_context_to_save(image_ws: Workspace) -> None:
    package = Model.package(image_ws, [], InferenceConfig("score.py"))
    package.wait_for_creation()
    with pytest.raises(UserError) as caught:
        package.save("folder")
    assert caught.value.code == "context-not-kept"
    opened(image_ws).engine.run(["image", "rm", str(package.location)])


def test_a_failed_package_says_why(image_ws: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    Path("steps").write_text("RUN echo about to fail; exit 4\n")
    package = Model.package(image_ws, [], InferenceConfig("score.py", "python", extra_docker_file_steps="steps"))
    with pytest.raises(DeploymentError, match="about to fail"):
        package.wait_for_creation(show_output=True)
    assert "Package creation Failed" in capsys.readouterr().out
    assert (package.state, package.location) == ("Failed", None)
    assert package.error is not None
    with pytest.raises(ConflictError):
        package.pull()


def test_a_package_is_found_again_by_its_operation(image_ws: Workspace) -> None:
    package = Model.package(image_ws, [], InferenceConfig("score.py"), generate_dockerfile=True)
    package.wait_for_creation()
    again = ModelPackage(image_ws, package.operation_id, None)
    assert again.serialize() == package.serialize()
    with pytest.raises(NotFoundError):
        ModelPackage(image_ws, "no-such-operation", None)


def test_a_model_that_needs_no_script_is_packaged_without_one(image_ws: Workspace) -> None:
    model = Model.register(image_ws, "my_model.pkl", "sk", model_framework=Model.Framework.SCIKITLEARN)
    package = Model.package(image_ws, [model], generate_dockerfile=True)
    package.wait_for_creation()
    assert "scikit-learn" in package.get_logs() or "Solving" in package.get_logs()
    with pytest.raises(UserError, match="exactly one model"):
        Model.package(image_ws, [])
