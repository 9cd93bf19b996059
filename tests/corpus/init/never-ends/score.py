import json, threading

lock = threading.Lock()

def init():
    lock.acquire()
    lock.acquire()

def run(data):
    return sum(json.loads(data))
