import json

def init():
    global table
    table = bytearray(b"1") * 300_000_000

def run(data):
    return sum(json.loads(data))
