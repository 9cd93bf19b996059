"""The scoring script after an edit: it describes its input, so that a wrong request is explained to the client."""

import os

import joblib
import numpy
from inference_schema.parameter_types.numpy_parameter_type import NumpyParameterType
from inference_schema.parameter_types.standard_py_parameter_type import StandardPythonParameterType
from inference_schema.schema_decorators import input_schema, output_schema

model = None


def init():
    """Load the model: the file lies where AZUREML_MODEL_DIR says."""
    global model
    model = joblib.load(os.path.join(os.environ["AZUREML_MODEL_DIR"], "model.pkl"))


@input_schema("data", NumpyParameterType(numpy.zeros((1, 10))))
@output_schema(StandardPythonParameterType({"model": "Ridge", "progression": [151.3]}))
def run(data):
    """Predict the progression for each row, and say which kind of model did it."""
    return {"model": type(model).__name__, "progression": model.predict(data).round(1)}
