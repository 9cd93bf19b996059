import json, os

from azureml.core.model import Model

def init():
    global factor
    with open(os.path.join(Model.get_model_path("churn-model"), "factor.json")) as file:
        factor = json.load(file)["factor"]

def run(data):
    return factor * sum(json.loads(data))
