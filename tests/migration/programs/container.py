"""Deploys a model to a container in the words of the second generation."""

import argparse
import json
import os

from azureml.core import Environment, Model, Webservice, Workspace
from azureml.core.authentication import ServicePrincipalAuthentication
from azureml.core.conda_dependencies import CondaDependencies
from azureml.core.model import InferenceConfig
from azureml.core.resource_configuration import ResourceConfiguration
from azureml.core.webservice import AciWebservice
from azureml.exceptions import WebserviceException


def workspace() -> Workspace:
    login = ServicePrincipalAuthentication(
        tenant_id=os.environ["TENANT"],
        service_principal_id=os.environ["APP"],
        service_principal_password=os.environ["SECRET"],
    )
    return Workspace.get(name="shop", subscription_id="s", resource_group="g", auth=login)


def environment(name):
    made = Environment(name=name)
    made.python.conda_dependencies = CondaDependencies.create(
        python_version="3.8", pip_packages=["azureml-defaults", "joblib"], conda_packages=["scikit-learn"]
    )
    made.environment_variables = {"LEVEL": "debug"}
    return made


def existing(ws, name):
    try:
        return Webservice(workspace=ws, name=name)
    except WebserviceException as error:
        print(error.message)
        return None


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--name", default="basket")
    given = parser.parse_args()
    ws = workspace()
    model = Model.register(
        workspace=ws,
        model_name="basket",
        model_path="outputs/basket.pkl",
        model_framework=Model.Framework.SCIKITLEARN,
        resource_configuration=ResourceConfiguration(cpu=1, memory_in_gb=0.5),
        tags={"area": "retail"},
    )
    print(model.name, model.id, model.version, sep="\t")
    scoring = InferenceConfig(entry_script="score.py", source_directory="src", environment=environment("basket-env"))
    config = AciWebservice.deploy_configuration(cpu_cores=1, memory_gb=1, auth_enabled=True, tags={"a": "b"})
    service = existing(ws, given.name)
    if service is not None:
        service.update(models=[model], inference_config=scoring)
    else:
        service = Model.deploy(ws, given.name, [model], scoring, config, overwrite=True)
    service.wait_for_deployment(show_output=True)
    if service.state != "Healthy":
        print(service.get_logs())
    print(service.scoring_uri, service.get_keys())
    print(service.run(input_data=json.dumps({"data": [[1, 2]]})))
    for name, each in ws.webservices.items():
        print(name, each.state, each.compute_type)
    service.delete()


if __name__ == "__main__":
    main()
