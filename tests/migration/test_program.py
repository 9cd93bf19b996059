"""Names are followed through assignments, functions and branches, as far as it can be told from the text."""

from __future__ import annotations

import textwrap

import pytest

from modelport.migration.program import uses_of
from modelport.migration.sources import Source

WORKSPACE = "from azureml.core import Workspace, Model, Webservice\nws = Workspace.from_config()\n"


def uses(text, *, kind="call"):
    found, broken = uses_of(Source("p.py", [(0, textwrap.dedent(text))]))
    assert broken == []
    return [use for use in found if use.kind == kind]


def calls(text):
    return [use.name for use in uses(WORKSPACE + textwrap.dedent(text))][1:]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ws.webservices['x'].get_logs()", ["Webservice.get_logs"]),
        ("for name, each in ws.models.items():\n    each.delete()", ["Model.delete"]),
        ("for each in ws.models.values():\n    each.delete()", ["Model.delete"]),
        ("Model.list(ws)[0].download()", ["Model.list", "Model.download"]),
        ("[each.delete() for each in Model.list(ws)]", ["Model.list", "Model.delete"]),
        ("next(iter(Model.list(ws))).delete()", ["Model.list", "Model.delete"]),
        ("(first, *_) = Model.list(ws)\nfirst.delete()", ["Model.list", "Model.delete"]),
        ("sorted(Model.list(ws), key=str)[-1].delete()", ["Model.list", "Model.delete"]),
        ("service = Webservice(ws, 'x')\nservice.reload()", ["Webservice", "LocalWebservice.reload"]),
        ("with Model(ws, 'x') as m:\n    m.delete()", ["Model", "Model.delete"]),
        ("(m := Model(ws, 'x')).delete()", ["Model", "Model.delete"]),
        ("m = Model(ws, 'x') if ws else None\nm.delete()", ["Model", "Model.delete"]),
        ("a = b = Model(ws, 'x')\na.delete()", ["Model", "Model.delete"]),
        ("ws.get_default_keyvault().get_secret('x')", ["Workspace.get_default_keyvault", "Keyvault.get_secret"]),
    ],
)
def test_values_are_followed(text, expected):
    assert calls(text) == expected


def test_what_a_function_returns_and_is_given():
    text = """
        def find(workspace, name):
            return Model(workspace, name)

        def drop(model):
            model.delete()

        drop(find(ws, "x"))
        """
    assert set(calls(text)) == {"Model", "Model.delete"}


def test_annotation_of_a_parameter():
    assert calls("def drop(model: 'Model'):\n    model.delete()") == ["Model.delete"]


def test_attributes_of_objects_of_the_program():
    text = """
        class Deployer:
            def __init__(self, workspace):
                self.ws = workspace

            def drop(self):
                self.ws.models["x"].delete()

        Deployer(ws).drop()
        """
    assert calls(text) == ["Model.delete"]


def test_branches_prefer_what_is_known():
    text = """
        service = None
        try:
            service = Webservice(ws, "x")
        except Exception:
            service = None
        service.delete()
        """
    assert calls(text) == ["Webservice", "Webservice.delete"]


def test_name_that_is_given_something_else_is_something_else():
    assert calls("m = Model(ws, 'x')\nm = open('f')\nm.delete()") == ["Model"]


def test_names_of_modules():
    text = "import azureml.core as aml\nimport azureml.core.model\nazureml.core.model.Model(aml.Workspace(), 'x')"
    found = uses(text)
    assert [use.name for use in found] == ["Workspace", "Model"]


def test_star_brings_every_name():
    assert [use.name for use in uses("from azureml.core import *\nWorkspace.from_config().models['x'].delete()")] == [
        "Workspace.from_config", "Model.delete",
    ]  # fmt: skip


def test_what_is_absent_is_absent_with_all_that_comes_of_it():
    found = uses("from azureml.core import Dataset\nDataset.get_by_name(None, 'x').to_pandas_dataframe().head()")
    assert {use.absent for use in found} == {"datasets"}


def test_training_run_is_told_as_training():
    text = "from azureml.core import Experiment\nrun = Experiment(None, 'x').submit(None)\nrun.wait_for_completion()"
    assert [(use.name, use.absent) for use in uses(text)][1:] == [
        ("Experiment.submit", "training"), ("Experiment.submit.wait_for_completion", "training"),
    ]  # fmt: skip


def test_unknown_objects_are_told_as_guesses():
    found = uses("from elsewhere import azureml_helper\ndef f(service):\n    service.wait_for_deployment()")
    assert [(use.name, use.is_guess) for use in found] == [("wait_for_deployment", True)]


def test_what_comes_from_other_packages_is_not_of_interest():
    assert uses("import numpy\nnumpy.load('x').wait_for_deployment()\nlen([]).run()") == []


def test_attributes_that_are_read_and_set_are_uses():
    text = "from azureml.core import Environment\nenv = Environment('x')\nenv.docker.base_image = None\nenv.name"
    assert [use.name for use in uses(text, kind="attribute")] == [
        "Environment.docker", "DockerSection.base_image", "Environment.name",
    ]  # fmt: skip


def test_each_use_is_told_once():
    text = WORKSPACE + "def f(m):\n    return m\nf(Model(ws, 'x'))\nf(m=Model(ws, 'y'))"
    assert [use.place.line for use in uses(text)] == [2, 5, 6]


def test_cells_share_their_names_and_one_that_is_broken_is_told():
    cells = [(1, WORKSPACE), (2, "print 'two'"), (3, "ws.models['x'].delete()")]
    found, broken = uses_of(Source("n.ipynb", cells))
    assert [str(use.place) for use in found if use.name == "Model.delete"] == ["n.ipynb:cell 3:1"]
    assert [str(place) for place, _ in broken] == ["n.ipynb:cell 2:1"]


@pytest.mark.parametrize("module", ["azureml.core.nothing", "azureml.corr"])
def test_module_that_nobody_knows(module):
    assert [use.absent for use in uses(f"import {module}", kind="import")] == ["?"]


def test_member_that_a_class_has_a_stand_in_for_is_absent_for_its_reason():
    found = uses("from azureml.core.run import Run\nRun.get_context().log_image('x')")
    assert [(use.name, use.absent) for use in found][1:] == [("Run.log_image", "tracking")]


def test_cluster_that_is_made_for_training_is_no_cluster_for_services():
    text = (
        "from azureml.core.compute import AmlCompute, ComputeTarget\n"
        "wanted = AmlCompute.provisioning_configuration()\n"
        "ComputeTarget.create(None, 'x', wanted).wait_for_completion(min_node_count=1)"
    )
    assert [(use.name, use.absent) for use in uses(text)][-1] == ("AmlCompute.wait_for_completion", "training")
