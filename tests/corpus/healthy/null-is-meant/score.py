import json

def init():
    print("ready")

def run(data):
    values = json.loads(data)
    return sum(values) if values else None
