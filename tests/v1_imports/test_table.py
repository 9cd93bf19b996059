"""Every row of the table leads to something, and every path and name that v1 programs use has a row."""

from __future__ import annotations

import importlib

import pytest

from modelport.sdk.absent import REASONS, AbsentType
from modelport.sdk.differences import OURS
from modelport.v1_imports.finder import absent_package, is_covered, resolve
from modelport.v1_imports.stand_ins import STAND_INS
from modelport.v1_imports.table import ABSENT_PACKAGES, ABSENT_PREFIX, MODULES
from modelport.worker.shims.finder import SHIMS

ROWS = [(module, name, home) for module, names in {**MODULES, **STAND_INS}.items() for name, home in names.items()]
# What the SDK's own documentation imports, of the deployment half.
DOCUMENTED = {
    "azureml.core": "ComputeTarget ContainerRegistry Dataset Datastore Environment Experiment Image Keyvault Model Run "
    "RunConfiguration ScriptRun ScriptRunConfig Webservice Workspace get_run diagnostic_log VERSION",
    "azureml.core.model": "Model InferenceConfig ModelPackage",
    "azureml.core.webservice": "AciWebservice AksEndpoint AksWebservice LocalWebservice UnknownWebservice Webservice",
    "azureml.core.image": "ContainerImage Image UnknownImage",
    "azureml.core.environment": "Environment CondaDependencies DockerSection PythonSection",
    "azureml.core.conda_dependencies": "CondaDependencies",
    "azureml.core.compute": "AksCompute ComputeTarget AmlCompute",
    "azureml.core.resource_configuration": "ResourceConfiguration",
    "azureml.core.container_registry": "ContainerRegistry",
    "azureml.core.keyvault": "Keyvault",
    "azureml.core.authentication": "InteractiveLoginAuthentication ServicePrincipalAuthentication "
    "AzureCliAuthentication MsiAuthentication",
    "azureml.core.profile": "ModelProfile",
    "azureml.core.webservice.webservice": "Webservice",
    "azureml.core.webservice.aci": "AciWebservice",
    "azureml.core.webservice.aks": "AksWebservice AksEndpoint",
    "azureml.core.webservice.local": "LocalWebservice",
    "azureml.exceptions": "ActivityFailedException AuthenticationException AzureMLException AzureMLAggregatedException "
    "ComputeTargetException DatasetTimestampMissingError DiscoveryUrlNotFoundException ExperimentExecutionException "
    "ModelNotFoundException ModelPathNotFoundException ParallelRunException ProjectSystemException "
    "RunConfigurationException RunEnvironmentException ServiceException SnapshotException TrainingException "
    "UserErrorException WebserviceException WorkspaceException WorkspacePrivateEndpointException",
}


@pytest.mark.parametrize(("module", "name", "home"), ROWS, ids=[f"{row[0]}.{row[1]}" for row in ROWS])
def test_a_row_leads_to_something(module, name, home):
    found = resolve(f"{module}.{name}", home)
    assert isinstance(found, AbsentType) == home.startswith(ABSENT_PREFIX)


@pytest.mark.parametrize("module", DOCUMENTED)
def test_documented_names_have_a_row(module):
    assert sorted(set(DOCUMENTED[module].split()) - MODULES[module].keys()) == []


def test_modules_and_names_are_sorted():
    assert [list(table) for table in (MODULES, STAND_INS)] == [sorted(table) for table in (MODULES, STAND_INS)]
    assert [names for names in MODULES.values() if list(names) != sorted(names)] == []
    assert list(ABSENT_PACKAGES) == sorted(ABSENT_PACKAGES)


def test_every_reason_is_used_and_known():
    used = {home[len(ABSENT_PREFIX) :] for _, _, home in ROWS if home.startswith(ABSENT_PREFIX)}
    assert used | set(ABSENT_PACKAGES.values()) == set(REASONS)


def test_parents_of_every_module_are_there():
    parents = {module.rpartition(".")[0] for module in [*MODULES, *ABSENT_PACKAGES]} - {""}
    assert sorted(parent for parent in parents if not is_covered(parent)) == []


def test_the_table_says_what_the_table_of_signatures_says():
    ours = {name: f"modelport.{home}" for name, home in OURS.items() if name.rpartition(".")[0] in MODULES}
    pairs = ((name, resolve(name, MODULES[name.rpartition(".")[0]][name.rpartition(".")[2]])) for name in ours)
    assert {name: f"{kind.__module__}.{kind.__qualname__}" for name, kind in pairs} == {
        name: f"{kind.__module__}.{kind.__qualname__}"
        for name, kind in ((name, resolve(name, ":".join(home.rsplit(".", 1)))) for name, home in ours.items())
    }


def test_stand_ins_are_those_of_the_worker():
    shims = {name: names for name, names in SHIMS.items() if not name.startswith("azureml.")}
    assert sorted(STAND_INS) == sorted(shims.keys() - {"azureml"})
    for name, (_, source) in shims.items():
        offered = importlib.import_module(f"modelport.worker.shims.{source}").__all__ if source else []
        assert STAND_INS.get(name, {}).keys() <= set(offered)


def test_a_package_below_an_absent_one_has_the_nearest_reason():
    assert absent_package("azureml.train.automl.runtime") == "automl"
    assert absent_package("azureml.train.dnn") == "training"
    assert absent_package("azureml.core.model") is None
