"""What a worker inherits: the user's variables and v1's names for places, and no key of ours."""

from __future__ import annotations

from modelport.manifest import Manifest, Program
from modelport.server.lifecycle import worker_environ

PROGRAM = Program("/usr/bin/python3", "/srv/app", "score.py", "azureml-models/m/1", {"MINE": "1", "HOME": "/elsewhere"})


def test_names_places_as_v1_does_and_lets_the_service_override_the_machine() -> None:
    environ = worker_environ({"HOME": "/root", "PATH": "/bin"}, Manifest("diabetes", PROGRAM))
    assert environ == {
        "PATH": "/bin",
        "HOME": "/elsewhere",
        "MINE": "1",
        "AML_APP_ROOT": "/srv/app",
        "AZUREML_ENTRY_SCRIPT": "score.py",
        "AZUREML_MODEL_DIR": "azureml-models/m/1",
        "SERVICE_NAME": "diabetes",
    }


def test_keeps_the_key_of_the_workspace_secrets_from_user_code() -> None:
    environ = worker_environ({"MODELPORT_SECRET_KEY": "secret"}, Manifest("diabetes", PROGRAM))
    assert "secret" not in environ.values()
