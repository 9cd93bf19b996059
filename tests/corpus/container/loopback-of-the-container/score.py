import json, socket

def init():
    global database
    database = socket.create_connection(("127.0.0.1", {port}), timeout=5)

def run(data):
    return sum(json.loads(data))
