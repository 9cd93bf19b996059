"""Serves one scikit-learn model: POST {"data": [[...], ...]} or [[...], ...], answered by {"predictions": [...]}.

{"data": ..., "method": "predict_proba"} asks another method of the model.
"""

import json
import os
import pickle
import sys
from typing import Any, Dict, List

import numpy
from _modelport_worker.schema import SchemaMismatch  # type: ignore[import-not-found]

_METHODS = ("predict", "predict_proba", "predict_log_proba", "decision_function", "transform")
_FORM = 'Send {"data": [[...], ...]} or a list of rows.'
model: Any = None


def init() -> None:
    """Open the one file in AZUREML_MODEL_DIR."""
    global model
    path = _model_file(os.environ["AZUREML_MODEL_DIR"])
    try:
        import joblib

        model = joblib.load(path)
    except ImportError:
        with open(path, "rb") as file:
            model = pickle.load(file)
    if not hasattr(model, "predict") and not hasattr(model, "transform"):
        raise TypeError("%s holds a %s, which has no predict()" % (path, type(model).__name__))
    sys.stdout.write("model: %s from %s\n" % (type(model).__name__, os.path.basename(path)))


def run(raw_data: str) -> Dict[str, Any]:
    """Ask the model; what it cannot take is the client's error, answered by 400 and the reason."""
    try:
        request = json.loads(raw_data)
    except ValueError as error:
        raise SchemaMismatch("The body is not JSON: %s. %s" % (error, _FORM)) from None
    method = "predict"
    if isinstance(request, dict):
        method = request.get("method", method)
        if "data" not in request:
            raise SchemaMismatch("The request has no 'data'. %s" % _FORM)
        request = request["data"]
    if method not in _METHODS or not hasattr(model, method):
        able = ", ".join(name for name in _METHODS if hasattr(model, name))
        raise SchemaMismatch("The model cannot %r; it can: %s." % (method, able))
    try:
        return {"predictions": getattr(model, method)(_rows(request))}
    except (KeyError, TypeError, ValueError) as error:
        sys.stderr.write("refused: %s: %s\n" % (type(error).__name__, error))
        raise SchemaMismatch("The model cannot take these rows: %s" % error) from None


def _rows(data: Any) -> Any:
    """Rows of numbers as an array; rows of named values as a data frame, whose columns the model knows."""
    if data and isinstance(data, list) and isinstance(data[0], dict):
        import pandas

        frame = pandas.DataFrame(data)
        names = getattr(model, "feature_names_in_", None)
        return frame if names is None else frame[list(names)]
    array = numpy.asarray(data)
    return array.reshape(1, -1) if array.ndim == 1 else array


def _model_file(folder: str) -> str:
    found: List[str] = []
    for place, _, names in os.walk(folder):
        found.extend(os.path.join(place, name) for name in sorted(names))
    preferred = [path for path in found if path.endswith((".joblib", ".pkl", ".pickle", ".sav"))] or found
    if len(preferred) != 1:
        names = [os.path.basename(path) for path in preferred]
        raise FileNotFoundError("one model file is needed in %s, there are %d: %s" % (folder, len(preferred), names))
    return preferred[0]
