import json

def init():
    with open("cache.json", "w") as file:
        json.dump([], file)

def run(data):
    return sum(json.loads(data))
