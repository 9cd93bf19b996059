"""The scenario of the deployment guide, step by step, each step a Python process of its own."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

HEAD = """
from modelport import Environment, InferenceConfig, LocalWebservice, Model, Webservice, Workspace

ws = Workspace.create("demo", exist_ok=True, show_output=False)
"""

SCORE = """
import json
import logging
import os
import pickle

logging.basicConfig(level=logging.DEBUG)
from azureml.core.model import Model

def init():
    global model
    with open(Model.get_model_path(model_name="my_best_model"), "rb") as file:
        model = pickle.load(file)

def run(input_data):
    try:
        rows = json.loads(input_data)["data"]
        return json.dumps({"result": [model["factor"] * sum(row) for row in rows]})
    except Exception as e:
        return json.dumps({"error": str(e)})
"""

REGISTER = """
import pickle
pickle.dump({"factor": 2}, open("my_model.pkl", "wb"))
model = Model.register(model_path="my_model.pkl", model_name="my_best_model", workspace=ws)
"""
DEPLOY = """
myenv = Environment.from_conda_specification(name="env", file_path="myenv.yml")
inference_config = InferenceConfig(entry_script="score.py", environment=myenv)
deployment_config = LocalWebservice.deploy_configuration(port=PORT)
service = Model.deploy(ws, "mymodel", [Model(ws, "my_best_model")], inference_config, deployment_config)
service.wait_for_deployment(True)
print(service.port)
print(service.run(input_data=bytes('{"data": [[1,2,3,4,5,6,7,8,9,10], [10,9,8,7,6,5,4,3,2,1]]}', encoding="utf8")))
"""
RELOAD = """
service = Webservice(ws, "mymodel")
print(service.run('{"data": [[1]]}'))
text = open("score.py").read()
open("score.py", "w").write(text.replace('"result"', '"changed"'))
service.reload()
print(service.run(input_data=b'{"data": [[1]]}'))
"""
UPDATE = """
import pickle
pickle.dump({"factor": 3}, open("my_model.pkl", "wb"))
different_model = Model.register(model_path="my_model.pkl", model_name="my_best_model", workspace=ws)
service = ws.webservices["mymodel"]
inference_config = InferenceConfig(runtime="python", entry_script="score.py", conda_file="myenv.yml")
deployment_config = LocalWebservice.deploy_configuration(port=PORT)
service.update([different_model], inference_config, deployment_config)
print(service.run(input_data=b'{"data": [[1]]}'))
"""
DELETE = """
service = ws.webservices["mymodel"]
print(service.state)
print(service.get_logs())
service.delete()
print("left:", dict(ws.webservices))
"""


@pytest.fixture
def project(tmp_path: Path, service_home: Path) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "score.py").write_text(SCORE)
    (folder / "myenv.yml").write_text(
        "name: project_environment\ndependencies:\n- pip:\n  - azureml-defaults==1.0.45\n  - numpy\n"
    )
    return folder


def in_new_process(project: Path, code: str, port: int) -> str:
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(HEAD + code).replace("PORT", str(port))],
        cwd=project, capture_output=True, text=True, timeout=100, check=False, env=dict(os.environ),
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_scenario_in_five_processes(project):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    assert "my_best_model" in in_new_process(project, REGISTER, port)
    deployed = in_new_process(project, DEPLOY, port)
    assert f"\n{port}\n" in deployed and '{"result": [110, 110]}' in deployed
    reloaded = in_new_process(project, RELOAD, port).splitlines()
    assert reloaded == ['{"result": [2]}', '{"changed": [2]}']
    assert in_new_process(project, UPDATE, port).splitlines()[-1] == '{"changed": [3]}'
    ended = in_new_process(project, DELETE, port)
    assert ended.startswith("running\n") and ended.endswith("left: {}\n")
    assert re.search(r"azureml-models.my_best_model", ended)  # the debug lines of get_model_path: where it looked
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(("127.0.0.1", port))  # nobody listens there any more
