"""Sleeps as long as `data` says, [[seconds]]; the answer is the worker, and when it began and ended by its clock."""

import json
import os
import time


def init():
    """Nothing to load."""


def run(raw_data):
    began = time.monotonic()
    time.sleep(json.loads(raw_data)["data"][0][0])
    return [os.getpid(), began, time.monotonic()]
