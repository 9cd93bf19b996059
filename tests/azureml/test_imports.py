"""What v1's import statements give, in all the forms that programs write them; each in a process of its own."""

from __future__ import annotations

from pathlib import Path

import pytest

SHIM = "import modelport.azureml\n"


@pytest.fixture
def printed(python):
    """`printed(code)`: what a program prints that imports the shim first."""

    def run(code):
        done = python("-c", SHIM + code)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    return run


@pytest.fixture
def failed(python):
    """`failed(code)`: the last line of the traceback."""

    def run(code):
        done = python("-c", SHIM + code)
        assert done.returncode == 1, done.stdout
        return done.stderr.strip().splitlines()[-1]

    return run


@pytest.mark.parametrize(
    "code",
    [
        "from azureml.core.model import Model",
        "from azureml.core import Model",
        "import azureml.core\nModel = azureml.core.Model",
        "import azureml.core\nModel = azureml.core.model.Model",
        "import azureml.core.model\nModel = azureml.core.model.Model",
        "import azureml.core.model as m\nModel = m.Model",
        "from azureml import core\nModel = core.Model",
        "from azureml.core import model\nModel = model.Model",
        "from azureml.core.model import *",
        "import importlib\nModel = importlib.import_module('azureml.core.model').Model",
    ],
)
def test_every_form_of_import_gives_the_same_class(printed, code):
    assert printed(f"{code}\nimport modelport\nprint(Model is modelport.Model)") == "True"


def test_the_version_is_text(printed):
    assert printed("import azureml.core\nprint(azureml.core.VERSION, azureml.core.__version__)") == "1.61.0 1.61.0"


def test_names_are_listed_and_looked_up_lazily(printed):
    code = "import azureml.core, sys\nprint('Workspace' in dir(azureml.core), 'modelport.sdk.workspace' in sys.modules)"
    assert printed(code) == "True False"


def test_a_name_that_v1_did_not_have_is_an_import_error(failed):
    assert failed("from azureml.core import Wrkspace").startswith("ImportError: cannot import name 'Wrkspace'")
    assert "Did you mean 'Workspace'?" in failed("import azureml.core\nazureml.core.Wrkspace")


def test_a_module_that_v1_did_not_have_is_named_with_the_nearest(failed):
    line = failed("import azureml.core.modle")
    assert line.startswith("ModuleNotFoundError: No module named 'azureml.core.modle'")
    assert "Did you mean 'azureml.core.model'?" in line


def test_installing_twice_changes_nothing(printed):
    code = "from modelport.v1_imports.finder import install, IN_FRONT\nimport sys\ninstall()\n"
    assert printed(code + "print(sys.meta_path.count(IN_FRONT))") == "1"


def test_a_folder_of_the_program_named_azureml_does_not_hide_ours(printed):
    Path("azureml/core").mkdir(parents=True)
    Path("azureml/core/__init__.py").write_text("raise RuntimeError\n")
    assert printed("from azureml.core import Model\nprint(Model.__module__)") == "modelport.sdk.model"


ABSENT = [
    "from azureml.core import Dataset\nDataset.Tabular.from_delimited_files('x.csv')",
    "from azureml.core.dataset import Dataset\nDataset.get_by_name(None, 'x')",
    "from azureml.train.automl import AutoMLConfig\nAutoMLConfig(task='classification')",
    "from azureml.train.hyperdrive import RandomParameterSampling, choice\nRandomParameterSampling({'a': choice})",
    "from azureml.pipeline.core import Pipeline, PipelineData\nPipeline(None, [])",
    "from azureml.pipeline.steps import PythonScriptStep\nPythonScriptStep('x')",
    "from azureml.widgets import RunDetails\nRunDetails(None).show()",
    "from azureml.core import ScriptRunConfig\nScriptRunConfig(source_directory='.')",
    "from azureml.core.runconfig import RunConfiguration\nRunConfiguration()",
    "import azureml.train.dnn\nazureml.train.dnn.TensorFlow()",
    "from azureml.train.sklearn import SKLearn\nclass Mine(SKLearn):\n    pass\nMine()",
]


@pytest.mark.parametrize("code", ABSENT, ids=lambda code: code.splitlines()[0])
def test_what_is_absent_raises_at_the_call_with_name_reason_and_remedy(python, code):
    *imports, call = code.splitlines()
    assert python("-c", SHIM + "\n".join(imports)).returncode == 0
    done = python("-c", f"{SHIM}{code}")
    name = call.partition("(")[0].split(".")[0]
    assert done.returncode == 1
    assert "is not covered. " in done.stderr and "->" in done.stderr and "[v1-not-covered]" in done.stderr
    assert name in done.stderr


def test_what_is_absent_can_be_named_compared_and_shown(printed):
    code = "from azureml.core import Dataset\nprint(isinstance(1, Dataset), Dataset.Tabular, Dataset == Dataset)"
    assert printed(code) == "False <azureml.core.Dataset.Tabular: not covered by Modelport> True"


def test_errors_are_caught_by_v1s_names_and_read_in_v1s_shape(printed):
    code = (
        "from azureml.core import Workspace\nfrom azureml.exceptions import AzureMLException, WorkspaceException\n"
        "try:\n    Workspace.get('nowhere')\nexcept WorkspaceException as error:\n"
        "    print(str(error).splitlines()[0], isinstance(error, AzureMLException))"
    )
    assert printed(code) == "WorkspaceException: True"


def test_a_scoring_script_can_be_tried_in_the_program(printed):
    code = (
        "from azureml.contrib.services.aml_request import AMLRequest, rawhttp\n"
        "from azureml.contrib.services.aml_response import AMLResponse\n"
        "from inference_schema.schema_decorators import input_schema\n"
        "from inference_schema.parameter_types.standard_py_parameter_type import StandardPythonParameterType\n"
        "@input_schema('data', StandardPythonParameterType({'a': 1}))\ndef run(data):\n    return data\n"
        "print(run({'a': 2}), AMLResponse('x', 201).status_code)"
    )
    assert printed(code) == "{'a': 2} 201"


def test_telemetry_is_accepted_and_the_debug_log_is_written(printed):
    code = (
        "from azureml.telemetry import set_diagnostics_collection\nset_diagnostics_collection(send_diagnostics=True)\n"
        "import azureml.core, logging\nwith azureml.core.diagnostic_log('debug.log'):\n"
        "    logging.getLogger('azureml').debug('seen')\nlogging.getLogger('azureml').debug('not seen')\n"
    )
    assert printed(code) == ""
    assert Path("debug.log").read_text().count("seen") == 1
