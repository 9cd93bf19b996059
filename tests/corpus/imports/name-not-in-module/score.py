import json

from scaling import scale

def init():
    print("ready")

def run(data):
    return sum(scale(json.loads(data)))
