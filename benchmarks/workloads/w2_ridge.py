"""W2: a scikit-learn Ridge regression predicts two rows of ten features."""

import json

import numpy as np
from sklearn.linear_model import Ridge

model = None


def init():
    global model
    generator = np.random.default_rng(7)
    features = generator.normal(size=(442, 10))
    model = Ridge().fit(features, features @ np.arange(10.0) + generator.normal(size=442))


def compute(rows):
    return model.predict(np.asarray(rows, dtype=float)).tolist()


def run(raw_data):
    return compute(json.loads(raw_data)["data"])
