import json, os, tempfile

def init():
    print("ready")

def run(data):
    with open("/var/cache/churn-of-anna/last.json", "w") as file:
        file.write(data)
    return sum(json.loads(data))
