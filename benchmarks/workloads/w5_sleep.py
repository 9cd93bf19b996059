"""W5: 20 ms of waiting, as for a database or another service: do requests overlap?"""

import json
import time


def init():
    """Nothing to load."""


def compute(rows):
    time.sleep(0.020)
    return [sum(row) for row in rows]


def run(raw_data):
    return compute(json.loads(raw_data)["data"])
