"""Images as programs of v1's first generation use them, with the real engine; the calls are those of old programs."""

from __future__ import annotations

import re
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.engine import Scratch
from tests.images.registry_servers import HOW_TO_GET, PASSWORDS, PROGRAM, password_auth, running_registry

from modelport import (
    ConflictError,
    ContainerImage,
    DeploymentError,
    Image,
    Model,
    NotFoundError,
    ScoringError,
    ScriptError,
    UserError,
    Workspace,
)
from modelport.images.registries.credentials import Credentials, CredentialStore
from modelport.images.registries.reference import parse_reference
from modelport.images.registries.transfer import push
from modelport.sdk.environment_sections import ContainerRegistry
from modelport.sdk.image_config import FIRST_GENERATION, ContainerImageConfig
from modelport.sdk.image_wish import first_generation_parts


def test_an_image_is_created_waited_for_and_its_log_is_read(
    image_ws: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    ws = image_ws
    model = Model.register(model_path="my_model.pkl", model_name="my_best_model", workspace=ws)
    image_config = ContainerImage.image_configuration(
        runtime="python", execution_script="score.py", conda_file="myenv.yml"
    )
    image = Image.create(name="myimg", models=[model], image_config=image_config, workspace=ws)
    assert image.creation_state in ("Running", "Succeeded")
    assert image.image_location == f"modelport/{ws.name}/myimg:1"  # programs print it without waiting
    capsys.readouterr()
    image.wait_for_creation(show_output=True)
    shown = capsys.readouterr().out
    assert re.fullmatch(r'Running\.*\nSucceeded\n.*myimg:1.*operation "Succeeded"\n', shown)
    for name, img in ws.images.items():
        assert (name, img.name, img.version) == ("myimg", "myimg", 1)
        with urllib.request.urlopen(img.image_build_log_uri) as log:
            assert b"Built sha256:" in log.read()
    assert ws.images["myimg"].image_build_log_uri == image.image_build_log_uri
    assert (image.image_location, image.image_type, image.model_ids) == (
        f"modelport/{ws.name}/myimg:1", "Docker", ["my_best_model:1"],
    )  # fmt: skip
    assert [each.id for each in image.models] == ["my_best_model:1"]
    assert isinstance(image, ContainerImage)


def test_an_image_answers_once_in_a_container_of_its_own(
    image_ws: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    config = ContainerImage.image_configuration(runtime="python", entry_script="score.py", conda_file="myenv.yml")
    image = ContainerImage.create(name="myimg", models=[], image_config=config, workspace=image_ws)
    image.wait_for_creation()
    found = image.run(input_data=b'"a"')
    assert found[1] == '"a"'
    assert str(found) in capsys.readouterr().out
    with pytest.raises(UserError, match="no input data"):
        image.run(b"")


def test_a_script_that_does_not_start_in_the_image_shows_its_traceback(image_ws: Workspace) -> None:
    Path("score.py").write_text("def init():\n    raise ValueError('no weights')\n\ndef run(data):\n    return 1\n")
    config = ContainerImage.image_configuration(runtime="python", execution_script="score.py")
    image = Image.create(image_ws, "myimg", [], config)
    image.wait_for_creation()
    with pytest.raises(DeploymentError, match="no weights") as caught:
        image.run(b"{}")
    assert caught.value.code == "image-run-failed"


def test_an_answer_that_is_an_error_is_raised(image_ws: Workspace) -> None:
    Path("score.py").write_text("def init():\n    pass\n\ndef run(data):\n    raise ValueError('x')\n")
    image = Image.create(image_ws, "myimg", [], ContainerImage.image_configuration("score.py", "python"))
    image.wait_for_creation()
    with pytest.raises(ScoringError) as caught:
        image.run(b"{}")
    assert caught.value.status == 502


def test_extra_dockerfile_steps_are_part_of_the_image(image_ws: Workspace) -> None:
    Path("Dockerfile.steps").write_text("RUN echo marked > /marked.txt\n")
    image_config = ContainerImage.image_configuration(
        runtime="python", execution_script="score.py", conda_file="myenv.yml", docker_file="Dockerfile.steps"
    )
    image = ContainerImage.create(name="myimg", models=[], image_config=image_config, workspace=image_ws)
    image.wait_for_creation(show_output=False)
    with urllib.request.urlopen(image.generated_dockerfile_uri) as dockerfile:
        assert "RUN echo marked > /marked.txt" in dockerfile.read().decode()


def test_a_failed_build_is_raised_with_its_step_and_its_log(
    image_ws: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("Dockerfile.steps").write_text("RUN echo about to fail; exit 4\n")
    config = ContainerImage.image_configuration("score.py", "python", docker_file="Dockerfile.steps")
    image = Image.create(image_ws, "myimg", [], config)
    with pytest.raises(DeploymentError, match="exit code 4") as caught:
        image.wait_for_creation(show_output=True)
    assert "about to fail" in str(caught.value)
    assert image.image_build_log_uri in capsys.readouterr().out
    assert (image.creation_state, image.image_location) == ("Failed", None)
    assert image.creation_error is not None
    assert image.creation_error["code"] == caught.value.code


def test_versions_tags_filters_and_deletion(image_ws: Workspace) -> None:
    config = ContainerImage.image_configuration("score.py", "python", tags={"a": "1"}, properties={"p": "1"})
    first = Image.create(image_ws, "myimg", [], config)
    second = Image.create(image_ws, "myimg", [], config)
    for image in (first, second):
        image.wait_for_creation()
    assert [image.version for image in Image.list(image_ws, image_name="myimg")] == [2, 1]
    assert Image(image_ws, "myimg").version == 2
    assert Image(image_ws, id="myimg:1").id == "myimg:1"
    first.add_tags({"b": "2"})
    first.remove_tags(["a"])
    first.add_properties({"q": "2"})
    assert [image.id for image in Image.list(image_ws, tags=[["b", "2"]])] == ["myimg:1"]
    assert Image.deserialize(image_ws, first.serialize()).serialize() == first.serialize()
    with pytest.raises(ConflictError):
        first.add_properties({"p": "2"})
    first.delete()
    assert first.creation_state == "Deleting"
    assert [image.id for image in Image.list(image_ws)] == ["myimg:2"]
    with pytest.raises(NotFoundError):
        Image(image_ws, name="myimg", version=1)


def test_what_is_wrong_is_said_before_anything_is_built(ws: Workspace) -> None:
    Path("score.py").write_text("def init():\n    pass\n\ndef run(data):\n    return 1\n")
    with pytest.raises(ScriptError, match=r"missing\.py"):
        ContainerImage.image_configuration("missing.py", "python")
    with pytest.raises(UserError, match=r"docker_file 'Dockerfile.steps' is not a file") as caught:
        ContainerImage.image_configuration("score.py", "python", docker_file="Dockerfile.steps")
    assert caught.value.code == "image-config-invalid"
    with pytest.raises(UserError, match="two words for the same"):
        ContainerImage.image_configuration("score.py", entry_script="other.py")
    with pytest.raises(UserError, match="dependencies: 'nowhere'"):
        ContainerImage.image_configuration("score.py", dependencies=["nowhere"])
    with pytest.raises(UserError, match="image_config is dict"):
        Image.create(ws, "myimg", [], {})  # type: ignore[arg-type]
    with pytest.raises(UserError, match="image name 'X'"):
        Image.create(ws, "X", [], ContainerImage.image_configuration("score.py"))
    assert ws.images == {}


def test_every_argument_of_the_first_generation_has_its_place(ws: Workspace) -> None:
    Path("score.py").write_text("def init():\n    pass\n\ndef run(data):\n    return 1\n")
    Path("schema.json").write_text("{}")
    Path("words").mkdir()
    registry = ContainerRegistry()
    registry.address, registry.username, registry.password = "registry.example", "ada", "secret"
    config = ContainerImage.image_configuration(
        "score.py", "python", base_image="team/base:1", base_image_registry=registry, enable_gpu=True,
        dependencies=["words"], schema_file="schema.json",
    )  # fmt: skip
    parts = first_generation_parts(config)
    assert parts["environment"]["container"] == {
        "base_image": "team/base:1",
        "base_image_registry": {"address": "registry.example", "username": "ada"},
        "gpu_support": True,
    }
    assert parts["script"].extra_files == {
        "words": str(Path("words").absolute()), "swagger.json": str(Path("schema.json").absolute()),
    }  # fmt: skip
    assert "secret" not in repr(parts) + repr(config)
    assert set(FIRST_GENERATION) <= set(vars(ContainerImageConfig("score.py")))


def test_a_base_of_a_private_registry_is_pulled_with_the_login_of_the_program(
    image_ws: Workspace, scratch: Scratch, tmp_path: Path, base_image: Callable[[str], str],
    need: Callable[[str, bool, str], None], monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    need("docker-registry", PROGRAM is not None, HOW_TO_GET)
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path / "nobody"))
    (user, password), *_ = PASSWORDS.items()
    with running_registry(tmp_path, password_auth(tmp_path)) as server:
        name = f"{server.address}/team/base:1"
        engine = scratch.engine
        target, store = parse_reference(name), CredentialStore({}, {server.address: lambda: login})
        login = Credentials(user, password, "the test")
        push(engine, base_image("3.11"), target, store, lambda _: None)
        scratch.docker("image", "rm", name)
        registry = ContainerRegistry()
        registry.address, registry.username, registry.password = server.address, user, password
        config = ContainerImage.image_configuration(
            "score.py", "python", base_image="team/base:1", base_image_registry=registry
        )
        image = Image.create(image_ws, "myimg", [], config)
        image.wait_for_creation()
        with urllib.request.urlopen(image.image_build_log_uri) as log:
            text = log.read().decode()
        assert f"Pulling the base image {name}" in text
        assert password not in text
        scratch.docker("image", "rm", name)


def test_images_that_nothing_runs_are_pruned(image_ws: Workspace) -> None:
    config = ContainerImage.image_configuration("score.py", "python", conda_file="myenv.yml")
    Image.create(image_ws, "myimg", [], config).wait_for_creation()
    assert Image.prune(image_ws) == []
    assert [image.id for image in Image.prune(image_ws, every_kind=True, dry_run=True)] == ["myimg:1"]
    assert [image.id for image in Image.list(image_ws)] == ["myimg:1"]
    assert [image.id for image in Image.prune(image_ws, every_kind=True)] == ["myimg:1"]
    assert Image.list(image_ws) == []
