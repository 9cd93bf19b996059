"""What the soak serves: small and large bodies, streams, and a line in the log now and then."""

import json
import time

calls = 0


def init():
    """Nothing to load."""


def run(raw_data):
    global calls
    calls += 1
    if calls % 50 == 0:
        print("request", calls)
    time.sleep(0.008)
    data = json.loads(raw_data)
    if "stream" in data:
        return (b"x" * 1000 for _ in range(data["stream"]))
    return [sum(row) for row in data["data"]]
