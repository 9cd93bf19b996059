import json, os, pickle

def init():
    global model
    with open(os.path.join(os.environ["AZUREML_MODEL_DIR"], "model.pkl"), "rb") as file:
        model = pickle.load(file)

def run(data):
    return model.transform([[float("nan") if x is None else x for x in row] for row in json.loads(data)]).tolist()
