import ctypes, json

def init():
    ctypes.CDLL("libgomp.so.1")

def run(data):
    return sum(json.loads(data))
