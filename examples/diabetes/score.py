"""The scoring script: init() once when a worker starts, run() for every request."""

import json
import os

import joblib
import numpy

model = None


def init():
    """Load the model: the file lies where AZUREML_MODEL_DIR says."""
    global model
    path = os.path.join(os.environ["AZUREML_MODEL_DIR"], "model.pkl")
    model = joblib.load(path)
    print(f"loaded {type(model).__name__} from {os.path.relpath(path)}")


def run(data):
    """Predict the progression for each row of {"data": [[ten numbers], ...]}."""
    rows = numpy.array(json.loads(data)["data"])
    print(f"{len(rows)} rows")
    return model.predict(rows).tolist()
