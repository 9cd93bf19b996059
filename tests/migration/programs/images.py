"""Builds an image and runs it in the words of the first generation."""

from azureml.core.image import ContainerImage, Image
from azureml.core.model import Model
from azureml.core.webservice import AciWebservice, Webservice
from azureml.core.workspace import Workspace

ws = Workspace.from_config()
print(ws.name, ws.location, ws.resource_group, sep="\n")

models = Model.list(workspace=ws, tags=["area"])
for each in models:
    print("name:", each.name, "\tversion:", each.version, each.description)
chosen = models[0]

image_config = ContainerImage.image_configuration(
    execution_script="score.py",
    runtime="python",
    conda_file="myenv.yml",
    docker_file="extra.steps",
    description="Prices",
    tags={"kind": "regression"},
)
image = Image.create(name="prices", models=[chosen], image_config=image_config, workspace=ws)
image.wait_for_creation(show_output=True)
for found in Image.list(workspace=ws, tags=["kind"]):
    print(found.name, found.version, found.image_build_log_uri)

config = AciWebservice.deploy_configuration(cpu_cores=1, memory_gb=1)
service = Webservice.deploy_from_image(deployment_config=config, image=image, name="prices", workspace=ws)
service.wait_for_deployment(True)
print(service.state)
chosen.add_tags({"deployed": "yes"})
service.delete()
image.delete()
