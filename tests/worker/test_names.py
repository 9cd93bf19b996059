"""The user's modules and the worker's never meet: whatever the user calls a file, it is found, and so is ours."""

from __future__ import annotations

from pathlib import Path

from tests.worker.interpreters import WORKER, lines_of

LOAD = """
import os
from _modelport_worker.request import Request
from _modelport_worker.script import load_script
script = load_script(os.path.join(os.getcwd(), "app", "score.py"), os.path.join(os.getcwd(), "app"))
script.init()
print(script.handle(Request("POST", "/score", (), "", b"data", "")).body.decode())
"""


def _app(directory: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = directory / "app" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def test_modules_named_like_each_of_ours_are_the_users(tmp_path: Path) -> None:
    names = sorted({path.stem for path in WORKER.rglob("*.py") if not path.stem.startswith("__")})
    imports = "\n".join(f"import {name}" for name in names)
    values = " + ".join(f"{name}.MINE" for name in names)
    _app(tmp_path, {f"{name}.py": "MINE = 1\n" for name in names})
    _app(tmp_path, {"score.py": f"{imports}\ndef init(): pass\ndef run(data): return {values}\n"})
    assert lines_of(LOAD, tmp_path) == [str(len(names))]


def test_a_users_azureml_folder_and_our_parts_of_azureml_work_side_by_side(tmp_path: Path) -> None:
    _app(
        tmp_path,
        {
            "azureml/helpers.py": "MINE = 'mine'",
            "azureml/contrib/own.py": "MINE = 'too'",
            "score.py": """
from azureml import helpers
from azureml.contrib import own
from azureml.core.model import Model
from azureml.contrib.services.aml_request import rawhttp
def init(): pass
def run(data): return [helpers.MINE, own.MINE, Model.__module__]
""",
        },
    )
    assert lines_of(LOAD, tmp_path) == ['["mine", "too", "_modelport_worker.shims.model"]']


def test_a_users_own_azureml_core_wins(tmp_path: Path) -> None:
    _app(
        tmp_path,
        {
            "azureml/core/__init__.py": "",
            "azureml/core/model.py": "Model = 'mine'",
            "score.py": "from azureml.core.model import Model\ndef init(): pass\ndef run(data): return Model\n",
        },
    )
    assert lines_of(LOAD, tmp_path) == ['"mine"']


def test_our_azureml_core_goes_before_an_installed_one(tmp_path: Path) -> None:
    _app(
        tmp_path,
        {
            "env/site-packages/azureml/core/__init__.py": "raise RuntimeError('reaches for the cloud')",
            "env/site-packages/azureml/contrib/real.py": "NAME = 'real'",
            "score.py": """
import sys, os
sys.path.append(os.path.join(os.path.dirname(__file__), "env", "site-packages"))
from azureml.core import Model
from azureml.contrib import real
def init(): pass
def run(data): return [Model.__name__, real.NAME]
""",
        },
    )
    assert lines_of(LOAD, tmp_path) == ['["Model", "real"]']


def test_an_installed_package_wins_over_our_stand_in_and_is_not_filled_up(tmp_path: Path) -> None:
    _app(
        tmp_path,
        {
            "inference_schema/__init__.py": "",
            "inference_schema/schema_util.py": "def is_schema_decorated(run): return False",
            "score.py": """
import inference_schema.schema_util
try:
    import inference_schema.schema_decorators
    found = True
except ImportError:
    found = False
def init(): pass
def run(data): return [found, inference_schema.schema_util.__file__ is not None]
""",
        },
    )
    assert lines_of(LOAD, tmp_path) == ["[false, true]"]


def test_a_name_that_a_stand_in_lacks_says_what_there_is(tmp_path: Path) -> None:
    _app(tmp_path, {"score.py": "from azureml.core import Workspace\ndef init(): pass\ndef run(data): pass\n"})
    code = LOAD.replace("script = load", "from _modelport_worker.script import ScriptProblem\ntry:\n    load")
    code = code.split("script.init()")[0] + "except ScriptProblem as found:\n    print(found.code, found.remedy)\n"
    (line,) = lines_of(code, tmp_path)
    assert line.startswith("module-missing") and "Model.get_model_path" in line


def test_a_script_named_like_a_loaded_module_does_not_replace_it(tmp_path: Path) -> None:
    _app(tmp_path, {"json.py": "def init(): pass\ndef run(data): return __name__\n"})
    code = "import json\n" + LOAD.replace("score.py", "json.py") + "print(json.dumps([1]))\n"
    assert lines_of(code, tmp_path) == ['"service_driver"', "[1]"]
