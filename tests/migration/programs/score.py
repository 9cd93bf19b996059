"""A scoring script with a schema."""

import joblib
import numpy as np
from azureml.core.model import Model
from azureml.monitoring import ModelDataCollector
from inference_schema.parameter_types.numpy_parameter_type import NumpyParameterType
from inference_schema.schema_decorators import input_schema, output_schema


def init():
    global model, inputs
    model = joblib.load(Model.get_model_path("prices"))
    inputs = ModelDataCollector("prices", designation="inputs", feature_names=["a", "b"])


@input_schema("data", NumpyParameterType(np.array([[1.0, 2.0]])))
@output_schema(NumpyParameterType(np.array([1.0])))
def run(data):
    inputs.collect(data)
    return model.predict(data).tolist()
