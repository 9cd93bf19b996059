import json, socket

def init():
    global metrics
    metrics = socket.socket()
    metrics.bind(("127.0.0.1", {port}))
    metrics.listen()

def run(data):
    return sum(json.loads(data))
