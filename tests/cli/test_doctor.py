"""`modelport doctor`: on a directory, on a service that failed, on one that is well, on this machine."""

from __future__ import annotations

import json

import pytest

SCRIPT = "import json, os\n\ndef init():\n    path = os.path.join(os.environ['AZUREML_MODEL_DIR'], 'model.json')\n"
SCRIPT += "    with open(path) as file:\n        print(json.load(file))\n\ndef run(data):\n    return len(data)\n"


@pytest.fixture
def folder(home):
    work = home.parent / "work"
    (work / "score.py").write_text(SCRIPT)
    (work / "churn.json").write_text("{}")
    return work


def test_deployment_that_cannot_work_is_warned_of_before_it_is_made(cli, folder):
    told = cli("doctor", "churn", "-e", "score.py", "-m", "churn.json")
    assert (told.exit_code, "[model-file-missing]" in told.stdout) == (0, True)
    assert '"churn.json")' in told.stdout


def test_what_a_deployment_would_be_refused_for_is_an_error(cli, folder):
    told = cli("doctor", "churn", "-e", "scores.py")
    assert told.exit_code == 1
    assert "[script-missing]" in told.stdout


def test_service_that_failed_is_explained_by_its_cause(cli, folder):
    assert cli("deploy", "churn", "-e", "score.py", "-m", "churn.json").exit_code == 7
    told = cli("doctor", "churn", "--output", "json")
    cli("service", "delete", "churn")
    found = json.loads(told.stdout)
    assert (told.exit_code, [each["code"] for each in found]) == (1, ["model-file-missing"])
    assert found[0]["severity"] == "error"
    assert "revisions" not in " ".join(found[0]["evidence"])  # the folder of the service says nothing to its owner


def test_machine_alone_is_looked_at_without_words(cli):
    told = cli("doctor", "--output", "json")
    assert [each for each in json.loads(told.stdout) if each["severity"] == "error"] == []


def test_name_that_no_service_has_is_not_found(cli):
    assert cli("doctor", "nobody").exit_code == 4
