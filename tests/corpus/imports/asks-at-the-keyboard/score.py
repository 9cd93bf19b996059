import json

THRESHOLD = int(input("Threshold? "))

def init():
    print("ready")

def run(data):
    return sum(value for value in json.loads(data) if value > THRESHOLD)
