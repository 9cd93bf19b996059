import json

def init():
    print("ready")

def run(data):
    from mp_scaling import scaled

    return sum(scaled(json.loads(data)))
