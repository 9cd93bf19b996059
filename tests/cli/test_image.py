"""`modelport image` and `modelport package`, with the real engine and a real registry."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.cli.conftest import Cli
from tests.engine import Scratch
from tests.images.registry_servers import HOW_TO_GET, PROGRAM, running_registry

from modelport.images.engine import image_facts
from modelport.settings import read_settings
from modelport.workspace import Home


@pytest.fixture
def images(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, scratch: Scratch, base_image: Callable[[str], str]
) -> Iterator[Cli]:
    """The command line, with a script here; afterwards no image of the workspace is left in the engine."""
    monkeypatch.setenv("MODELPORT_BASE_IMAGE", base_image("3.11").replace("3.11", "{python}"))
    name = f"ws-{scratch.key}"
    Home(read_settings()).create(name)
    monkeypatch.setenv("MODELPORT_WORKSPACE", name)
    Path("score.py").write_text(f"def init():\n    pass\n\ndef run(data):\n    return {scratch.key!r}\n")
    yield cli
    Home(read_settings()).get(name).images.forget_all()


def test_an_image_is_built_listed_shown_and_deleted(images: Cli) -> None:
    built = images("image", "build", "churn", "-e", "score.py", "--tag", "stage=test")
    assert built.exit_code == 0, built.stderr
    assert built.stdout.startswith("Built modelport/ws-")
    assert "step " in built.stderr
    assert [row["id"] for row in images("image", "list", "--tag", "stage", "-o", "json").json] == ["churn:1"]
    assert "churn" in images("image", "list").stdout
    shown = images("image", "show", "churn")
    assert "Largest packages" in shown.stdout or "in all, of which the base" in shown.stdout
    words = images("image", "show", "churn:1", "-o", "json").json
    assert words["cost"]["total_bytes"] == sum(layer["size_bytes"] for layer in words["cost"]["layers"])
    assert "Built sha256:" in images("image", "logs", "churn").stdout
    assert images("image", "logs", "churn", "--follow").stdout == images("image", "logs", "churn").stdout
    assert images("image", "delete", "churn:1").stdout == "Deleted churn:1.\n"
    assert images("image", "show", "churn:1").exit_code == 4


def test_json_output_is_one_object_and_nothing_else(images: Cli) -> None:
    built = images("image", "build", "churn", "-e", "score.py", "--output", "json")
    assert (built.json["state"], built.stderr) == ("Succeeded", "")
    again = images("image", "build", "churn", "-e", "score.py", "--output", "json").json
    assert (again["version"], again["image_id"]) == (2, built.json["image_id"])


def test_a_failed_build_tells_the_step_and_keeps_the_log(images: Cli) -> None:
    Path("steps").write_text("RUN echo about to fail; exit 4\n")
    failed = images("image", "build", "churn", "-e", "score.py", "--extra-docker-file-steps", "steps")
    assert failed.exit_code == 7
    assert "Dockerfile line 2" in failed.stderr
    assert "about to fail" in images("image", "logs", "churn").stdout
    assert images("image", "show", "churn", "-o", "json").json["error"]["code"] == "build-step-failed"
    refused = images("image", "push", "churn", "--registry", "registry.example:5000")
    assert (refused.exit_code, "[image-not-built]" in refused.stderr) == (5, True)


def test_a_package_runs_alone(images: Cli, scratch: Scratch) -> None:
    name = f"modelport-test/{scratch.key}-package"
    built = images("package", "-e", "score.py", "--image-name", name, "--image-label", "v1")
    assert built.exit_code == 0, built.stderr
    assert f"docker run --rm -p 8000:5001 {name}:v1" in built.stdout
    assert image_facts(scratch.engine, f"{name}:v1") is not None
    assert [row["kind"] for row in images("image", "list", "--kind", "package", "-o", "json").json] == ["package"]


def test_a_dockerfile_package_is_written(images: Cli) -> None:
    made = images("package", "-e", "score.py", "--output-path", "context")
    assert made.exit_code == 0, made.stderr
    assert Path("context/Dockerfile").read_text().startswith("FROM ")
    assert Path("context/modelport/app/score.py").read_text() == Path("score.py").read_text()


def test_an_image_goes_to_a_registry_and_comes_back(
    images: Cli, scratch: Scratch, tmp_path: Path, need: Callable[[str, bool, str], None]
) -> None:
    need("docker-registry", PROGRAM is not None, HOW_TO_GET)
    with running_registry(tmp_path) as registry:
        record = images("image", "build", "churn", "-e", "score.py", "-o", "json").json
        pushed = images("image", "push", "churn", "--registry", registry.address, "-o", "json")
        assert pushed.exit_code == 0, pushed.stdout
        location = f"{registry.address}/{record['reference'].partition('/')[2]}"
        assert (pushed.json["location"], pushed.json["digest"][:7]) == (location, "sha256:")
        bill = images("image", "sbom", "churn", "--attach", "--file", "sbom.json")
        assert bill.exit_code == 0, bill.stderr
        assert json.loads(Path("sbom.json").read_text())["bomFormat"] == "CycloneDX"
        for name in (record["reference"], location):
            scratch.docker("image", "rm", name)
        assert images("image", "pull", "churn").exit_code == 0
        assert image_facts(scratch.engine, record["reference"]) is not None
        scratch.docker("image", "rm", f"{location.rpartition(':')[0]}@{pushed.json['digest']}")


def test_an_image_of_another_workspace_is_pulled_by_its_name_in_the_registry(
    images: Cli, scratch: Scratch, tmp_path: Path, need: Callable[[str, bool, str], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    need("docker-registry", PROGRAM is not None, HOW_TO_GET)
    with running_registry(tmp_path) as registry:
        images("image", "build", "churn", "-e", "score.py")
        pushed = images("image", "push", "churn", "--registry", registry.address, "-o", "json").json
        images("image", "delete", "churn")
        other = Home(read_settings()).create(f"ws-{scratch.key}-b")
        monkeypatch.setenv("MODELPORT_WORKSPACE", other.name)
        pulled = images("image", "pull", pushed["location"], "-o", "json")
        assert pulled.exit_code == 0, pulled.stderr
        assert (pulled.json["id"], pulled.json["state"]) == ("churn:1", "Succeeded")
        assert pulled.json["digest"] == pushed["digest"]
        assert images("image", "pull", pushed["location"], "-o", "json").json["id"] == "churn:1"
        assert image_facts(scratch.engine, other.images.get("churn").reference) is not None
        assert images("image", "sbom", "churn").exit_code == 0
        other.images.forget_all()


def test_an_image_of_another_tool_is_not_recorded(
    images: Cli, scratch: Scratch, tmp_path: Path, base_image: Callable[[str], str],
    need: Callable[[str, bool, str], None],
) -> None:  # fmt: skip
    need("docker-registry", PROGRAM is not None, HOW_TO_GET)
    with running_registry(tmp_path) as registry:
        name = f"{registry.address}/other:1"
        scratch.docker("tag", base_image("3.11"), name)
        scratch.docker("push", name)
        refused = images("image", "pull", name)
        assert (refused.exit_code, "[image-not-of-modelport]" in refused.stderr) == (2, True)
        assert images("image", "list", "-o", "json").json == []
        scratch.docker("image", "rm", name)


def test_images_of_deleted_services_are_listed_and_with_yes_deleted(images: Cli, scratch: Scratch) -> None:
    deployed = images("deploy", "churn", "-e", "score.py", "--target", "container")
    assert deployed.exit_code == 0, deployed.stderr
    assert images("image", "prune", "-o", "json").json == []
    assert images("service", "delete", "churn").exit_code == 0
    listed = images("image", "prune")
    assert (listed.exit_code, "churn" in listed.stdout) == (0, True)
    assert "modelport image prune --yes" in listed.stderr
    assert [row["id"] for row in images("image", "list", "-o", "json").json] == ["churn:1"]
    assert [row["deleted"] for row in images("image", "prune", "--yes", "-o", "json").json] == [True]
    assert images("image", "list", "-o", "json").json == []


def test_a_workspace_is_deleted_with_its_images(images: Cli, scratch: Scratch) -> None:
    record = images("image", "build", "churn", "-e", "score.py", "-o", "json").json
    name = f"ws-{scratch.key}"
    assert images("workspace", "delete", name, "--yes", "--delete-dependent-resources").exit_code == 0
    assert image_facts(scratch.engine, record["image_id"]) is None
    Home(read_settings()).create(name)


def test_where_to_push_must_be_known(images: Cli) -> None:
    images("image", "build", "churn", "-e", "score.py")
    refused = images("image", "push", "churn")
    assert (refused.exit_code, "[registry-needed]" in refused.stderr) == (2, True)
    unpushed = images("image", "sbom", "churn", "--attach")
    assert (unpushed.exit_code, "[image-not-pushed]" in unpushed.stderr) == (5, True)


def test_a_bill_of_materials_is_printed(images: Cli) -> None:
    images("image", "build", "churn", "-e", "score.py")
    bill = json.loads(images("image", "sbom", "churn").stdout)
    assert {"httptools", "uvloop"} <= {component["name"] for component in bill["components"]}


def test_without_an_engine_the_exit_code_is_3(cli: Cli, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    Path("score.py").write_text("def init():\n    pass\n\ndef run(data):\n    return 1\n")
    monkeypatch.setenv("PATH", str(tmp_path))
    refused = cli("image", "build", "churn", "-e", "score.py")
    assert (refused.exit_code, "LocalWebservice" in refused.stderr) == (3, True)
    assert len(refused.stderr.strip().splitlines()) <= 4
    assert cli("image", "list", "-o", "json").json == []


def test_wrong_names_are_told_with_what_is_right(cli: Cli) -> None:
    assert cli("image", "show", "nothing").exit_code == 4
    wrong = cli("image", "show", "churn:new")
    assert (wrong.exit_code, "[version-invalid]" in wrong.stderr) == (2, True)
    Path("score.py").write_text("def init():\n    pass\n\ndef run(data):\n    return 1\n")
    assert "[name-invalid]" in cli("image", "build", "Not_Valid", "-e", "score.py").stderr
