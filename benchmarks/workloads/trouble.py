"""Trouble on demand: `data` is [[seconds to sleep]]; the answer is how often run() was called in this process."""

import json
import time

calls = 0


def init():
    """Nothing to load."""


def compute(rows):
    global calls
    calls += 1
    time.sleep(rows[0][0])
    return calls


def run(raw_data):
    return compute(json.loads(raw_data)["data"])
