"""Saves the scoring script as an MLflow model and becomes `mlflow models serve`: MODEL_FOLDER PORT WORKERS."""

import json
import os
import sys

import mlflow.pyfunc
from user_script import load


class Scoring(mlflow.pyfunc.PythonModel):
    def load_context(self, context):  # noqa: ARG002 - MLflow passes it by name
        self.script = load(os.environ["BENCH_SCRIPT"])
        self.script.init()

    def predict(self, context, model_input, params=None):  # noqa: ARG002 - MLflow passes them by name
        return self.script.compute(json.loads(model_input["rows"][0]))


if __name__ == "__main__":
    import mlflow_app

    folder, port, workers = sys.argv[1:]
    mlflow.pyfunc.save_model(folder, python_model=mlflow_app.Scoring(), pip_requirements=[])
    programs = os.path.dirname(sys.executable)
    os.environ["PATH"] = f"{programs}:{os.environ['PATH']}"
    options = ["--env-manager", "local", "-h", "127.0.0.1", "-p", port, "-w", workers]
    os.execv(os.path.join(programs, "mlflow"), ["mlflow", "models", "serve", "-m", folder, *options])
