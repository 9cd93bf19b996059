"""W1: no model, a small body: what the serving itself costs."""

import json


def init():
    """Nothing to load."""


def compute(rows):
    return [sum(row) for row in rows]


def run(raw_data):
    return compute(json.loads(raw_data)["data"])
