import json

import mp_boost

def init():
    print("ready")

def run(data):
    return mp_boost.predict(json.loads(data))
