"""Saves a scikit-learn model as MLflow has it (FOLDER), or builds its image as MLflow does: FOLDER BASE NAME."""

import os
import sys

import mlflow.models
import mlflow.sklearn
import sklearn
from user_script import load

folder, *image = sys.argv[1:]
if image:
    # Of the two doors to the same builder, the function is the one that takes a base image.
    mlflow.models.build_docker(model_uri=folder, base_image=image[0], name=image[1], env_manager="local")
else:
    script = load(os.environ["BENCH_SCRIPT"])
    script.init()
    mlflow.sklearn.save_model(script.model, folder, pip_requirements=[f"scikit-learn=={sklearn.__version__}"])
