import json, threading

lock = threading.Lock()
seen = []

def init():
    print("ready")

def run(data):
    values = json.loads(data)
    with lock:
        seen.append(values)
    return sum(values)
