"""With the real azureml-core installed beside Modelport: `run-v1` uses ours, others theirs, and no file changes."""

from __future__ import annotations

import base64
import csv
import hashlib
import os
import subprocess
import textwrap
from pathlib import Path

import pytest
from tests.azureml.environments import make_environment
from tests.conftest import kill_servers

REAL = "azureml-core==1.61.0.post4"
PROGRAM = """
    import azureml.core
    from azureml.core import Workspace
    from azureml.core.model import InferenceConfig, Model
    from azureml.core.webservice import LocalWebservice

    print(azureml.core.__spec__.origin, Model.__module__, azureml.core.VERSION)
    ws = Workspace.create("demo", exist_ok=True)
    model = Model.register(ws, "my_model.pkl", "my_best_model")
    config = InferenceConfig(entry_script="score.py")
    service = Model.deploy(ws, "mymodel", [model], config, LocalWebservice.deploy_configuration())
    service.wait_for_deployment()
    print("answer:", service.run("{}"))
    service.delete()
"""
SCORE = """
    from azureml.core.model import Model

    def init():
        global path
        path = Model.get_model_path("my_best_model")

    def run(data):
        return path
"""
PLAIN = "import azureml.core, azureml.core.model as m\nprint(azureml.core.__file__, m.Model.__module__)\n"


@pytest.fixture(scope="module")
def real(tmp_path_factory):
    """The Python of an environment that has both."""
    return make_environment(tmp_path_factory.mktemp("real") / "venv", REAL, "setuptools<81")


@pytest.fixture
def run(real, tmp_path, monkeypatch, service_home):
    """`run("-m", "modelport", …)`: that Python, in a folder of the test's own."""
    (tmp_path / "project").mkdir()
    monkeypatch.chdir(tmp_path / "project")
    environ = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}

    def call(*words):
        return subprocess.run(
            [str(real), "-W", "ignore", *words], capture_output=True, text=True, timeout=100, check=False, env=environ
        )

    yield call
    kill_servers(service_home)


def changed_files(python: Path) -> list[str]:
    """Files of the real package that are not what its own record says."""
    site = next((python.parents[1] / "lib").glob("python*/site-packages"))
    record = next(site.glob("azureml_core-*.dist-info/RECORD"))
    changed = []
    with record.open(newline="", encoding="utf-8") as lines:
        for name, digest, _ in csv.reader(lines):
            if digest:
                found = hashlib.sha256((site / name).read_bytes()).digest()
                if base64.urlsafe_b64encode(found).rstrip(b"=").decode() != digest.partition("=")[2]:
                    changed.append(name)
    return changed


@pytest.mark.timeout(600)
def test_run_v1_uses_ours_and_leaves_theirs_as_it_is(run, real):
    Path("my_model.pkl").write_text("weights")
    Path("score.py").write_text(textwrap.dedent(SCORE))
    Path("deploy.py").write_text(textwrap.dedent(PROGRAM))
    done = run("-m", "modelport", "run-v1", "deploy.py")
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.splitlines()[0] == "modelport modelport.sdk.model 1.61.0"
    assert "answer: azureml-models/my_best_model/1/my_model.pkl" in done.stdout
    assert changed_files(real) == []


@pytest.mark.timeout(600)
def test_a_plain_import_gives_theirs(run, real):
    done = run("-c", PLAIN)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split()[0].startswith(str(real.parents[1]))
    assert done.stdout.split()[1] == "azureml.core.model"


@pytest.mark.timeout(600)
def test_import_modelport_azureml_first_gives_ours(run):
    done = run("-c", "import modelport.azureml\nfrom azureml.core.model import Model\nprint(Model.__module__)")
    assert done.stdout == "modelport.sdk.model\n", done.stderr


@pytest.mark.timeout(600)
def test_import_modelport_azureml_after_theirs_is_refused(run):
    done = run("-c", "import azureml.core\nimport modelport.azureml\n")
    assert "[azureml-already-imported]" in done.stderr


@pytest.mark.timeout(600)
def test_install_is_refused(run, real):
    done = run("-m", "modelport", "migrate", "install")
    assert (done.returncode, "[azureml-core-installed]" in done.stderr) == (5, True)
    assert "azureml-core 1.61.0" in run("-m", "modelport", "migrate", "status").stdout
    assert changed_files(real) == []
