import json

def init():
    print("ready")

def run(data):
    return json.dumps({"result": sum(json.loads(data))})
