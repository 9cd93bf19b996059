"""`modelport model`: each verb once, in both formats, and what is refused."""

from __future__ import annotations

import pytest


@pytest.fixture
def registered(cli, model_file):
    return cli("model", "register", "--name", "diabetes", str(model_file), "--tag", "area=health", "-o", "json").json


def test_register_tells_the_version(cli, model_file):
    assert cli("model", "register", "-n", "diabetes", str(model_file)).stdout == "Registered diabetes:1 (7 B).\n"


def test_register_keeps_what_was_said_of_it(cli, model_file):
    words = ["--tag", "a=1", "--property", "b=2", "--description", "A model", "--framework", "ScikitLearn"]
    made = cli("model", "register", "-n", "diabetes", str(model_file), *words, "-o", "json").json
    kept = {key: made[key] for key in ("tags", "properties", "description", "framework")}
    assert kept == {"tags": {"a": "1"}, "properties": {"b": "2"}, "description": "A model", "framework": "ScikitLearn"}


def test_register_of_a_part_of_a_folder(cli, tmp_path):
    folder = tmp_path / "outputs"
    folder.mkdir()
    (folder / "model.pkl").write_text("m")
    (folder / "notes.txt").write_text("n")
    cli("model", "register", "-n", "part", str(folder), "--child-path", "model.pkl")
    cli("model", "download", "part", "-t", str(tmp_path / "copy"))
    assert [path.name for path in (tmp_path / "copy" / "outputs").iterdir()] == ["model.pkl"]


def test_default_workspace_is_made_and_told_once(cli, model_file):
    first = cli("model", "list")
    assert "Creating the workspace 'default'" in first.stderr
    assert "Creating" not in cli("model", "list").stderr


def test_list_as_a_table_in_a_pipe(cli, registered):
    heads, row = cli("model", "list").stdout.splitlines()
    assert heads.split() == ["Name", "Version", "Framework", "Size", "Tags", "Created"]
    assert row.split()[:5] == ["diabetes", "1", "7", "B", "area=health"]


def test_list_filters(cli, registered, model_file):
    cli("model", "register", "-n", "diabetes", str(model_file))
    ids = [each["id"] for each in cli("model", "list", "--tag", "area", "-o", "json").json]
    latest = [each["id"] for each in cli("model", "list", "--latest", "-o", "json").json]
    assert (ids, latest) == (["diabetes:1"], ["diabetes:2"])


def test_list_of_nothing_is_an_empty_list(cli):
    result = cli("model", "list", "--output", "json")
    assert (result.exit_code, result.json) == (0, [])


def test_show_prints_key_and_value(cli, registered):
    assert "Tags        area=health\n" in cli("model", "show", "diabetes").stdout


def test_download_and_again_with_overwrite(cli, registered, tmp_path):
    target = str(tmp_path / "copy")
    words = ["model", "download", "diabetes:1", "--target-dir", target]
    assert cli(*words, "-o", "json").json["path"].endswith("model.pkl")
    assert cli(*words).exit_code == 5
    assert cli(*words, "--overwrite").exit_code == 0


def test_update_of_tags(cli, registered):
    changed = cli("model", "update", "diabetes:1", "--tag", "stage=test", "--remove-tag", "area", "-o", "json").json
    assert changed["tags"] == {"stage": "test"}


def test_delete(cli, registered):
    assert cli("model", "delete", "diabetes:1").stdout == "Deleted diabetes:1.\n"
    assert cli("model", "list", "-o", "json").json == []


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["register", "-n", "diabetes", "nowhere.pkl"], "model-path-missing"),
        (["register", "-n", "-bad", "x"], "name-invalid"),
        (["register", "-n", "x", "x", "--tag", "health"], "pair-invalid"),
        (["show", "diabetes:zero"], "version-invalid"),
    ],
)
def test_bad_input_ends_with_2_and_registers_nothing(cli, words, code):
    result = cli("model", *words, "-o", "json")
    assert (result.exit_code, result.json["error"]["code"]) == (2, code)
    assert cli("model", "list", "-o", "json").json == []
