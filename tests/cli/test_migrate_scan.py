"""`modelport migrate scan` and `show` on the command line."""

from __future__ import annotations

import pytest


@pytest.fixture
def program_of_v1(tmp_path):
    path = tmp_path / "work" / "deploy.py"
    path.write_text(
        "from azureml.core import Dataset, Model, Workspace\n"
        "ws = Workspace.from_config()\n"
        "model = Model.register(ws, 'model.pkl', 'm')\n"
        "service = Model.deploy(ws, 's', [model])\n"
    )
    return path


def test_covered_program_ends_with_zero(cli, program_of_v1):
    found = cli("migrate", "scan", "deploy.py")
    assert found.exit_code == 0
    assert "4  difference   Model.deploy" in found.stdout
    assert "1 files: " in found.stdout
    assert "100.0% are covered" in found.stdout


def test_all_lists_what_is_covered_too(cli, program_of_v1):
    assert "Model.register" not in cli("migrate", "scan").stdout
    assert "3  covered      Model.register" in cli("migrate", "scan", "--all").stdout


def test_program_with_something_else_ends_with_one_and_says_what_to_do(cli, program_of_v1):
    program_of_v1.write_text(program_of_v1.read_text() + "Dataset.get_by_name(ws, 'x')\n")
    found = cli("migrate", "scan", ".")
    assert found.exit_code == 1
    assert "5  not covered  Dataset.get_by_name" in found.stdout
    assert "  -> Read the data with pandas" in found.stdout


def test_json_holds_every_use(cli, program_of_v1):
    found = cli("migrate", "scan", "deploy.py", "--output", "json").json
    assert (found["covered"], found["deployment_calls"]["share"]) == (True, 1.0)
    assert [(use["line"], use["name"], use["verdict"]) for use in found["uses"] if use["kind"] == "call"] == [
        (2, "Workspace.from_config", "covered"),
        (3, "Model.register", "covered"),
        (4, "Model.deploy", "difference"),
    ]


def test_nothing_of_v1_ends_with_zero(cli):
    assert "nothing of the Azure ML SDK v1" in cli("migrate", "scan").stdout


def test_show_explains(cli):
    assert "Azure Container Instances" in cli("migrate", "show", "Model.deploy").stdout
    assert cli("migrate", "show", "Model.deploy", "-o", "json").json["name"] == "Model.deploy"
    assert cli("migrate", "show", "nonsense").exit_code == 4
