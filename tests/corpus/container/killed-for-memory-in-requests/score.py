import json

kept = []

def init():
    print("ready")

def run(data):
    kept.append(bytearray(b"1") * 30_000_000)
    return sum(json.loads(data))
