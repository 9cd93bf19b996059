"""W4: about 1 MB of JSON, 1000 rows of 100 numbers, to row sums: who decodes, and how often it is copied."""

import json

import numpy as np


def init():
    """Nothing to load."""


def compute(rows):
    return np.asarray(rows, dtype=float).sum(axis=1).tolist()


def run(raw_data):
    return compute(json.loads(raw_data)["data"])
