import json

def init(model_path):
    print("loading", model_path)

def run(data):
    return sum(json.loads(data))
