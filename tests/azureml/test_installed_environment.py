"""`modelport migrate install` in an environment of its own: its programs run by plain `python`, its services too."""

from __future__ import annotations

import os
import subprocess
import textwrap
from pathlib import Path

import pytest
from tests.azureml.environments import make_environment
from tests.conftest import kill_servers

PROGRAM = """
    import json
    import subprocess
    import sys

    from azureml.core import Model, Workspace
    from azureml.core.model import InferenceConfig
    from azureml.core.webservice import LocalWebservice

    ws = Workspace.create("demo", exist_ok=True)
    service = Model.deploy(ws, "raw", [], InferenceConfig("score.py"), LocalWebservice.deploy_configuration())
    service.wait_for_deployment()
    print("answer:", service.run(json.dumps("hello")))
    service.delete()
    child = [sys.executable, "-c", "from azureml.core import Model; print(Model.__module__)"]
    print("child:", subprocess.run(child, capture_output=True, text=True).stdout.strip())
"""
# AMLRequest must be the class that the worker itself knows, not the one of a program.
SCORE = """
    from azureml.contrib.services.aml_request import AMLRequest, rawhttp
    from azureml.contrib.services.aml_response import AMLResponse

    def init():
        pass

    @rawhttp
    def run(request):
        assert isinstance(request, AMLRequest)
        return AMLResponse(request.get_data(as_text=True).upper(), 200)
"""


@pytest.mark.timeout(600)
def test_programs_services_and_their_children_find_modelport(tmp_path_factory, tmp_path, service_home, monkeypatch):
    python = make_environment(tmp_path_factory.mktemp("installed") / "venv")
    monkeypatch.chdir(tmp_path)
    environ = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}

    def run(*words):
        return subprocess.run(
            [str(python), *words], capture_output=True, text=True, timeout=100, check=False, env=environ
        )

    Path("score.py").write_text(textwrap.dedent(SCORE))
    Path("deploy.py").write_text(textwrap.dedent(PROGRAM))
    assert "ModuleNotFoundError" in run("deploy.py").stderr
    assert run("-m", "modelport", "migrate", "install").returncode == 0
    done = run("deploy.py")
    kill_servers(service_home)
    assert done.returncode == 0, done.stdout + done.stderr
    assert 'answer: HELLO' in done.stdout
    assert "child: modelport.sdk.model" in done.stdout
    assert run("-m", "modelport", "migrate", "uninstall").returncode == 0
    assert "ModuleNotFoundError" in run("deploy.py").stderr
