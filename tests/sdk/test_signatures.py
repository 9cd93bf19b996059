"""Our classes against the recorded facts of v1's: every method, parameter, default, property and constant.

`signatures/*.json` is written by `record_signatures.py`. What differs on purpose stands in `modelport.sdk.differences`,
with its reason; a test refuses an entry there that no longer differs.
"""

from __future__ import annotations

import importlib
import inspect
import json
from pathlib import Path

import pytest
from tests.sdk.record_signatures import described_default

from modelport.sdk.absent import AbsentType
from modelport.sdk.differences import DIFFERENCES, OURS
from modelport.sdk.environment import ContainerRegistry, DockerSection, Environment, PythonSection
from modelport.sdk.environment_images import DockerBuildContext
from modelport.sdk.resource import ResourceConfiguration
from modelport.sdk.webservice import AciWebservice, AksEndpoint, AksWebservice, LocalWebservice

TABLES = Path(__file__).parent / "signatures"
RECORDED = {
    path: {**facts, "area": table.stem}
    for table in sorted(TABLES.glob("*.json"))
    if table.stem != "attributes"
    for path, facts in json.loads(table.read_text()).items()
}
ATTRIBUTES = json.loads((TABLES / "attributes.json").read_text())


def our_class(path):
    module, _, name = OURS[path].rpartition(".")
    return getattr(importlib.import_module(f"modelport.{module}"), name)


def our_parameters(function):
    parameters = list(inspect.signature(function).parameters.values())
    if parameters and parameters[0].name in ("self", "cls"):
        del parameters[0]
    return [[each.name, each.kind.name, described_default(each.default)] for each in parameters]


def differs(theirs, ours):
    """Why our parameters are not v1's followed by keyword-only ones of our own; "" if they are.

    A last `**unknown` is ours too: it takes nothing, and lets a misspelt name be refused with the nearest one.
    """
    own = [each for each in ours if each not in theirs and (each[1] == "KEYWORD_ONLY" or each[0] == "unknown")]
    same = [each for each in ours if each not in own]
    if same == theirs:
        return ""
    return f"v1 has {_words(theirs)}; ours has {_words(ours)}"


def _words(parameters):
    marks = {"VAR_POSITIONAL": "*", "VAR_KEYWORD": "**", "KEYWORD_ONLY": "kw:"}
    return "(" + ", ".join(
        marks.get(kind, "") + name + ("" if default == {"required": True} else f"={default!r}")
        for name, kind, default in parameters
    ) + ")"  # fmt: skip


def _has(ours, name):
    """Whether objects of ours have an attribute: the class has it, its list of names, or its constructor sets it."""
    return hasattr(ours, name) or name in getattr(ours, "_names", ()) or _sets(ours, name)


def _sets(ours, name):
    return f"self.{name} = " in inspect.getsource(ours.__init__)


def differences_of(path):
    """Everything in which our class is not v1's: full name -> what differs."""
    facts, ours, found = RECORDED[path], our_class(path), {}
    for name, method in facts["methods"].items():
        member = getattr(ours, name, None)
        if isinstance(member, AbsentType):  # it says at the call why it is not covered
            continue
        if member is None and facts["area"] == "run":  # of training, what we have is compared
            continue
        if not callable(member):
            found[f"{path}.{name}"] = "ours does not have it"
        elif problem := differs(method["parameters"], our_parameters(member)):
            found[f"{path}.{name}"] = problem
    for name in facts["properties"]:
        if not _has(ours, name) and facts["area"] != "run":
            found[f"{path}.{name}"] = "ours does not have it"
    for name, value in facts["constants"].items() if facts["area"] != "run" else ():
        member = ours
        for part in name.split("."):
            member = getattr(member, part, None)
        if getattr(member, "value", member) != value:
            found[f"{path}.{name}"] = f"v1 has {value!r}; ours has {member!r}"
    for base in facts["bases"]:
        if facts["area"] == "exceptions" and base not in [each.__name__ for each in ours.__mro__]:
            found[f"{path}:{base}"] = "ours does not derive from it"
    return found


@pytest.mark.parametrize("path", sorted(set(RECORDED) & set(OURS)))
def test_the_class_is_as_v1_has_it(path):
    found = {name: what for name, what in differences_of(path).items() if name not in DIFFERENCES}
    assert not found, "\n".join(f"{name}: {what}" for name, what in found.items())


@pytest.mark.parametrize("name", sorted(DIFFERENCES))
def test_what_differs_on_purpose_does_differ_and_has_a_reason(name):
    paths = [path for path in OURS if name.startswith(f"{path}.") and path in RECORDED]
    assert any(name in differences_of(path) for path in paths)
    assert DIFFERENCES[name].endswith(".")


def test_every_class_that_was_recorded_is_compared():
    assert set(RECORDED) - set(OURS) == set()


NEW = {
    "azureml.core.environment.Environment": lambda: Environment("name"),
    "azureml.core.environment.DockerSection": DockerSection,
    "azureml.core.environment.PythonSection": PythonSection,
    "azureml.core.container_registry.ContainerRegistry": ContainerRegistry,
    "azureml.core.environment.DockerBuildContext": DockerBuildContext,
    "azureml.core.resource_configuration.ResourceConfiguration": ResourceConfiguration,
    "azureml.core.webservice.LocalWebservice.deploy_configuration": LocalWebservice.deploy_configuration,
    "azureml.core.webservice.AciWebservice.deploy_configuration": AciWebservice.deploy_configuration,
    "azureml.core.webservice.AksWebservice.deploy_configuration": AksWebservice.deploy_configuration,
    "azureml.core.webservice.AksEndpoint.deploy_configuration": AksEndpoint.deploy_configuration,
}


@pytest.mark.parametrize("path", sorted(ATTRIBUTES))
def test_a_new_object_has_v1s_attributes_with_v1s_values(path):
    made = NEW[path]()
    for name, value in ATTRIBUTES[path].items():
        assert hasattr(made, name), name
        if not isinstance(value, dict):
            assert getattr(made, name) == value, name
