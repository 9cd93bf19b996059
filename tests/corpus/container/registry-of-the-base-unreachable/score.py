import json

def init():
    print("ready")

def run(data):
    return sum(json.loads(data))
