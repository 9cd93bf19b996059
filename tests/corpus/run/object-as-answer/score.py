import json

class Prediction:
    def __init__(self, value):
        self.value = value

def init():
    print("ready")

def run(data):
    return Prediction(sum(json.loads(data)))
