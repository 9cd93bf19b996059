"""The one table from v1's import paths to Modelport's classes; it holds names alone, and no rule.

A row is a module of v1 and what each of its names leads to: "module:name" here, or "absent:KEY" for what v1 had and
Modelport has not, with the key of its reason in `modelport.sdk.absent.REASONS`. The migration scanner reads it too.
"""

from __future__ import annotations

ABSENT_PREFIX = "absent:"

MODULES: dict[str, dict[str, str]] = {
    "azureml": {},
    "azureml.contrib": {},
    "azureml.contrib.services": {
        "AMLRequest": "modelport.worker.shims.raw_http:AMLRequest",
        "AMLResponse": "modelport.worker.shims.raw_http:AMLResponse",
        "rawhttp": "modelport.worker.shims.raw_http:rawhttp",
    },
    "azureml.contrib.services.aml_request": {
        "AMLRequest": "modelport.worker.shims.raw_http:AMLRequest",
        "rawhttp": "modelport.worker.shims.raw_http:rawhttp",
    },
    "azureml.contrib.services.aml_response": {
        "AMLResponse": "modelport.worker.shims.raw_http:AMLResponse",
    },
    "azureml.core": {
        "ComputeTarget": "modelport.sdk.compute:ComputeTarget",
        "ContainerRegistry": "modelport.sdk.environment_sections:ContainerRegistry",
        "Dataset": "absent:datasets",
        "Datastore": "modelport.sdk.datastore:Datastore",
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
        "VERSION": "modelport.v1_imports.values:VERSION",
        "Webservice": "modelport.sdk.webservice:Webservice",
        "Workspace": "modelport.sdk.workspace:Workspace",
        "__version__": "modelport.v1_imports.values:VERSION",
        "attach_legacy_compute_target": "absent:training",
        "diagnostic_log": "modelport.sdk.diagnostics:diagnostic_log",
        "get_run": "absent:training",
        "is_compute_target_prepared": "absent:training",
        "prepare_compute_target": "absent:training",
        "remove_legacy_compute_target": "absent:training",
    },
    "azureml.core.authentication": {
        "AbstractAuthentication": "modelport.sdk.authentication:AbstractAuthentication",
        "AuthenticationException": "modelport.v1_errors:AuthenticationException",
        "AzureCliAuthentication": "modelport.sdk.authentication:AzureCliAuthentication",
        "InteractiveLoginAuthentication": "modelport.sdk.authentication:InteractiveLoginAuthentication",
        "MsiAuthentication": "modelport.sdk.authentication:MsiAuthentication",
        "ServicePrincipalAuthentication": "modelport.sdk.authentication:ServicePrincipalAuthentication",
    },
    "azureml.core.compute": {
        "AdlaCompute": "absent:training",
        "AksCompute": "modelport.sdk.compute:AksCompute",
        "AmlCompute": "absent:training",
        "BatchCompute": "absent:training",
        "ComputeInstance": "absent:training",
        "ComputeTarget": "modelport.sdk.compute:ComputeTarget",
        "DataFactoryCompute": "absent:training",
        "DatabricksCompute": "absent:training",
        "DsvmCompute": "absent:training",
        "HDInsightCompute": "absent:training",
        "KubernetesCompute": "absent:training",
        "KustoCompute": "absent:training",
        "RemoteCompute": "absent:training",
        "SynapseCompute": "absent:training",
    },
    "azureml.core.compute.aks": {
        "AksAttachConfiguration": "modelport.sdk.compute_configuration:AksAttachConfiguration",
        "AksCompute": "modelport.sdk.compute:AksCompute",
        "AksProvisioningConfiguration": "modelport.sdk.compute_configuration:AksProvisioningConfiguration",
    },
    "azureml.core.compute.amlcompute": {
        "AmlCompute": "absent:training",
        "AmlComputeProvisioningConfiguration": "absent:training",
    },
    "azureml.core.compute.compute": {
        "ComputeTarget": "modelport.sdk.compute:ComputeTarget",
        "ComputeTargetException": "modelport.v1_errors:ComputeTargetException",
    },
    "azureml.core.compute_target": {
        "ComputeTargetException": "modelport.v1_errors:ComputeTargetException",
        "prepare_compute_target": "absent:training",
    },
    "azureml.core.conda_dependencies": {
        "CondaDependencies": "modelport.sdk.conda_dependencies:CondaDependencies",
    },
    "azureml.core.container_registry": {
        "ContainerRegistry": "modelport.sdk.environment_sections:ContainerRegistry",
    },
    "azureml.core.dataset": {
        "Dataset": "absent:datasets",
    },
    "azureml.core.datastore": {
        "Datastore": "modelport.sdk.datastore:Datastore",
    },
    "azureml.core.environment": {
        "CondaDependencies": "modelport.sdk.conda_dependencies:CondaDependencies",
        "ContainerRegistry": "modelport.sdk.environment_sections:ContainerRegistry",
        "DEFAULT_CPU_IMAGE": "modelport.v1_imports.values:DEFAULT_CPU_IMAGE",
        "DEFAULT_GPU_IMAGE": "modelport.v1_imports.values:DEFAULT_GPU_IMAGE",
        "DockerBuildContext": "modelport.sdk.environment_images:DockerBuildContext",
        "DockerImageDetails": "modelport.sdk.environment_images:DockerImageDetails",
        "DockerSection": "modelport.sdk.environment_sections:DockerSection",
        "Environment": "modelport.sdk.environment:Environment",
        "ImageBuildDetails": "modelport.sdk.environment_images:ImageBuildDetails",
        "PythonSection": "modelport.sdk.environment_sections:PythonSection",
    },
    "azureml.core.experiment": {
        "Experiment": "modelport.sdk.run:Experiment",
    },
    "azureml.core.image": {
        "ContainerImage": "modelport.sdk.image:ContainerImage",
        "Image": "modelport.sdk.image:Image",
    },
    "azureml.core.image.container": {
        "ContainerImage": "modelport.sdk.image:ContainerImage",
        "ContainerImageConfig": "modelport.sdk.image_config:ContainerImageConfig",
    },
    "azureml.core.image.image": {
        "Image": "modelport.sdk.image:Image",
    },
    "azureml.core.keyvault": {
        "Keyvault": "modelport.sdk.keyvault:Keyvault",
    },
    "azureml.core.linked_service": {
        "LinkedService": "absent:azure",
    },
    "azureml.core.model": {
        "AksCompute": "modelport.sdk.compute:AksCompute",
        "ContainerRegistry": "modelport.sdk.environment_sections:ContainerRegistry",
        "Environment": "modelport.sdk.environment:Environment",
        "Experiment": "modelport.sdk.run:Experiment",
        "InferenceConfig": "modelport.sdk.inference_config:InferenceConfig",
        "Model": "modelport.sdk.model:Model",
        "ModelNotFoundException": "modelport.v1_errors:ModelNotFoundException",
        "ModelPackage": "modelport.sdk.package:ModelPackage",
        "ModelProfile": "modelport.sdk.profile:ModelProfile",
        "ResourceConfiguration": "modelport.sdk.resource:ResourceConfiguration",
        "UserErrorException": "modelport.v1_errors:UserErrorException",
        "WebserviceException": "modelport.v1_errors:WebserviceException",
    },
    "azureml.core.private_endpoint": {
        "PrivateEndPoint": "absent:azure",
        "PrivateEndPointConfig": "absent:azure",
    },
    "azureml.core.profile": {
        "ModelProfile": "modelport.sdk.profile:ModelProfile",
    },
    "azureml.core.resource_configuration": {
        "ResourceConfiguration": "modelport.sdk.resource:ResourceConfiguration",
    },
    "azureml.core.run": {
        "Run": "modelport.sdk.run:Run",
        "get_run": "absent:training",
    },
    "azureml.core.runconfig": {
        "CondaDependencies": "modelport.sdk.conda_dependencies:CondaDependencies",
        "ContainerRegistry": "modelport.sdk.environment_sections:ContainerRegistry",
        "DEFAULT_CPU_IMAGE": "modelport.v1_imports.values:DEFAULT_CPU_IMAGE",
        "DEFAULT_GPU_IMAGE": "modelport.v1_imports.values:DEFAULT_GPU_IMAGE",
        "DataReferenceConfiguration": "absent:training",
        "DockerConfiguration": "absent:training",
        "DockerSection": "modelport.sdk.environment_sections:DockerSection",
        "Environment": "modelport.sdk.environment:Environment",
        "EnvironmentDefinition": "modelport.sdk.environment:Environment",
        "MpiConfiguration": "absent:training",
        "ParallelTaskConfiguration": "absent:training",
        "PyTorchConfiguration": "absent:training",
        "PythonSection": "modelport.sdk.environment_sections:PythonSection",
        "RunConfiguration": "absent:training",
        "SparkConfiguration": "absent:training",
        "TensorflowConfiguration": "absent:training",
    },
    "azureml.core.script_run": {
        "ScriptRun": "absent:training",
    },
    "azureml.core.script_run_config": {
        "ScriptRunConfig": "absent:training",
    },
    "azureml.core.webservice": {
        "AciWebservice": "modelport.sdk.webservice:AciWebservice",
        "AksEndpoint": "modelport.sdk.webservice:AksEndpoint",
        "AksWebservice": "modelport.sdk.webservice:AksWebservice",
        "LocalWebservice": "modelport.sdk.webservice:LocalWebservice",
        "UnknownWebservice": "modelport.sdk.webservice:UnknownWebservice",
        "Webservice": "modelport.sdk.webservice:Webservice",
    },
    "azureml.core.webservice.aci": {
        "AciServiceDeploymentConfiguration": "modelport.sdk.container_configuration:ContainerWebserviceDeploymentConfiguration",  # noqa: E501
        "AciWebservice": "modelport.sdk.webservice:AciWebservice",
    },
    "azureml.core.webservice.aks": {
        "AksEndpoint": "modelport.sdk.webservice:AksEndpoint",
        "AksEndpointDeploymentConfiguration": "modelport.sdk.aks_configuration:AksEndpointDeploymentConfiguration",
        "AksServiceAccessToken": "modelport.sdk.aks_sections:AksServiceAccessToken",
        "AksServiceDeploymentConfiguration": "modelport.sdk.aks_configuration:AksServiceDeploymentConfiguration",
        "AksWebservice": "modelport.sdk.webservice:AksWebservice",
        "AutoScaler": "modelport.sdk.aks_sections:AutoScaler",
        "ContainerResourceRequirements": "modelport.sdk.aks_sections:ContainerResourceRequirements",
        "DataCollection": "modelport.sdk.aks_sections:DataCollection",
        "LivenessProbeRequirements": "modelport.sdk.aks_sections:LivenessProbeRequirements",
    },
    "azureml.core.webservice.container_resource_requirements": {
        "ContainerResourceRequirements": "modelport.sdk.aks_sections:ContainerResourceRequirements",
    },
    "azureml.core.webservice.local": {
        "LocalWebservice": "modelport.sdk.webservice:LocalWebservice",
        "LocalWebserviceDeploymentConfiguration": "modelport.sdk.deployment_configuration:LocalWebserviceDeploymentConfiguration",  # noqa: E501
    },
    "azureml.core.webservice.unknown_webservice": {
        "UnknownWebservice": "modelport.sdk.webservice:UnknownWebservice",
    },
    "azureml.core.webservice.webservice": {
        "AutoScaler": "modelport.sdk.aks_sections:AutoScaler",
        "ContainerResourceRequirements": "modelport.sdk.aks_sections:ContainerResourceRequirements",
        "DataCollection": "modelport.sdk.aks_sections:DataCollection",
        "LivenessProbeRequirements": "modelport.sdk.aks_sections:LivenessProbeRequirements",
        "Webservice": "modelport.sdk.webservice:Webservice",
        "WebserviceException": "modelport.v1_errors:WebserviceException",
    },
    "azureml.core.workspace": {
        "UserErrorException": "modelport.v1_errors:UserErrorException",
        "Workspace": "modelport.sdk.workspace:Workspace",
        "WorkspaceException": "modelport.v1_errors:WorkspaceException",
    },
    "azureml.exceptions": {
        "ActivityFailedException": "modelport.v1_errors:ActivityFailedException",
        "AuthenticationException": "modelport.v1_errors:AuthenticationException",
        "AzureMLAggregatedException": "modelport.v1_errors:AzureMLAggregatedException",
        "AzureMLException": "modelport.v1_errors:AzureMLException",
        "ComputeTargetException": "modelport.v1_errors:ComputeTargetException",
        "DatasetTimestampMissingError": "modelport.v1_errors:DatasetTimestampMissingError",
        "DiscoveryUrlNotFoundException": "modelport.v1_errors:DiscoveryUrlNotFoundException",
        "ExperimentExecutionException": "modelport.v1_errors:ExperimentExecutionException",
        "ModelNotFoundException": "modelport.v1_errors:ModelNotFoundException",
        "ModelPathNotFoundException": "modelport.v1_errors:ModelPathNotFoundException",
        "ParallelRunException": "modelport.v1_errors:ParallelRunException",
        "ProjectSystemException": "modelport.v1_errors:ProjectSystemException",
        "RunConfigurationException": "modelport.v1_errors:RunConfigurationException",
        "RunEnvironmentException": "modelport.v1_errors:RunEnvironmentException",
        "ServiceException": "modelport.v1_errors:ServiceException",
        "SnapshotException": "modelport.v1_errors:SnapshotException",
        "TrainingException": "modelport.v1_errors:TrainingException",
        "UserErrorException": "modelport.v1_errors:UserErrorException",
        "WebserviceException": "modelport.v1_errors:WebserviceException",
        "WorkspaceException": "modelport.v1_errors:WorkspaceException",
        "WorkspacePrivateEndpointException": "modelport.v1_errors:WorkspacePrivateEndpointException",
    },
    "azureml.monitoring": {
        "ModelDataCollector": "modelport.worker.shims.monitoring:ModelDataCollector",
    },
    "azureml.telemetry": {
        "set_diagnostics_collection": "modelport.sdk.diagnostics:set_diagnostics_collection",
    },
}

STAND_INS: dict[str, dict[str, str]] = {
    "azureml_inference_server_http": {},
    "azureml_inference_server_http.api": {},
    "azureml_inference_server_http.api.aml_request": {
        "AMLRequest": "modelport.worker.shims.raw_http:AMLRequest",
        "rawhttp": "modelport.worker.shims.raw_http:rawhttp",
    },
    "azureml_inference_server_http.api.aml_response": {
        "AMLResponse": "modelport.worker.shims.raw_http:AMLResponse",
    },
    "inference_schema": {},
    "inference_schema.parameter_types": {},
    "inference_schema.parameter_types.abstract_parameter_type": {
        "AbstractParameterType": "modelport.worker.shims.abstract_type:AbstractParameterType",
    },
    "inference_schema.parameter_types.numpy_parameter_type": {
        "NumpyParameterType": "modelport.worker.shims.array_types:NumpyParameterType",
    },
    "inference_schema.parameter_types.pandas_parameter_type": {
        "PandasParameterType": "modelport.worker.shims.array_types:PandasParameterType",
    },
    "inference_schema.parameter_types.standard_py_parameter_type": {
        "StandardPythonParameterType": "modelport.worker.shims.standard_type:StandardPythonParameterType",
    },
    "inference_schema.schema_decorators": {
        "input_schema": "modelport.worker.shims.decorators:input_schema",
        "output_schema": "modelport.worker.shims.decorators:output_schema",
    },
    "inference_schema.schema_util": {
        "get_input_schema": "modelport.worker.shims.schema_util:get_input_schema",
        "get_output_schema": "modelport.worker.shims.schema_util:get_output_schema",
        "get_supported_versions": "modelport.worker.shims.schema_util:get_supported_versions",
        "is_schema_decorated": "modelport.worker.shims.schema_util:is_schema_decorated",
    },
    "ptvsd": {
        "attach": "modelport.worker.shims.ptvsd:attach",
        "break_into_debugger": "modelport.worker.shims.ptvsd:break_into_debugger",
        "enable_attach": "modelport.worker.shims.ptvsd:enable_attach",
        "is_attached": "modelport.worker.shims.ptvsd:is_attached",
        "wait_for_attach": "modelport.worker.shims.ptvsd:wait_for_attach",
    },
}
"""What scoring scripts import besides, for one that is tried in a program: used only where the real one is missing."""

ABSENT_PACKAGES: dict[str, str] = {
    "azureml.accel": "fpga",
    "azureml.automl": "automl",
    "azureml.contrib.automl": "automl",
    "azureml.contrib.dataset": "datasets",
    "azureml.contrib.explain": "explanations",
    "azureml.contrib.fairness": "explanations",
    "azureml.contrib.interpret": "explanations",
    "azureml.contrib.pipeline": "pipelines",
    "azureml.contrib.train": "training",
    "azureml.data": "datasets",
    "azureml.datadrift": "drift",
    "azureml.dataprep": "datasets",
    "azureml.explain": "explanations",
    "azureml.fsspec": "datasets",
    "azureml.interpret": "explanations",
    "azureml.mlflow": "tracking",
    "azureml.opendatasets": "datasets",
    "azureml.pipeline": "pipelines",
    "azureml.responsibleai": "explanations",
    "azureml.tensorboard": "training",
    "azureml.train": "training",
    "azureml.train.automl": "automl",
    "azureml.train.hyperdrive": "tuning",
    "azureml.widgets": "widgets",
}
"""Packages of v1 that are absent with all that lies below them; the nearest parent that stands here says why."""
