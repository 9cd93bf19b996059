import json, os

def init():
    global password
    password = os.environ["FEATURE_STORE_PASSWORD"]

def run(data):
    return sum(json.loads(data))
