import json

def init():
    print("ready")

def run(data):
<<<<<<< HEAD
    return sum(json.loads(data))
=======
    return max(json.loads(data))
>>>>>>> tune-threshold
