import json, os

def init():
    global factor
    folder = os.environ["AZUREML_MODEL_DIR"]
    with open(os.path.join(folder, "factor.json")) as file:
        factor = json.load(file)["factor"]

def run(data):
    return factor * sum(json.loads(data))
