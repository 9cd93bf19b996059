import json, os

def init():
    global threshold
    threshold = float(os.environ["CHURN_THRESHOLD"])

def run(data):
    return sum(value for value in json.loads(data) if value > threshold)
