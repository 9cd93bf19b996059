import datetime, json

def init():
    print("ready")

def run(data):
    return datetime.datetime.fromtimestamp(json.loads(data)).hour
