import json

def depth(tree):
    return 1 + depth(tree)

def init():
    print("depth", depth([[], []]))

def run(data):
    return sum(json.loads(data))
