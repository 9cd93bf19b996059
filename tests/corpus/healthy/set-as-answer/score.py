import json

def init():
    print("ready")

def run(data):
    return set(json.loads(data))
