"""Records the facts of v1's public classes: names of methods, order, kinds and defaults of their parameters.

Run it by hand, in an environment that has azureml-core 1.61 (which needs Python 3.8 to 3.11):

    python tests/sdk/record_signatures.py

It writes one table a file beside it, `signatures/<area>.json`, which `test_signatures.py` compares with ours.
Names, orders and defaults alone are recorded: nothing of what the functions do or say.
"""

from __future__ import annotations

import importlib
import inspect
import json
import sys
from pathlib import Path
from typing import Any

# Area -> import path of each class. The names are those that programs import.
AREAS: dict[str, tuple[str, ...]] = {
    "workspace": ("azureml.core.Workspace", "azureml.core.keyvault.Keyvault"),
    "model": (
        "azureml.core.model.Model",
        "azureml.core.model.ModelPackage",
        "azureml.core.model.InferenceConfig",
        "azureml.core.resource_configuration.ResourceConfiguration",
    ),
    "environment": (
        "azureml.core.environment.Environment",
        "azureml.core.environment.CondaDependencies",
        "azureml.core.environment.DockerBuildContext",
        "azureml.core.environment.DockerImageDetails",
        "azureml.core.environment.ImageBuildDetails",
        "azureml.core.environment.DockerSection",
        "azureml.core.environment.PythonSection",
        "azureml.core.container_registry.ContainerRegistry",
    ),
    "image": (
        "azureml.core.image.Image",
        "azureml.core.image.ContainerImage",
        "azureml.core.image.container.ContainerImageConfig",
    ),
    "webservice": (
        "azureml.core.webservice.Webservice",
        "azureml.core.webservice.LocalWebservice",
        "azureml.core.webservice.AciWebservice",
        "azureml.core.webservice.local.LocalWebserviceDeploymentConfiguration",
        "azureml.core.webservice.aci.AciServiceDeploymentConfiguration",
        "azureml.core.webservice.webservice.ContainerResourceRequirements",
        "azureml.core.webservice.webservice.WebServiceAccessToken",
    ),
    "aks": (
        "azureml.core.webservice.AksWebservice",
        "azureml.core.webservice.AksEndpoint",
        "azureml.core.webservice.aks.AksServiceDeploymentConfiguration",
        "azureml.core.webservice.aks.AksEndpointDeploymentConfiguration",
        "azureml.core.webservice.aks.AutoScaler",
        "azureml.core.webservice.aks.DataCollection",
        "azureml.core.webservice.webservice.LivenessProbeRequirements",
        "azureml.core.webservice.UnknownWebservice",
        "azureml.core.image.UnknownImage",
    ),
    "compute": (
        "azureml.core.compute.ComputeTarget",
        "azureml.core.compute.AksCompute",
        "azureml.core.authentication.InteractiveLoginAuthentication",
        "azureml.core.authentication.ServicePrincipalAuthentication",
        "azureml.core.authentication.AzureCliAuthentication",
        "azureml.core.authentication.MsiAuthentication",
        "azureml.core.profile.ModelProfile",
    ),
    "run": ("azureml.core.Run", "azureml.core.Experiment"),
    "datastore": ("azureml.core.Datastore", "azureml.data.azure_storage_datastore.AzureBlobDatastore"),
    "exceptions": tuple(
        f"azureml.exceptions.{name}"
        for name in (
            "AzureMLException", "AzureMLAggregatedException", "ActivityFailedException", "AuthenticationException",
            "ComputeTargetException", "DatasetTimestampMissingError", "DiscoveryUrlNotFoundException",
            "ExperimentExecutionException", "ModelNotFoundException", "ModelPathNotFoundException",
            "ParallelRunException", "ProjectSystemException", "RunConfigurationException",
            "RunEnvironmentException", "SnapshotException", "TrainingException", "UserErrorException",
            "WebserviceException", "WorkspaceException", "WorkspacePrivateEndpointException",
        )
    ),
}  # fmt: skip


def found(path: str) -> type:
    """The class at an import path."""
    module, _, name = path.rpartition(".")
    value: type = getattr(importlib.import_module(module), name)
    return value


def described_default(value: object) -> object:
    """A default as JSON can hold it: itself where it is plain, else the name of its type."""
    if value is inspect.Parameter.empty:
        return {"required": True}
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, (list, tuple, dict)) and not value:
        return [] if not isinstance(value, dict) else {}
    return {"type": type(value).__name__}


def described_function(function: Any) -> list[list[object]]:
    """The parameters of a function: name, kind, default; `self` and `cls` left out."""
    parameters = list(inspect.signature(function).parameters.values())
    if parameters and parameters[0].name in ("self", "cls"):
        del parameters[0]
    return [[each.name, each.kind.name, described_default(each.default)] for each in parameters]


def described_class(kind: type) -> dict[str, Any]:
    """The public methods, properties and constants of a class, those inherited inside the package too."""
    methods: dict[str, Any] = {}
    properties: list[str] = []
    constants: dict[str, object] = {}
    for name, value in sorted(_own_members(kind).items()):
        if isinstance(value, property):
            properties.append(name)
        elif isinstance(value, (staticmethod, classmethod)) or inspect.isroutine(value):
            how = type(value).__name__ if isinstance(value, (staticmethod, classmethod)) else "method"
            methods[name] = {"kind": how, "parameters": described_function(getattr(kind, name))}
        elif isinstance(value, type):  # a group of constants
            constants.update(
                {f"{name}.{key}": getattr(word, "value", word) for key, word in vars(value).items() if key[0] != "_"}
            )
        elif isinstance(value, (str, int, float, bool)):
            constants[name] = value
    bases = [base.__name__ for base in kind.__mro__[1:] if base is not object and base.__name__[0] != "_"]
    return {"bases": bases, "methods": methods, "properties": properties, "constants": constants}


def _own_members(kind: type) -> dict[str, Any]:
    """Public members by name, without what built-in classes give."""
    members: dict[str, Any] = {}
    for base in reversed(kind.__mro__):
        if base.__module__ != "builtins":
            members.update({name: value for name, value in vars(base).items() if _is_public(name)})
    return members


def _is_public(name: str) -> bool:
    return not name.startswith("_") or name == "__init__"


def described_attributes(value: object) -> dict[str, object]:
    """The public attributes of an object, with their values as defaults are described."""
    return {name: described_default(content) for name, content in vars(value).items() if _is_public(name)}


def new_objects() -> dict[str, object]:
    """Objects that can be made without a workspace, as programs make them without arguments."""
    environment = found("azureml.core.environment.Environment")("name")
    web = importlib.import_module("azureml.core.webservice")
    return {
        "azureml.core.environment.Environment": environment,
        "azureml.core.environment.DockerSection": environment.docker,
        "azureml.core.environment.PythonSection": environment.python,
        "azureml.core.container_registry.ContainerRegistry": environment.docker.base_image_registry,
        "azureml.core.environment.DockerBuildContext": found("azureml.core.environment.DockerBuildContext")(),
        "azureml.core.resource_configuration.ResourceConfiguration": found(
            "azureml.core.resource_configuration.ResourceConfiguration"
        )(),
        "azureml.core.webservice.LocalWebservice.deploy_configuration": web.LocalWebservice.deploy_configuration(),
        "azureml.core.webservice.AciWebservice.deploy_configuration": web.AciWebservice.deploy_configuration(),
        "azureml.core.webservice.AksWebservice.deploy_configuration": web.AksWebservice.deploy_configuration(),
        "azureml.core.webservice.AksEndpoint.deploy_configuration": web.AksEndpoint.deploy_configuration(),
    }


def main() -> None:
    """Write the tables."""
    tables = {area: {path: described_class(found(path)) for path in paths} for area, paths in AREAS.items()}
    tables["attributes"] = {path: described_attributes(value) for path, value in new_objects().items()}
    folder = Path(__file__).parent / "signatures"
    for area, table in tables.items():
        text = json.dumps(table, indent=1, sort_keys=True)
        (folder / f"{area}.json").write_text(text + "\n", encoding="utf-8")
        sys.stdout.write(f"{area}: {len(table)}\n")


if __name__ == "__main__":
    main()
