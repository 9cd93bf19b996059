import json

def init():
    print("ready")

def run(data, threshold):
    return sum(value for value in json.loads(data) if value > threshold)
