"""W3: a network 784 -> 256 -> 10 in numpy, one image of 784 numbers."""

import json

import numpy as np

layers = None


def init():
    global layers
    generator = np.random.default_rng(7)
    layers = generator.normal(size=(784, 256)) * 0.05, generator.normal(size=(256, 10)) * 0.05


def compute(rows):
    hidden = np.maximum(np.asarray(rows, dtype=float) @ layers[0], 0.0)
    scores = np.exp(hidden @ layers[1])
    return (scores / scores.sum(axis=1, keepdims=True)).tolist()


def run(raw_data):
    return compute(json.loads(raw_data)["data"])
