import json
import logging

import joblib
import numpy as np
from azureml.core.model import Model

logging.basicConfig(level=logging.DEBUG)

def init():
    global model
    model = joblib.load(Model.get_model_path(model_name="sklearn_regression_model.pkl"))

def run(input_data):
    try:
        data = np.array(json.loads(input_data)["data"])
        return {"result": model.predict(data).round(6).tolist()}
    except Exception as e:
        return {"error": str(e)}
