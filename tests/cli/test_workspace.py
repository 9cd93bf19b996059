"""`modelport workspace`: workspaces, which one is used, and secrets."""

from __future__ import annotations

import json
from pathlib import Path

import pytest


def test_create_and_list(cli):
    assert cli("workspace", "create", "research").exit_code == 0
    assert [each["name"] for each in cli("workspace", "list", "-o", "json").json] == ["research"]


def test_create_again_is_a_conflict_unless_it_may_exist(cli):
    cli("workspace", "create", "research")
    assert cli("workspace", "create", "research").exit_code == 5
    assert cli("workspace", "create", "research", "--exist-ok").exit_code == 0


@pytest.mark.parametrize("place", ["before", "after"])
def test_option_names_the_workspace_wherever_it_stands(cli, place):
    cli("workspace", "create", "research")
    words = ["-w", "research", "workspace", "show"] if place == "before" else ["workspace", "show", "-w", "research"]
    assert cli(*words, "-o", "json").json["name"] == "research"


def test_variable_names_the_workspace(cli, monkeypatch):
    cli("workspace", "create", "research")
    monkeypatch.setenv("MODELPORT_WORKSPACE", "research")
    assert cli("workspace", "show", "-o", "json").json["name"] == "research"


def test_config_above_this_folder_names_the_workspace(cli, monkeypatch):
    cli("workspace", "create", "research", "--write-config")
    below = Path.cwd() / "deep" / "deeper"
    below.mkdir(parents=True)
    monkeypatch.chdir(below)
    assert cli("workspace", "show", "-o", "json").json["name"] == "research"


def test_named_workspace_that_is_not_there_is_not_made(cli, home):
    result = cli("model", "list", "--workspace", "reserch")
    assert result.exit_code == 4
    assert cli("workspace", "list", "-o", "json").json == []


def test_delete_asks_and_without_a_terminal_refuses(program):
    program("workspace", "create", "research")
    refused = program("workspace", "delete", "research")
    assert refused.exit_code == 2
    assert "modelport workspace delete research --yes" in refused.stderr
    assert program("workspace", "delete", "research", "--yes").exit_code == 0
    assert program("workspace", "list", "-o", "json").json == []


def test_secret_is_read_from_a_pipe_and_shown_only_when_asked_for(program):
    assert program("workspace", "secret", "set", "a-secret", stdin="vault\n").exit_code == 0
    told = program("workspace", "secret", "get", "a-secret")
    assert "vault" not in told.stdout + told.stderr
    assert program("workspace", "secret", "get", "a-secret", "--reveal").stdout == "vault\n"


def test_secrets_are_listed_without_their_values_and_deleted(program):
    program("workspace", "secret", "set", "a-secret", stdin="vault")
    listed = program("workspace", "secret", "list", "-o", "json")
    assert [each["name"] for each in listed.json] == ["a-secret"]
    assert "vault" not in json.dumps(listed.json)
    assert program("workspace", "secret", "delete", "a-secret").exit_code == 0
    assert program("workspace", "secret", "get", "a-secret").exit_code == 4


def test_fsck_of_a_sound_workspace(cli, model_file):
    cli("model", "register", "-n", "diabetes", str(model_file))
    result = cli("fsck")
    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        "1 stored files, 7 B.",
        "Everything that is registered is there and undamaged.",
    ]


def test_fsck_of_a_damaged_workspace_ends_with_1_and_names_the_model(cli, home, model_file):
    cli("model", "register", "-n", "diabetes", str(model_file))
    digest = cli("fsck", "-o", "json")
    assert digest.json["is_sound"]
    kept = (home / "workspaces/default/blobs").rglob("*")
    blob = next(path for path in kept if path.is_file() and path.stat().st_size == 7)
    blob.chmod(0o600)
    blob.write_bytes(b"another")
    result = cli("fsck")
    assert result.exit_code == 1
    assert "damaged: " in result.stdout
    assert "diabetes:1" in result.stdout
