import json

from scaling import scaled

def init():
    print("ready")

def run(data):
    return sum(scaled(json.loads(data)))
