"""The scoring script behind MLServer: tensors of its protocol; rows of unequal length come as one JSON text."""

import json
import os

import numpy as np
from mlserver import MLModel
from mlserver.codecs import NumpyCodec, StringCodec
from mlserver.types import InferenceResponse
from user_script import load


class ScriptRuntime(MLModel):
    async def load(self):
        self.script = load(os.environ["BENCH_SCRIPT"])
        self.script.init()
        return True

    async def predict(self, payload):
        tensor = payload.inputs[0]
        if tensor.datatype == "BYTES":
            rows = json.loads(StringCodec.decode_input(tensor)[0])["data"]
        else:
            rows = NumpyCodec.decode_input(tensor)
        result = np.asarray(self.script.compute(rows), dtype=float)
        output = NumpyCodec.encode_output("result", result)
        output.shape = list(result.shape)
        return InferenceResponse(model_name=self.name, outputs=[output])
