import json

def init():
    global table
    table = bytearray(1 << 60)

def run(data):
    return sum(json.loads(data))
