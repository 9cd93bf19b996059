"""Which class of ours stands for which of v1's, and in what they differ on purpose."""

from __future__ import annotations

from modelport import v1_errors

OURS: dict[str, str] = {
    "azureml.core.Workspace": "sdk.workspace.Workspace",
    "azureml.core.keyvault.Keyvault": "sdk.keyvault.Keyvault",
    "azureml.core.model.Model": "sdk.model.Model",
    "azureml.core.model.ModelPackage": "sdk.package.ModelPackage",
    "azureml.core.model.InferenceConfig": "sdk.inference_config.InferenceConfig",
    "azureml.core.resource_configuration.ResourceConfiguration": "sdk.resource.ResourceConfiguration",
    "azureml.core.environment.Environment": "sdk.environment.Environment",
    "azureml.core.environment.CondaDependencies": "sdk.conda_dependencies.CondaDependencies",
    "azureml.core.environment.DockerBuildContext": "sdk.environment_images.DockerBuildContext",
    "azureml.core.environment.DockerImageDetails": "sdk.environment_images.DockerImageDetails",
    "azureml.core.environment.ImageBuildDetails": "sdk.environment_images.ImageBuildDetails",
    "azureml.core.environment.DockerSection": "sdk.environment_sections.DockerSection",
    "azureml.core.environment.PythonSection": "sdk.environment_sections.PythonSection",
    "azureml.core.container_registry.ContainerRegistry": "sdk.environment_sections.ContainerRegistry",
    "azureml.core.image.Image": "sdk.image.Image",
    "azureml.core.image.ContainerImage": "sdk.image.ContainerImage",
    "azureml.core.image.container.ContainerImageConfig": "sdk.image_config.ContainerImageConfig",
    "azureml.core.webservice.Webservice": "sdk.webservice.Webservice",
    "azureml.core.webservice.LocalWebservice": "sdk.webservice.LocalWebservice",
    "azureml.core.webservice.AciWebservice": "sdk.webservice.AciWebservice",
    "azureml.core.webservice.local.LocalWebserviceDeploymentConfiguration": (
        "sdk.deployment_configuration.LocalWebserviceDeploymentConfiguration"
    ),
    "azureml.core.webservice.aci.AciServiceDeploymentConfiguration": (
        "sdk.container_configuration.ContainerWebserviceDeploymentConfiguration"
    ),
    "azureml.core.Datastore": "sdk.datastore.Datastore",
    "azureml.data.azure_storage_datastore.AzureBlobDatastore": "sdk.datastore.Datastore",
    "azureml.core.image.UnknownImage": "sdk.unknown_image.UnknownImage",
    "azureml.core.webservice.AksWebservice": "sdk.webservice.AksWebservice",
    "azureml.core.webservice.AksEndpoint": "sdk.webservice.AksEndpoint",
    "azureml.core.webservice.UnknownWebservice": "sdk.webservice.UnknownWebservice",
    "azureml.core.webservice.aks.AksServiceDeploymentConfiguration": (
        "sdk.aks_configuration.AksServiceDeploymentConfiguration"
    ),
    "azureml.core.webservice.aks.AksEndpointDeploymentConfiguration": (
        "sdk.aks_configuration.AksEndpointDeploymentConfiguration"
    ),
    "azureml.core.webservice.aks.AutoScaler": "sdk.aks_sections.AutoScaler",
    "azureml.core.webservice.aks.DataCollection": "sdk.aks_sections.DataCollection",
    "azureml.core.webservice.webservice.LivenessProbeRequirements": "sdk.aks_sections.LivenessProbeRequirements",
    "azureml.core.compute.ComputeTarget": "sdk.compute.ComputeTarget",
    "azureml.core.compute.AksCompute": "sdk.compute.AksCompute",
    "azureml.core.profile.ModelProfile": "sdk.profile.ModelProfile",
    "azureml.core.authentication.InteractiveLoginAuthentication": "sdk.authentication.InteractiveLoginAuthentication",
    "azureml.core.authentication.ServicePrincipalAuthentication": "sdk.authentication.ServicePrincipalAuthentication",
    "azureml.core.authentication.AzureCliAuthentication": "sdk.authentication.AzureCliAuthentication",
    "azureml.core.authentication.MsiAuthentication": "sdk.authentication.MsiAuthentication",
    "azureml.core.webservice.webservice.ContainerResourceRequirements": (
        "sdk.aks_sections.ContainerResourceRequirements"
    ),
    "azureml.core.webservice.webservice.WebServiceAccessToken": "sdk.aks_sections.AksServiceAccessToken",
    "azureml.core.Run": "sdk.run.Run",
    "azureml.core.Experiment": "sdk.run.Experiment",
    **{
        f"azureml.exceptions.{name}": f"v1_errors.{name}"
        for name, kind in vars(v1_errors).items()
        if isinstance(kind, type) and issubclass(kind, v1_errors.AzureMLException) and name[0] != "_"
    },
}

_PAYLOAD = "It builds a request for Azure's service, which nobody is asked here."
_IDENTITY = "It is made by what is asked for it, never by programs; what it needs to know is another thing here."

DIFFERENCES: dict[str, str] = {
    # Signatures that take more, or less, than v1's.
    "azureml.core.Workspace.__init__": "The name alone decides: subscription_id and resource_group may be left out.",
    "azureml.core.Workspace.list": "All workspaces are listed where no subscription is given.",
    "azureml.core.image.ContainerImage.image_configuration": (
        "The guides write entry_script= where v1 wanted execution_script: both are taken, so neither can be demanded."
    ),
    "azureml.core.image.Image.image_configuration": "It makes one, where v1's raised: every image is a ContainerImage.",
    "azureml.core.image.container.ContainerImageConfig.__init__": "See ContainerImage.image_configuration.",
    "azureml.core.model.Model.profile": (
        "input_data= of v1's first generation stands in for input_dataset, which so cannot be demanded."
    ),
    "azureml.core.environment.CondaDependencies.create": (
        "Without python_version the Python that serves is used, not one that v1 was made with."
    ),
    "azureml.core.environment.ImageBuildDetails.__init__": _IDENTITY,
    "azureml.data.azure_storage_datastore.AzureBlobDatastore.__init__": _IDENTITY,
    "azureml.core.webservice.Webservice.run": "Its parameter is input_data, as in every class that v1 made of it.",
    "azureml.core.webservice.Webservice.update": "Each kind of service has its own; no object is of Webservice alone.",
    "azureml.core.Experiment.start_logging": "Its parameters have names, so that a misspelt one is refused.",
    # Methods that v1 used itself and that programs had no use for.
    "azureml.core.model.InferenceConfig.build_create_payload": _PAYLOAD,
    "azureml.core.model.InferenceConfig.build_profile_payload": _PAYLOAD,
    "azureml.core.image.container.ContainerImageConfig.build_create_payload": _PAYLOAD,
    "azureml.core.image.container.ContainerImageConfig.create_local_debug_payload": _PAYLOAD,
}
"""Full name in v1 -> why ours differs. What is not in here, and not an `AbsentType`, is as v1 has it."""
