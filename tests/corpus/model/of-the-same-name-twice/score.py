import json

from azureml.core.model import Model

def init():
    global factor
    with open(Model.get_model_path("north")) as north, open(Model.get_model_path("south")) as south:
        factor = json.load(north)["factor"] * json.load(south)["factor"]

def run(data):
    return factor * sum(json.loads(data))
