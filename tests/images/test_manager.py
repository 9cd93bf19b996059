"""Building images from wishes with the real engine: what is kept, what is not built again, what failures leave."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.engine import Scratch

from modelport.environments.environment import EnvironmentDefinition
from modelport.errors import ConflictError, EngineError, ModelportError, NotFoundError, ScriptError, UserError
from modelport.images.engine import Engine, image_facts
from modelport.images.failure import failure_of
from modelport.images.record import ImageQuery
from modelport.images.wish import ImageLabels, ImageModel, ImageScript, ImageWish
from modelport.process import run
from modelport.registry.model import Registration
from modelport.settings import read_settings
from modelport.workspace import Home, OpenWorkspace

SCRIPT = "def init():\n    pass\n\ndef run(data):\n    return {key!r}\n"


@pytest.fixture
def workspace(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, scratch: Scratch, base_image: Callable[[str], str]
) -> Iterator[OpenWorkspace]:
    """A workspace whose images are taken out of the engine after the test."""
    monkeypatch.setenv("MODELPORT_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("MODELPORT_BASE_IMAGE", base_image("3.11").replace("3.11", "{python}"))
    made = Home(read_settings()).create(f"ws-{scratch.key}")
    yield made
    made.images.forget_all()


@pytest.fixture
def script(tmp_path: Path, scratch: Scratch) -> ImageScript:
    """An entry script that no other test has, so that its image is not there yet."""
    path = tmp_path / "score.py"
    path.write_text(SCRIPT.format(key=scratch.key))
    return ImageScript(str(path))


def test_an_image_is_built_with_its_log_dockerfile_and_lock(workspace: OpenWorkspace, script: ImageScript) -> None:
    lines: list[str] = []
    record = workspace.images.build(ImageWish("churn", script=script), lambda progress: lines.append(str(progress)))
    assert (record.state, record.version, record.reference) == (
        "Succeeded", 1, f"modelport/{workspace.name}/churn:1",
    )  # fmt: skip
    facts = image_facts(workspace.engine, record.reference)
    assert facts is not None
    assert facts.id == record.image_id
    log = record.log_file.read_text()
    assert all(line.splitlines()[0].strip(" |") in log for line in lines if line.startswith("Built"))
    assert record.dockerfile.read_text().startswith("FROM ")
    assert json.loads((record.directory / "lock.json").read_text())["packages"] == []
    assert sorted(path.name for path in record.directory.iterdir()) == [
        "Dockerfile", "build.lock", "build.log", "lock.json",
    ]  # fmt: skip


def test_an_equal_image_is_not_built_again_and_its_log_says_so(
    workspace: OpenWorkspace, script: ImageScript
) -> None:
    first = workspace.images.build(ImageWish("churn", script=script))
    second = workspace.images.build(ImageWish("churn", script=script))
    assert (second.version, second.image_id) == (2, first.image_id)
    assert "Nothing is built" in second.log_file.read_text()
    facts = image_facts(workspace.engine, first.image_id)
    assert facts is not None
    assert {first.reference, second.reference} <= set(facts.tags)


def test_an_equal_image_of_a_service_shares_the_record(workspace: OpenWorkspace, script: ImageScript) -> None:
    wish = ImageWish("churn", "service", script=script)
    first = workspace.images.build(wish)
    assert workspace.images.build(wish) == first
    assert workspace.images.list() == [first]
    workspace.engine.run(["image", "rm", "--force", first.image_id])
    assert workspace.images.build(wish).version == 2


def test_a_build_in_the_background_is_seen_through(workspace: OpenWorkspace, script: ImageScript) -> None:
    begun = workspace.images.begin(ImageWish("churn", script=script, labels=ImageLabels(tags={"a": "1"})))
    assert (begun.state, begun.tags) == ("Running", {"a": "1"})
    lines: list[str] = []
    ended = workspace.images.wait(begun, lines.append)
    assert ended.state == "Succeeded"
    assert "\n".join(lines) == workspace.images.log(ended).decode().rstrip("\n")


def test_a_failed_build_keeps_log_and_error(workspace: OpenWorkspace, script: ImageScript) -> None:
    with pytest.raises(ModelportError) as caught:
        workspace.images.build(ImageWish("churn", script=script, steps="RUN echo before; exit 3"))
    record = workspace.images.get("churn")
    assert (record.state, record.error["code"]) == ("Failed", caught.value.code)
    assert str(failure_of(record)) == str(caught.value)
    assert "before" in record.log_file.read_text()
    assert not (record.directory / "build").exists()


def test_a_build_that_is_cancelled_ends_at_once(workspace: OpenWorkspace, script: ImageScript) -> None:
    begun = workspace.images.begin(ImageWish("churn", script=script, steps="RUN echo asleep; sleep 600"))
    deadline = time.monotonic() + 120
    while b"asleep" not in workspace.images.log(begun) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert workspace.images.cancel(begun)
    record = workspace.images.get("churn")
    assert (record.state, record.error["code"]) == ("Cancelled", "image-build-cancelled")
    assert not workspace.images.cancel(record)


def test_a_wish_that_cannot_be_fulfilled_leaves_nothing(workspace: OpenWorkspace, tmp_path: Path) -> None:
    (tmp_path / "bad.py").write_text("def init(:\n")
    (tmp_path / "good.py").write_text(SCRIPT)
    good = ImageScript(str(tmp_path / "good.py"))
    refused: list[tuple[ImageWish, type[Exception]]] = [
        (ImageWish("churn", script=ImageScript(str(tmp_path / "bad.py"))), ScriptError),
        (ImageWish("churn", script=ImageScript(str(tmp_path / "missing.py"))), ScriptError),
        (ImageWish("churn", script=good, models=(ImageModel("m", 1),)), NotFoundError),
        (ImageWish("churn", script=good, models=(ImageModel("m", 0, "/nowhere"),)), UserError),
        (ImageWish("churn", script=good, reference="Not Valid"), UserError),
    ]
    for wish, kind in refused:
        with pytest.raises(kind):
            workspace.images.build(wish)
    assert workspace.images.list() == []


def test_models_and_extra_files_lie_where_scripts_look(
    workspace: OpenWorkspace, script: ImageScript, tmp_path: Path
) -> None:
    (tmp_path / "my_model.pkl").write_text("weights")
    (tmp_path / "extra").mkdir()
    (tmp_path / "extra" / "words.txt").write_text("w")
    model = workspace.models.register(tmp_path / "my_model.pkl", Registration("m"))
    wish = ImageWish(
        "churn", models=(ImageModel(model.name, 1), ImageModel("local", 0, str(tmp_path / "my_model.pkl"))),
        script=ImageScript(script.entry_script, extra_files={"extra": str(tmp_path / "extra")}),
    )  # fmt: skip
    record = workspace.images.build(wish)
    assert record.models == ("m:1", "local:0")
    assert workspace.images.list(ImageQuery(model_id="m:1")) == [record]
    listed = workspace.engine.run(
        ["run", "--rm", "--entrypoint=/usr/bin/find", record.reference, "/var/azureml-app", "-type", "f"]
    )
    assert sorted(listed.stdout.split()) == [
        "/var/azureml-app/azureml-models/local/0/my_model.pkl",
        "/var/azureml-app/azureml-models/m/1/my_model.pkl",
        "/var/azureml-app/extra/words.txt",
        "/var/azureml-app/score.py",
    ]


def test_a_folder_that_is_laid_out_already_is_taken_without_its_models(
    workspace: OpenWorkspace, tmp_path: Path, scratch: Scratch
) -> None:
    app = tmp_path / "app"
    (app / "src").mkdir(parents=True)
    (app / "azureml-models" / "m" / "1").mkdir(parents=True)
    (app / "azureml-models" / "m" / "1" / "model.pkl").write_text("w")
    (app / "src" / "score.py").write_text(SCRIPT.format(key=scratch.key))
    wish = ImageWish("churn", "service", script=ImageScript("src/score.py", laid_out=app), context_only=True)
    context = workspace.images.save_context(workspace.images.build(wish), tmp_path / "saved")
    names = sorted(str(path.relative_to(context / "modelport" / "app")) for path in
                   (context / "modelport" / "app").rglob("*.*"))  # fmt: skip
    assert names == ["src/score.py"]


def test_a_context_is_kept_where_it_was_asked_for(
    workspace: OpenWorkspace, script: ImageScript, tmp_path: Path
) -> None:
    record = workspace.images.build(ImageWish("churn", "package", script=script, context_only=True))
    assert (record.image_id, record.state) == ("", "Succeeded")
    folder = workspace.images.save_context(record, tmp_path / "new" / "folder")
    assert (folder / "Dockerfile").read_text() == record.dockerfile.read_text()
    with pytest.raises(ConflictError) as caught:
        workspace.images.push(record, "registry.example")
    assert caught.value.code == "image-not-built"
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match="not a folder"):
        workspace.images.save_context(record, tmp_path / "file")


def test_a_deleted_image_leaves_the_engine(workspace: OpenWorkspace, script: ImageScript) -> None:
    record = workspace.images.build(ImageWish("churn", script=script))
    workspace.images.delete(record)
    assert image_facts(workspace.engine, record.image_id) is None
    assert not record.directory.exists()
    assert workspace.images.list() == []


def test_a_name_of_a_package_goes_with_the_last_image_that_has_it(
    workspace: OpenWorkspace, script: ImageScript
) -> None:
    name = f"team/{workspace.name}:v1"
    first, second = (workspace.images.build(ImageWish("churn", script=script, reference=name)) for _ in range(2))
    workspace.images.delete(first)
    assert image_facts(workspace.engine, name) is not None
    workspace.images.delete(second)
    assert image_facts(workspace.engine, second.image_id) is None


def test_without_an_engine_one_line_says_what_works(
    workspace: OpenWorkspace, script: ImageScript, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path / "empty"))
    lonely = Home(read_settings()).get(workspace.name)
    with pytest.raises(EngineError, match="LocalWebservice") as caught:
        lonely.images.begin(ImageWish("churn", script=script))
    assert caught.value.code == "engine-missing"
    assert lonely.images.list() == []


def test_a_workspace_is_not_deleted_while_it_builds(workspace: OpenWorkspace, script: ImageScript) -> None:
    begun = workspace.images.begin(ImageWish("churn", script=script, steps="RUN sleep 600"))
    with pytest.raises(ConflictError, match="builds the image 'churn:1'"):
        Home(read_settings()).delete(workspace.name)
    workspace.images.cancel(begun)
    workspace.images.delete(workspace.images.get("churn"))


def test_the_engine_of_the_tests_is_the_one_of_the_workspace(workspace: OpenWorkspace, engine: Engine) -> None:
    assert workspace.engine.program == engine.program


PROGRAM = """
import sys
from modelport.images.wish import ImageScript, ImageWish
from modelport.settings import read_settings
from modelport.workspace import Home
images = Home(read_settings()).get(sys.argv[1]).images
images.begin(ImageWish("churn", script=ImageScript(sys.argv[2]), steps=sys.argv[3]))
if sys.argv[4]:
    raise KeyboardInterrupt
"""


@pytest.mark.parametrize(("ending", "state"), [("", "Succeeded"), ("by Ctrl-C", "Cancelled")])
def test_a_program_that_ends_waits_for_its_builds_unless_it_ends_by_ctrl_c(
    workspace: OpenWorkspace, script: ImageScript, ending: str, state: str
) -> None:
    pause = "600" if ending else "1"
    words = [sys.executable, "-c", PROGRAM, workspace.name, script.entry_script, f"RUN sleep {pause}", ending]
    done = run(words, timeout_seconds=120)
    assert workspace.images.get("churn").state == state, done.stderr


def test_a_step_that_a_docker_section_has_runs_before_those_of_the_wish(
    workspace: OpenWorkspace, script: ImageScript
) -> None:
    environment = EnvironmentDefinition("e", container={"steps": "ENV FIRST=1\n"})
    wish = ImageWish("churn", script=script, environment=environment.to_json(), steps="ENV SECOND=2\n")
    text = workspace.images.build(wish).dockerfile.read_text()
    assert 0 < text.index("ENV FIRST=1") < text.index("ENV SECOND=2")


def test_fsck_finds_and_collects_what_a_killed_build_left(workspace: OpenWorkspace, script: ImageScript) -> None:
    # However busy the machine is: it is killed when there is something to leave behind.
    wait = "import os, time\n    while not list(images.store.folders.directory.glob('*/build')): time.sleep(0.02)\n"
    program = PROGRAM.replace("raise KeyboardInterrupt", f"{wait}    os._exit(9)")
    words = [sys.executable, "-c", program, workspace.name, script.entry_script, "RUN sleep 5", "killed"]
    assert run(words, timeout_seconds=120).exit_code == 9
    record = workspace.images.get("churn")
    assert record.error["code"] == "image-build-interrupted"
    assert workspace.fsck().abandoned == (f"images/{record.id}/build",)
    workspace.fsck(repair=True)
    assert workspace.fsck().abandoned == ()
    assert record.log_file.exists()


# -- what is not used any more ---------------------------------------------------------------------------------------


def test_images_that_were_made_for_services_and_that_none_runs_are_unused(
    workspace: OpenWorkspace, script: ImageScript
) -> None:
    of_service = workspace.images.build(ImageWish("churn", "service", script=script))
    by_hand = workspace.images.build(ImageWish("by-hand", "image", script=script))
    assert [each.id for each in workspace.images.unused()] == [of_service.id]
    assert {each.id for each in workspace.images.unused(every_kind=True)} == {of_service.id, by_hand.id}


def test_pruned_images_leave_the_engine_with_their_records(workspace: OpenWorkspace, script: ImageScript) -> None:
    record = workspace.images.build(ImageWish("churn", "service", script=script))
    pruned = workspace.images.prune(workspace.images.unused())
    assert [each.full_name for each in pruned] == ["churn:1"]
    assert image_facts(workspace.engine, record.image_id) is None
    assert workspace.images.list() == []
    assert workspace.images.prune(pruned) == []


def test_the_base_that_was_built_for_an_image_goes_with_the_last_one_on_it(
    workspace: OpenWorkspace, scratch: Scratch, base_image: Callable[[str], str]
) -> None:
    dockerfile = f"FROM {base_image('3.11')}\nRUN echo {scratch.key} > /made\n"
    environment = EnvironmentDefinition("own", container={"base_dockerfile": dockerfile}).to_json()
    records = [workspace.images.build(ImageWish(name, "environment", environment=environment)) for name in "ab"]
    (base,) = {str(record.details["own_base"]) for record in records}
    workspace.images.delete(records[0])
    assert image_facts(workspace.engine, base) is not None
    workspace.images.delete(records[1])
    assert image_facts(workspace.engine, base) is None


def test_an_image_whose_names_were_taken_by_another_leaves_the_engine_too(
    workspace: OpenWorkspace, script: ImageScript, scratch: Scratch, base_image: Callable[[str], str]
) -> None:
    record = workspace.images.build(ImageWish("churn", script=script))
    scratch.docker("tag", base_image("3.11"), record.reference)
    workspace.images.delete(record)
    assert image_facts(workspace.engine, record.image_id) is None
    assert image_facts(workspace.engine, record.reference) is not None
