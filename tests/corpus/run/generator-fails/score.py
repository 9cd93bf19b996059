import json

def init():
    print("ready")

def run(data):
    values = json.loads(data)
    first = 1 / 0
    yield str(first + sum(values))
