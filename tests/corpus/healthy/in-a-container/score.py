import json, os

def init():
    global factor
    with open(os.path.join(os.environ["AZUREML_MODEL_DIR"], "model.json")) as file:
        factor = json.load(file)["factor"]

def run(data):
    return factor * sum(json.loads(data))
