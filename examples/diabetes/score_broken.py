"""A scoring script with a bug: the name of the model file is misspelt. The demo shows how such a thing is explained."""

import json
import os

import joblib
import numpy

model = None


def init():
    """Load the model from a file that does not exist."""
    global model
    model = joblib.load(os.path.join(os.environ["AZUREML_MODEL_DIR"], "modle.pkl"))


def run(data):
    """Never reached."""
    return model.predict(numpy.array(json.loads(data)["data"])).tolist()
