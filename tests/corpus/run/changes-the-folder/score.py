import json, os, tempfile

def init():
    global path
    path = os.path.relpath(os.path.join(os.environ["AZUREML_MODEL_DIR"], "factor.json"))
    os.chdir(tempfile.gettempdir())

def run(data):
    with open(path) as file:
        return json.load(file) * sum(json.loads(data))
