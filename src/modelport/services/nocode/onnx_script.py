"""Serves one ONNX model: POST {"data": [[...], ...]} or [[...], ...], or named inputs {"inputs": {"X": [[...]]}}.

Answered by {"outputs": {name: values}} with the names that the model gives its outputs.
"""

import json
import os
import sys
from typing import Any, Dict, List

import numpy
from _modelport_worker.schema import SchemaMismatch  # type: ignore[import-not-found]

_TYPES = {
    "tensor(float)": "float32",
    "tensor(double)": "float64",
    "tensor(float16)": "float16",
    "tensor(int64)": "int64",
    "tensor(int32)": "int32",
    "tensor(int16)": "int16",
    "tensor(int8)": "int8",
    "tensor(uint8)": "uint8",
    "tensor(bool)": "bool",
    "tensor(string)": "object",
}
# By name: the last is ONNX Runtime's for a shape or type that the model does not take.
_ERRORS_OF_THE_CLIENT = ("JSONDecodeError", "TypeError", "ValueError", "InvalidArgument")
session: Any = None


def init() -> None:
    """Open the one .onnx file in AZUREML_MODEL_DIR."""
    global session
    import onnxruntime

    folder = os.environ["AZUREML_MODEL_DIR"]
    found: List[str] = []
    for place, _, names in os.walk(folder):
        found.extend(os.path.join(place, name) for name in names if name.endswith(".onnx"))
    if len(found) != 1:
        raise FileNotFoundError("one .onnx file is needed in %s, there are %d" % (folder, len(found)))
    session = onnxruntime.InferenceSession(found[0], providers=onnxruntime.get_available_providers())
    for entry in session.get_inputs():
        sys.stdout.write("input %s: %s %s\n" % (entry.name, entry.type, entry.shape))


def run(raw_data: str) -> Dict[str, Any]:
    """Ask the model; what it cannot take is the client's error, answered by 400 and the reason."""
    names = [entry.name for entry in session.get_outputs()]
    try:
        return {"outputs": dict(zip(names, session.run(names, _named(json.loads(raw_data)))))}
    except Exception as error:
        if type(error).__name__ not in _ERRORS_OF_THE_CLIENT:
            raise
        sys.stderr.write("refused: %s: %s\n" % (type(error).__name__, error))
        raise SchemaMismatch("The model cannot take this request: %s" % error) from None


def _named(request: Any) -> Dict[str, Any]:
    """The inputs by name, each in the type that the model asks for."""
    wanted = {entry.name: entry for entry in session.get_inputs()}
    values = request
    if isinstance(request, dict):
        values = request.get("inputs", request.get("data", request))
    if not isinstance(values, dict):
        if len(wanted) != 1:
            raise ValueError("the model has several inputs; send {\"inputs\": {name: values}} with: %s" % list(wanted))
        values = dict.fromkeys(wanted, values)
    if set(values) != set(wanted):
        raise ValueError("the inputs must be %s; given: %s" % (sorted(wanted), sorted(values)))
    return {name: numpy.asarray(value, dtype=_TYPES.get(wanted[name].type)) for name, value in values.items()}
