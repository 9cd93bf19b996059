import json, os

from azureml.core.model import Model

def init():
    global factor
    path = os.path.join(Model.get_model_path("churn-model"), "model.json")
    with open(path) as file:
        factor = json.load(file)["factor"]

def run(data):
    return factor * sum(json.loads(data))
