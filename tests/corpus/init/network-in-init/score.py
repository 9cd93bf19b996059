import json, os, urllib.request

MODEL = "http://127.0.0.1:{port}/churn/model.json"
def init():
    global factor
    with urllib.request.urlopen(MODEL) as answer:
        factor = json.load(answer)["factor"]

def run(data):
    return factor * sum(json.loads(data))
