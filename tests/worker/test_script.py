"""Loading the user's script in a process of its own, and what is said where it cannot be used."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.worker.interpreters import lines_of

PROBLEM = """
import json, os
from _modelport_worker.script import ScriptProblem, load_script
try:
    load_script("score.py", os.getcwd()).init()
except ScriptProblem as problem:
    print(json.dumps(problem.to_dict()))
"""
RUN = """
import os
from _modelport_worker.request import Request
from _modelport_worker.script import load_script
script = load_script("score.py", os.getcwd())
script.init()
print(script.handle(Request("POST", "/score", (), "application/json", b'{"data": [1, 2]}', "id")).body.decode())
"""


def _problem(source: str, directory: Path) -> dict[str, Any]:
    (directory / "score.py").write_text(source)
    return json.loads(lines_of(PROBLEM, directory)[-1])


def _run(source: str, directory: Path, code: str = RUN) -> str:
    (directory / "score.py").write_text(source)
    return lines_of(code, directory)[-1]


@pytest.mark.parametrize(
    ("module", "distribution"),
    [("sklearn", "scikit-learn"), ("cv2", "opencv-python-headless"), ("own_helpers", "own_helpers")],
)
def test_a_missing_module_names_the_distribution_to_add(module: str, distribution: str, tmp_path: Path) -> None:
    code = PROBLEM.replace("import json", f"import json, sys\nsys.modules['{module}'] = None\nimport json", 1)
    (tmp_path / "score.py").write_text(f"def init():\n    import {module}.part\ndef run(data): pass\n")
    found = json.loads(lines_of(code, tmp_path)[-1])
    assert (found["code"], found["line"], f"'{distribution}'" in found["remedy"]) == ("module-missing", 2, True)


def test_the_traceback_has_only_the_users_frames(tmp_path: Path) -> None:
    (tmp_path / "helpers.py").write_text("def load():\n    raise OSError('no model')\n")
    found = _problem("import helpers\ndef init():\n    helpers.load()\ndef run(data): pass\n", tmp_path)
    frames = [line.strip() for line in found["traceback"].splitlines() if line.strip().startswith("File")]
    assert [frame.split('"')[1].rpartition("/")[2] for frame in frames] == ["score.py", "helpers.py"]
    assert (found["file"], found["line"]) == (str(tmp_path / "helpers.py"), 2)
    assert found["message"] == "init() of the scoring script raised OSError: no model."


def test_a_syntax_error_in_a_helper_is_placed_there(tmp_path: Path) -> None:
    (tmp_path / "helpers.py").write_text("x = 1\ny = = 2\n")
    found = _problem("import helpers\n", tmp_path)
    assert (found["code"], found["file"], found["line"]) == ("script-syntax", str(tmp_path / "helpers.py"), 2)


def test_an_edit_within_the_same_second_is_seen(tmp_path: Path) -> None:
    code = RUN + RUN.replace("import os", "import sys; del sys.modules['score']\nopen('score.py', 'w').write(NEW)", 1)
    source = "def init(): pass\ndef run(data): return 1\n"
    code = f"import os\nNEW = {source.replace('1', '2')!r}\n" + code
    (tmp_path / "score.py").write_text(source)
    assert lines_of(code, tmp_path, environ={"PYTHONDONTWRITEBYTECODE": ""}) == ["1", "2"]


def test_the_script_finds_its_neighbours_and_its_own_place(tmp_path: Path) -> None:
    (tmp_path / "helpers.py").write_text("VALUE = 3\n")
    source = "import os\nfrom helpers import VALUE\ndef init(): pass\n"
    source += "def run(data): return [VALUE, os.path.basename(__file__), __name__]\n"
    assert _run(source, tmp_path) == '[3, "score.py", "score"]'


def test_a_model_pickled_by_a_training_program_finds_its_class_in_the_script(tmp_path: Path) -> None:
    adopt = "import sys\nsys.modules['__main__'].__file__ = package.__path__[0] + '/__main__.py'\n"
    source = "import pickle\nclass Net: pass\ndef init(): pass\n"
    source += "def run(data): return type(pickle.loads(b'c__main__\\nNet\\n(tR.')).__name__\n"
    assert _run(source, tmp_path, adopt + RUN) == '"Net"'


def test_a_callable_object_serves_as_run(tmp_path: Path) -> None:
    source = "class Model:\n    def predict(self, data): return [data]\ndef init(): pass\nrun = Model().predict\n"
    assert json.loads(_run(source, tmp_path)) == ['{"data": [1, 2]}']


def test_a_decorator_of_the_users_own_around_ours_still_runs(tmp_path: Path) -> None:
    source = """
import functools
from inference_schema.schema_decorators import input_schema
from inference_schema.parameter_types.standard_py_parameter_type import StandardPythonParameterType
def doubled(function):
    @functools.wraps(function)
    def wrapper(*args, **kwargs):
        return function(*args, **kwargs) * 2
    return wrapper
def init(): pass
@doubled
@input_schema("data", StandardPythonParameterType([1]))
def run(data): return data
"""
    assert _run(source, tmp_path) == "[1, 2, 1, 2]"


def test_a_schema_and_a_raw_request_exclude_each_other(tmp_path: Path) -> None:
    source = """
from azureml.contrib.services.aml_request import rawhttp
from inference_schema.schema_decorators import input_schema
from inference_schema.parameter_types.standard_py_parameter_type import StandardPythonParameterType
def init(): pass
@rawhttp
@input_schema("data", StandardPythonParameterType([1]))
def run(data): return data
"""
    assert _problem(source, tmp_path)["code"] == "script-signature"


REAL_SCHEMA = """
class Type:
    def deserialize_input(self, value):
        raise ValueError("an array of items is expected")
def decorated(function):
    def wrapper(data):
        return function(Type().deserialize_input(data))
    wrapper.real = True
    return wrapper
def is_schema_decorated(function):
    return getattr(function, "real", False)
def get_input_schema(function):
    return {"type": "object", "example": {"data": [1]}}
def get_output_schema(function):
    return {"type": "object"}
"""


def test_an_installed_schema_package_is_asked_and_its_mismatch_is_the_clients(tmp_path: Path) -> None:
    (tmp_path / "inference_schema").mkdir()
    (tmp_path / "inference_schema/__init__.py").write_text("")
    (tmp_path / "inference_schema/schema_util.py").write_text(REAL_SCHEMA)
    source = "from inference_schema.schema_util import decorated\ndef init(): pass\n@decorated\ndef run(data): pass\n"
    code = RUN.replace(".body.decode())", ".problem)")
    code += "print(script.describe()['swagger']['2']['definitions']['ServiceInput']['example'])\n"
    (tmp_path / "score.py").write_text(source)
    assert lines_of(code, tmp_path) == ["schema-mismatch", "{'data': [1]}"]


def test_the_level_of_the_log_is_honoured_without_a_handler_of_ours(tmp_path: Path) -> None:
    source = "import logging\ndef init(): logging.getLogger('a').info('told')\n"
    source += "def run(data): return logging.getLogger().handlers\n"
    (tmp_path / "score.py").write_text(source)
    from tests.worker.interpreters import run_beside_worker

    done = run_beside_worker(RUN, tmp_path, environ={"AZUREML_LOG_LEVEL": "INFO"})
    assert (done.stdout, "told" in done.stderr) == ("[]\n", True)


def test_loading_imports_nothing_slow(tmp_path: Path) -> None:
    source = "def init(): pass\ndef run(data): return data\n"
    code = RUN + "import sys\nprint([n for n in ('inspect', 'ast', 'typing', 'traceback', 'asyncio', 'logging', "
    code += "'datetime', 'email', 'urllib.parse', 'decimal') if n in sys.modules])\n"
    assert _run(source, tmp_path, code) == "[]"
