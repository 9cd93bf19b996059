import ctypes, json

def init():
    print("ready")

def run(data):
    ctypes.string_at(0)
    return sum(json.loads(data))
