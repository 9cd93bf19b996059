import json

def init():
    print("ready")

def run(data):
    print(sum(json.loads(data)))
