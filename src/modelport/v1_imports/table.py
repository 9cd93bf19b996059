"""The one table from v1's import paths to Modelport's classes; it holds names alone, and no rule.

A row is a module of v1 and what each of its names leads to: "module:name" here, or "absent:KEY" for what v1 had and
Modelport has not, with the key of its reason in `modelport.sdk.absent.REASONS`. The migration scanner reads it too.
"""

from __future__ import annotations

ABSENT_PREFIX = "absent:"

_ABSENT_COMPUTE = {
    "AdlaCompute": "absent:training",
    "AksCompute": "absent:training",
    "AmlCompute": "absent:training",
    "BatchCompute": "absent:training",
    "ComputeInstance": "absent:training",
    "ComputeTarget": "absent:training",
    "DatabricksCompute": "absent:training",
    "DataFactoryCompute": "absent:training",
    "DsvmCompute": "absent:training",
    "HDInsightCompute": "absent:training",
    "KubernetesCompute": "absent:training",
    "KustoCompute": "absent:training",
    "RemoteCompute": "absent:training",
    "SynapseCompute": "absent:training",
}

MODULES: dict[str, dict[str, str]] = {
    "azureml": {},
    "azureml.core": {
        "ComputeTarget": "absent:training",
        "ContainerRegistry": "modelport.sdk.environment_sections:ContainerRegistry",
        "Dataset": "absent:datasets",
        "Datastore": "absent:datasets",
        "Environment": "modelport.sdk.environment:Environment",
        "Experiment": "modelport.sdk.run:Experiment",
        "Image": "modelport.sdk.image:Image",
        "Keyvault": "modelport.sdk.keyvault:Keyvault",
        "LinkedService": "absent:azure",
        "Model": "modelport.sdk.model:Model",
        "PrivateEndPoint": "absent:azure",
        "PrivateEndPointConfig": "absent:azure",
        "Run": "modelport.sdk.run:Run",
        "RunConfiguration": "absent:training",
        "ScriptRun": "absent:training",
        "ScriptRunConfig": "absent:training",
        "SynapseWorkspaceLinkedServiceConfiguration": "absent:azure",
        "VERSION": "modelport.v1_imports.constants:VERSION",
        "Webservice": "modelport.sdk.webservice:Webservice",
        "Workspace": "modelport.sdk.workspace:Workspace",
        "__version__": "modelport.v1_imports.constants:VERSION",
    },
    "azureml.core.compute": dict(_ABSENT_COMPUTE),
    "azureml.core.conda_dependencies": {
        "CondaDependencies": "modelport.sdk.conda_dependencies:CondaDependencies",
    },
    "azureml.core.container_registry": {
        "ContainerRegistry": "modelport.sdk.environment_sections:ContainerRegistry",
    },
    "azureml.core.environment": {
        "CondaDependencies": "modelport.sdk.conda_dependencies:CondaDependencies",
        "DockerBuildContext": "modelport.sdk.environment_images:DockerBuildContext",
        "DockerSection": "modelport.sdk.environment_sections:DockerSection",
        "Environment": "modelport.sdk.environment:Environment",
        "PythonSection": "modelport.sdk.environment_sections:PythonSection",
    },
    "azureml.core.image": {
        "ContainerImage": "modelport.sdk.image:ContainerImage",
        "Image": "modelport.sdk.image:Image",
    },
    "azureml.core.model": {
        "InferenceConfig": "modelport.sdk.inference_config:InferenceConfig",
        "Model": "modelport.sdk.model:Model",
        "ModelPackage": "modelport.sdk.package:ModelPackage",
    },
    "azureml.core.run": {
        "Run": "modelport.sdk.run:Run",
    },
    "azureml.core.webservice": {
        "AciWebservice": "modelport.sdk.webservice:AciWebservice",
        "LocalWebservice": "modelport.sdk.webservice:LocalWebservice",
        "Webservice": "modelport.sdk.webservice:Webservice",
    },
    "azureml.core.workspace": {
        "Workspace": "modelport.sdk.workspace:Workspace",
    },
}

ABSENT_PACKAGES: dict[str, str] = {
    "azureml.automl": "automl",
    "azureml.data": "datasets",
    "azureml.opendatasets": "datasets",
    "azureml.pipeline": "pipelines",
    "azureml.train": "training",
    "azureml.train.automl": "automl",
    "azureml.train.hyperdrive": "tuning",
    "azureml.widgets": "widgets",
}
"""Packages of v1 that are absent with all that lies below them; the nearest parent that stands here says why."""
