"""Modelport takes a trained model and a scoring script to a running web service.

>>> from modelport import Workspace, Model

Public names are looked up when they are first used, so that importing the package loads the standard library alone.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from modelport import errors as _errors

if TYPE_CHECKING:
    from modelport.errors import ConflictError as ConflictError
    from modelport.errors import DeploymentError as DeploymentError
    from modelport.errors import EngineError as EngineError
    from modelport.errors import MissingExtraError as MissingExtraError
    from modelport.errors import ModelportError as ModelportError
    from modelport.errors import NotFoundError as NotFoundError
    from modelport.errors import ProtocolError as ProtocolError
    from modelport.errors import ResolutionError as ResolutionError
    from modelport.errors import ScoringError as ScoringError
    from modelport.errors import ScriptError as ScriptError
    from modelport.errors import StorageError as StorageError
    from modelport.errors import UserError as UserError
    from modelport.sdk.compute import AksCompute as AksCompute
    from modelport.sdk.compute import ComputeTarget as ComputeTarget
    from modelport.sdk.datastore import Datastore as Datastore
    from modelport.sdk.environment import CondaDependencies as CondaDependencies
    from modelport.sdk.environment import Environment as Environment
    from modelport.sdk.environment_images import DockerBuildContext as DockerBuildContext
    from modelport.sdk.environment_sections import ContainerRegistry as ContainerRegistry
    from modelport.sdk.image import ContainerImage as ContainerImage
    from modelport.sdk.image import Image as Image
    from modelport.sdk.inference_config import InferenceConfig as InferenceConfig
    from modelport.sdk.keyvault import Keyvault as Keyvault
    from modelport.sdk.model import Model as Model
    from modelport.sdk.package import ModelPackage as ModelPackage
    from modelport.sdk.profile import ModelProfile as ModelProfile
    from modelport.sdk.resource import ResourceConfiguration as ResourceConfiguration
    from modelport.sdk.run import Experiment as Experiment
    from modelport.sdk.run import Run as Run
    from modelport.sdk.webservice import AciWebservice as AciWebservice
    from modelport.sdk.webservice import AksEndpoint as AksEndpoint
    from modelport.sdk.webservice import AksWebservice as AksWebservice
    from modelport.sdk.webservice import ContainerWebservice as ContainerWebservice
    from modelport.sdk.webservice import KubernetesWebservice as KubernetesWebservice
    from modelport.sdk.webservice import LocalWebservice as LocalWebservice
    from modelport.sdk.webservice import Webservice as Webservice
    from modelport.sdk.workspace import Workspace as Workspace

__version__ = "0.1.0"

# Public name -> the module that has it.
_HOMES: dict[str, str] = {
    "AciWebservice": "modelport.sdk.webservice",
    "AksCompute": "modelport.sdk.compute",
    "AksEndpoint": "modelport.sdk.webservice",
    "AksWebservice": "modelport.sdk.webservice",
    "ComputeTarget": "modelport.sdk.compute",
    "CondaDependencies": "modelport.sdk.environment",
    "ContainerImage": "modelport.sdk.image",
    "ContainerRegistry": "modelport.sdk.environment_sections",
    "ContainerWebservice": "modelport.sdk.webservice",
    "Datastore": "modelport.sdk.datastore",
    "DockerBuildContext": "modelport.sdk.environment_images",
    "Environment": "modelport.sdk.environment",
    "Experiment": "modelport.sdk.run",
    "Image": "modelport.sdk.image",
    "InferenceConfig": "modelport.sdk.inference_config",
    "Keyvault": "modelport.sdk.keyvault",
    "KubernetesWebservice": "modelport.sdk.webservice",
    "LocalWebservice": "modelport.sdk.webservice",
    "Model": "modelport.sdk.model",
    "ModelPackage": "modelport.sdk.package",
    "ModelProfile": "modelport.sdk.profile",
    "ResourceConfiguration": "modelport.sdk.resource",
    "Run": "modelport.sdk.run",
    "Webservice": "modelport.sdk.webservice",
    "Workspace": "modelport.sdk.workspace",
    **{
        name: "modelport.errors"
        for name, value in vars(_errors).items()
        if isinstance(value, type) and issubclass(value, _errors.ModelportError)
    },
}

__all__ = sorted(_HOMES, key=str.casefold)  # the table is the one place that lists the names


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        hint = _errors.nearest(name, _HOMES) if not name.startswith("_") else ""
        raise AttributeError(f"module 'modelport' has no attribute {name!r}. {hint}".rstrip())
    value = getattr(importlib.import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})
