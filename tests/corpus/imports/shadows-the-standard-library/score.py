import json
from random import Random

def init():
    global chance
    chance = Random(1)

def run(data):
    return sum(json.loads(data))
