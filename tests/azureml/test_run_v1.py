"""`modelport run-v1`: a v1 program runs unchanged, and is told from one under `python` by nothing."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

DEPLOY = """
    import sys
    from azureml.core import Workspace
    from azureml.core.environment import Environment
    from azureml.core.model import InferenceConfig, Model
    from azureml.core.webservice import LocalWebservice

    ws = Workspace.create(name=sys.argv[1], subscription_id="s", resource_group="r", location="eastus", exist_ok=True)
    model = Model.register(ws, "my_model.pkl", "my_best_model")
    environment = Environment.from_conda_specification("env", "myenv.yml")
    config = InferenceConfig(entry_script="score.py", environment=environment)
    service = Model.deploy(ws, "mymodel", [model], config, LocalWebservice.deploy_configuration())
    service.wait_for_deployment(True)
    print("answer:", service.run(input_data=b"[1, 2]"))
    service.delete()
"""
# Each is run by `python` and by `run-v1`; what differs between the two is a failure.
PROGRAMS = {
    "arguments": "import sys\nprint(sys.argv, sys.path[0], __name__, __file__, __package__, __spec__)\n",
    "exception": "def f():\n    raise ValueError('é')\n\nf()\n",
    "chained": "try:\n    1 / 0\nexcept ZeroDivisionError as error:\n    raise KeyError('a') from error\n",
    "syntax": "print('not reached')\nx = = 1\n",
    "missing_import": "import there_is_no_such_module\n",
    "exit_number": "import sys\nsys.exit(7)\n",
    "exit_words": "import sys\nsys.exit('it ends here')\n",
    "exit_nothing": "import sys\nprint('done')\nsys.exit()\n",
    "at_exit": "import atexit\natexit.register(print, 'last')\nprint('first')\n",
    "thread": "import threading, time\nthreading.Thread(target=lambda: (time.sleep(0.1), print('thread'))).start()\n",
    "hook": "import sys\nsys.excepthook = lambda kind, value, trace: print('hook', kind, trace.tb_lineno)\n1 / 0\n",
    "pickle": "import pickle\nclass A: pass\nprint(type(pickle.loads(pickle.dumps(A()))), A.__module__)\n",
    "encoding": "# -*- coding: latin-1 -*-\nprint(len('\xe9'), 'ok')\n",
    "own_module": "import beside\nprint(beside.__file__)\n",
    "warning": "import warnings\nwarnings.warn('careful')\n",
    "annotations": "def f(a: int): return a\nprint(f.__annotations__)\n",
    "interrupt": "raise KeyboardInterrupt\n",
}


@pytest.fixture
def project(python):
    Path("my_model.pkl").write_text("weights")
    Path("myenv.yml").write_text("dependencies:\n- pip:\n  - azureml-defaults\n")
    Path("score.py").write_text("def init():\n    pass\n\ndef run(data):\n    return len(data)\n")
    Path("deploy.py").write_text(textwrap.dedent(DEPLOY))


def test_a_v1_program_registers_deploys_and_scores(python, project):
    done = python("-m", "modelport", "run-v1", "deploy.py", "demo")
    assert (done.returncode, "answer: 6" in done.stdout) == (0, True), done.stdout + done.stderr


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program_ends_and_shows_itself_as_under_python(python, name):
    Path("beside.py").touch()
    Path("program.py").write_bytes(PROGRAMS[name].encode("latin-1" if name == "encoding" else "utf-8"))
    words = ["program.py", "--help", "-m", "x"]
    plain, ours = python(*words), python("-m", "modelport", "run-v1", *words)
    assert (ours.stdout, ours.stderr) == (plain.stdout, plain.stderr)
    assert ours.returncode == (130 if name == "interrupt" else plain.returncode)


def test_a_module_runs_as_under_python(python):
    Path("package").mkdir()
    Path("package/__init__.py").touch()
    Path("package/__main__.py").write_text(PROGRAMS["arguments"].replace("__spec__", "__spec__.name"))
    Path("package/tool.py").write_text("from . import __main__\nimport sys\nsys.exit(5)\n")
    for module in ("package", "package.tool"):
        plain, ours = python("-m", module, "--help"), python("-m", "modelport", "run-v1", "-m", module, "--help")
        assert (ours.stdout, ours.stderr, ours.returncode) == (plain.stdout, plain.stderr, plain.returncode)


@pytest.mark.parametrize("joined", ["-mtool", "--module=tool"])
def test_a_module_whose_name_is_joined_to_the_option_keeps_its_own_words(python, joined):
    Path("tool.py").write_text("import sys\nprint(sys.argv[1:])\n")
    done = python("-m", "modelport", "run-v1", joined, "--name", "-m", "x")
    assert (done.returncode, done.stdout) == (0, "['--name', '-m', 'x']\n")


def test_a_folder_with_a_main_program_runs_as_under_python(python):
    Path("tool").mkdir()
    Path("tool/__main__.py").write_text("import sys\nprint(sys.argv, sys.path[0], __file__)\n")
    assert python("-m", "modelport", "run-v1", "tool", "a").stdout == python("tool", "a").stdout


def test_a_program_beside_a_link_finds_the_modules_of_its_own_folder(python):
    Path("real").mkdir()
    Path("real/beside.py").touch()
    Path("real/program.py").write_text("import beside\nprint(beside.__file__)\n")
    Path("program.py").symlink_to("real/program.py")
    ours = python("-m", "modelport", "run-v1", "program.py")
    assert ours.stdout == python("program.py").stdout != ""


def test_a_missing_program_is_told_with_the_nearest_one(python):
    Path("deploy.py").touch()
    done = python("-m", "modelport", "run-v1", "deplyo.py")
    assert done.returncode == 4
    assert "[v1-program-missing]" in done.stderr and "Did you mean 'deploy.py'?" in done.stderr


def test_a_missing_module_is_told(python):
    for name in ("no_such_module", "no_such.module"):
        done = python("-m", "modelport", "run-v1", "-m", name)
        assert (done.returncode, "[v1-program-missing]" in done.stderr) == (4, True)


def test_a_module_whose_package_misses_another_one_shows_its_own_traceback(python):
    Path("package").mkdir()
    Path("package/__init__.py").write_text("import there_is_no_such_module\n")
    Path("package/tool.py").touch()
    done = python("-m", "modelport", "run-v1", "-m", "package.tool")
    assert (done.returncode, "No module named 'there_is_no_such_module'" in done.stderr) == (1, True)


def test_a_notebook_is_told_what_to_do(python):
    Path("deploy.ipynb").write_text("{}")
    done = python("-m", "modelport", "run-v1", "deploy.ipynb")
    assert (done.returncode, "import modelport.azureml" in done.stderr) == (2, True)


def test_without_a_program_the_usage_is_told(python):
    done = python("-m", "modelport", "run-v1")
    assert (done.returncode, "[usage-invalid]" in done.stderr) == (2, True)


def test_help_of_the_command_itself(python):
    assert "SCRIPT" in python("-m", "modelport", "run-v1", "--help").stdout


def test_an_error_of_modelport_has_the_line_of_the_program_first(python):
    Path("program.py").write_text("from azureml.core import Workspace\nWorkspace.get('nowhere')\n")
    done = python("-m", "modelport", "run-v1", "program.py")
    lines = done.stderr.splitlines()
    assert done.returncode == 1
    assert lines[0].startswith("Traceback") and "program.py" in lines[1] and "workspace-not-found" in done.stderr
