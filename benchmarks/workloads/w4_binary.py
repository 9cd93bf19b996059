"""W4 binary: the same 1000 x 100 numbers as W4, as the bytes of an array of doubles, through @rawhttp."""

import numpy as np
from azureml.contrib.services.aml_request import rawhttp


def init():
    """Nothing to load."""


@rawhttp
def run(request):
    return np.frombuffer(request.get_data()).reshape(1000, 100).sum(axis=1).tolist()
