import json, sys

def init():
    print("ready")

def run(data):
    values = json.loads(data)
    if not values:
        sys.exit("no values")
    return sum(values)
