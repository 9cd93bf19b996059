import json, os

def init():
    global settings
    with open(os.path.join(os.environ["AZUREML_MODEL_DIR"], "factor.json")) as file:
        settings = json.load(file)

def run(data):
    try:
        return settings["factor"] * sum(json.loads(data))
    except Exception as e:
        result = repr(e)
        # return error message back to the client
        return {"error": result}
