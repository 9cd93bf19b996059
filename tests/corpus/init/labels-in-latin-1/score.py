import json, os

def init():
    global labels
    path = os.path.join(os.environ["AZUREML_MODEL_DIR"], "labels.txt")
    with open(path, encoding="utf-8") as file:
        labels = file.read().splitlines()

def run(data):
    return sum(json.loads(data))
