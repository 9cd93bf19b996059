import argparse
import json

parser = argparse.ArgumentParser()
parser.add_argument("--threshold", type=float, required=True)
arguments = parser.parse_args()

def init():
    print("ready")

def run(data):
    return sum(value for value in json.loads(data) if value > arguments.threshold)
