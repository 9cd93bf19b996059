import json

def init():
    print("ready")

def run(data):
    yield str(sum(json.loads(data)))
