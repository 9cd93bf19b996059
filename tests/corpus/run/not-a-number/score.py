import json

def init():
    print("ready")

def run(data):
    values = json.loads(data)
    mean = sum(values) / len(values) if values else float("nan")
    return mean
