"""Each Python block of the guides: its role, what the page leaves out before it, and what must hold after it.

Two tables: the first guide shows the second generation of the SDK, the other four show the first one, block by block
alike. Words that a page takes for granted (`ws`, `best_run`, `different_model`), its missing imports and its differing
names (`mysvc`, `my-best-model`) are what `before` is for.
"""

from __future__ import annotations

from tests.azureml.seeds import Row

# Present pins, in place of those of 2018 that a block writes.
PRESENT_ENVIRONMENT = "dependencies:\n- python=3.11\n- pip:\n  - azureml-defaults>=1.0.45\n  - numpy\n"

# A scoring script around the guide's own run(); SCALE is edited as somebody at work would.
SCORE_HEAD = """import json
import pickle

import numpy as np
from azureml.core.model import Model

SCALE = 1


class Sums:
    def predict(self, rows):
        return rows.sum(axis=1) * self.factor * SCALE


def init():
    global model
    model = Sums()
    with open(Model.get_model_path("my_best_model"), "rb") as file:
        model.factor = pickle.load(file)
    print("init has loaded the model")


"""

HEAD = """
import http.client
import pathlib
import pickle
import subprocess
import time
import urllib.request

from azureml.core import Experiment, Workspace
from azureml.exceptions import AzureMLException

ws = Workspace.create(NAME, subscription_id="s", resource_group="r", location="eastus", exist_ok=True)


def docker(*words, given=None):
    done = subprocess.run(["docker", *words], input=given, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"docker {' '.join(words)}: {done.stdout}{done.stderr}")
    return done.stdout.strip()


def print_in_container(code):
    found = docker("exec", "--interactive", container_of("inside"), "python", "-", given=code)
    print(found)
    path = found.splitlines()[-1]
    assert path.endswith("azureml-models/my-best-model/1/my_model.pkl"), found
    docker("exec", container_of("inside"), "test", "-f", f"/var/azureml-app/{path}")


def container_of(name):
    labels = f"label=dev.modelport.service-name={name}", "label=dev.modelport.role=replica"
    return docker("ps", "--quiet", "--filter", labels[0], "--filter", labels[1]).split()[0]


def ask_image(location, command):
    container = docker("run", "--detach", "--rm", "--publish", "127.0.0.1::5001", location)
    try:
        address = docker("port", container, "5001").splitlines()[0]
        deadline = time.monotonic() + 90
        while True:
            try:
                connection = http.client.HTTPConnection(address, timeout=10)
                connection.request("POST", "/score", test_sample, {"Content-Type": "application/json"})
                answer = connection.getresponse()
                if answer.status == 200:
                    break
            except OSError:
                pass
            assert time.monotonic() < deadline, docker("logs", container)
            time.sleep(0.2)
        docker("exec", container, "/bin/bash", "-c", command)
        return json.loads(json.loads(answer.read()))["result"]
    finally:
        docker("rm", "--force", container)


def write_score(scale=1, top=""):
    text = top + SCORE.replace("SCALE = 1", f"SCALE = {scale}")
    pathlib.Path("score.py").write_text(text, encoding="utf-8")


def results():
    return json.loads(service.run(input_data=test_sample))["result"]


def write_model(factor, path):
    pathlib.Path(path).parent.mkdir(exist_ok=True)
    with open(path, "wb") as file:
        pickle.dump(factor, file)


pathlib.Path("myenv.yml").write_text(ENVIRONMENT)
write_score()
"""

TAIL = """
for each in ws.webservices.values():
    each.delete()
print("### done")
"""

_RUN = """
write_model(1, "my_model.pkl")
write_model(1, "outputs/my_model.pkl")
best_run = Experiment(ws, "training").start_logging()
best_run.upload_file("outputs/my_model.pkl", "outputs/my_model.pkl")
"""
_REGISTERED = 'assert (model.name, model.version, model.run_id) == ("my_best_model", 2, None)\n'
_MODEL = "from azureml.core.model import Model\n"
_IN_CONTAINER = """
assert aci_service.state == "Healthy", aci_service.error
assert json_of(aci_service.run(b'{"data": [[1, 2]]}')) == {"result": [3]}
"""
_CREATED = 'assert image.creation_state == "Succeeded"\n'
_JSON = "import json\njson_of = json.loads\n"
_LOCAL = 'assert (service.port, service.state) == (8890, "running")\n'
_SCORED = 'assert json.loads(prediction) == {"result": [55, 55]}\n'
_EDIT = "write_score(scale=10)\n"
_EDITED = "assert results() == [550, 550]\n"
_DIFFERENT = """
write_model(3, "my_model.pkl")
different_model = Model.register(model_path="my_model.pkl", model_name="my_best_model", workspace=ws)
"""
_UPDATED = "assert results() == [1650, 1650]\n"
_LOGGED = 'assert "init has loaded the model" in service.get_logs()\n'
_MYSVC = """
Model.deploy(ws, "mysvc", [model], inference_config, LocalWebservice.deploy_configuration()).wait_for_deployment()
"""
_INSIDE = """
hyphened = Model.register(ws, "my_model.pkl", "my-best-model")
Model.deploy(ws, "inside", [model, hyphened], inference_config, aci_config).wait_for_deployment()
"""
_CAUGHT = """
assert BLOCK in pathlib.Path("score.py").read_text(encoding="utf-8")
assert list(json.loads(service.run("no JSON"))) == ["error"]
"""
_CAPACITY = "assert replicas == 286\n"
_OLD_PINS = """
text = pathlib.Path("myenv.yml").read_text()
assert all(pin in text for pin in ("numpy==1.15.4", "scikit-learn==0.19.1", "pandas==0.23.4", "ptvsd")), text
for configuration in (LocalWebservice.deploy_configuration(), aci_config):
    try:
        old = InferenceConfig(runtime="python", entry_script="score.py", conda_file="myenv.yml")
        Model.deploy(ws, "old-pins", [model], old, configuration).wait_for_deployment()
    except AzureMLException as error:
        assert "were made for Python 3.6 or 3.5" in error.message, error
        print(error.message)
    else:
        raise AssertionError("pins of 2018 were installed for a present Python")
pathlib.Path("myenv.yml").write_text(ENVIRONMENT)
"""
_DEBUGGED = """
write_score(top=TOP)
service.reload()
service.wait_for_deployment()
assert "Debugger attached..." in service.get_logs()
"""
_PACKAGED = """
assert ask_image(package.location, "cd /var/azureml-app && test -f score.py && command -v vim") == [110, 110]
docker("image", "rm", package.location)
"""
_IMAGED = """
assert image.image_location.endswith("/myimage:1"), image.image_location  # which the block prints at once
image.wait_for_creation(show_output=True)
assert ask_image(image.image_location, "cd /var/azureml-app && test -f score.py && command -v vim") == [110, 110]
"""
_STEPS = 'pathlib.Path("Dockerfile.steps").write_text(STEPS)\n'
_TWO = 'write_model(2, "my_model.pkl")\nmodel = Model.register(ws, "my_model.pkl", "my_best_model")\n'

SECOND_GENERATION = (
    Row("client", _RUN, _REGISTERED),
    Row("client"),
    Row("client", _JSON, _IN_CONTAINER),
    Row("client", after=_LOCAL),
    Row("client", after=_SCORED),
    Row("client", _EDIT, _EDITED),
    Row("client", _DIFFERENT, _UPDATED),
    Row("client", _MYSVC, _LOGGED),
    Row("inside", _INSIDE),
    Row("score", after=_CAUGHT),
    Row("client", after=_CAPACITY),
    Row("client", after=_OLD_PINS),
    Row("score", after=_DEBUGGED),
    Row("client", _TWO, _PACKAGED),
)

FIRST_GENERATION = (
    Row("client", _MODEL + _RUN, _REGISTERED),
    Row("client", "from azureml.core.image import ContainerImage, Image\n", _CREATED),
    Row("client", _JSON + "from azureml.core.webservice import AciWebservice, Webservice\n", _IN_CONTAINER),
    Row("client", after="assert b'Built' in urllib.request.urlopen(image.image_build_log_uri).read()\n"),
    Row("transcript"),
    Row("client", after=_LOCAL),
    Row("client", after=_SCORED),
    Row("client", _EDIT, _EDITED),
    Row("client", _DIFFERENT, _UPDATED),
    Row("client", after=_LOGGED),
    Row("inside", _INSIDE),
    Row("score", after=_CAUGHT),
    Row("client", after=_CAPACITY),
    Row("client", after=_OLD_PINS),
    Row("score", after=_DEBUGGED),
    Row("client", _TWO + _STEPS, _IMAGED),
)

TABLE = {"000": SECOND_GENERATION, **dict.fromkeys(("001", "002", "003", "004"), FIRST_GENERATION)}
"""The number that a guide's file begins with -> its blocks."""
