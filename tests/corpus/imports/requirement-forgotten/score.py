import json

import mp_columns
from mp_scaling import scaled

def init():
    print("ready", mp_columns.VERSION)

def run(data):
    return sum(scaled(json.loads(data)))
