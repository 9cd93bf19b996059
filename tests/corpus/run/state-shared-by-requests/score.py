import json, time

values = []

def init():
    print("ready")

def run(data):
    global values
    values = json.loads(data)
    time.sleep(0.5)
    return sum(values)
