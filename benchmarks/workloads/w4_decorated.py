"""W4 decorated: the same 1 MB of JSON as W4, but the server decodes it, as `@input_schema` asks."""

import numpy as np
from inference_schema.parameter_types.numpy_parameter_type import NumpyParameterType
from inference_schema.schema_decorators import input_schema


def init():
    """Nothing to load."""


@input_schema("data", NumpyParameterType(np.zeros((1, 100))))
def run(data):
    return data.sum(axis=1).tolist()
