import json, time

def init():
    for part in range(6):
        time.sleep(0.1)
        print("loaded part", part, "of 6", flush=True)

def run(data):
    return sum(json.loads(data))
