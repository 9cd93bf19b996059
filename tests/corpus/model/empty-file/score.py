import json, os, pickle

def init():
    global factor
    with open(os.path.join(os.environ["AZUREML_MODEL_DIR"], "model.pkl"), "rb") as file:
        factor = pickle.load(file)["factor"]

def run(data):
    return factor * sum(json.loads(data))
