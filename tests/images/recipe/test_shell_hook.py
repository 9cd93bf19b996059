"""A Python started by hand in an image finds the worker's stand-ins, and a worker is left alone."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import modelport.worker
from modelport.images.recipe.recipe import HOME
from modelport.images.recipe.shell_hook import shell_hook


@pytest.fixture
def shell(tmp_path):
    """`shell(code)`: what a Python prints whose environment is that of an image, with a model in the app folder."""
    server = tmp_path / "server/lib/python3.11/site-packages/modelport"
    server.mkdir(parents=True)
    (server / "worker").symlink_to(Path(modelport.worker.__file__).parent)
    hook = shell_hook(str(tmp_path), "3.11.2", "3.9")
    site = tmp_path / Path(hook.path).parent
    site.mkdir(parents=True)
    (site / Path(hook.path).name).write_bytes(hook.content)
    app = tmp_path / "app/azureml-models/my-best-model/1"
    app.mkdir(parents=True)
    (app / "model.pkl").touch()

    def run(code):
        start = f"import site; site.addsitedir({str(site)!r})\n"
        done = subprocess.run(
            [sys.executable, "-I", "-c", start + code], cwd=tmp_path / "app", capture_output=True, text=True,
            timeout=60, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run


def test_the_place_of_a_model_is_told(shell):
    code = "from azureml.core.model import Model\nprint(Model.get_model_path('my-best-model'))"
    assert shell(code) == "azureml-models/my-best-model/1/model.pkl\n"


def test_the_other_stand_ins_are_found_too(shell):
    assert shell("from inference_schema.schema_decorators import input_schema\nprint(input_schema.__module__)")


def test_nothing_of_ours_is_loaded_before(shell):
    assert shell("import sys, json\nprint([name for name in sys.modules if 'modelport' in name])") == "[]\n"


def test_a_worker_is_left_alone(shell):
    code = "import sys, importlib.util as util\nsys.modules['_modelport_worker'] = sys\nprint(util.find_spec('ptvsd'))"
    assert shell(code) == "None\n"


def test_it_lies_in_the_environment_of_the_user():
    hook = shell_hook(HOME, "3.12.1", "3.6.9")
    assert hook.path == "env/lib/python3.6/site-packages/modelport-shell.pth"
    assert b"/opt/modelport/server/lib/python3.12/site-packages/modelport/worker/shell.py" in hook.content
