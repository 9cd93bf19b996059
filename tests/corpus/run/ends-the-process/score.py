import json, os

def init():
    print("ready")

def run(data):
    os._exit(1)
    return sum(json.loads(data))
