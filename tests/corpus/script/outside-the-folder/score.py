import json

from src.scaling import scaled

def init():
    print("ready")

def run(data):
    return sum(scaled(json.loads(data)))
