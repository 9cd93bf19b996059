import json

def run(data):
    return sum(json.loads(data))
