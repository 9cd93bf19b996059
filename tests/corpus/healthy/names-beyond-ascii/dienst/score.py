import glob, json, os

def init():
    global größe
    with open(glob.glob(os.path.join(os.environ["AZUREML_MODEL_DIR"], "*"))[0], encoding="utf-8") as file:
        größe = json.load(file)["Größe"]

def run(data):
    return {"Größe": größe * sum(json.loads(data))}
