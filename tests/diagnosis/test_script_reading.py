"""What a script tells without being run."""

from __future__ import annotations

import pytest

from modelport.diagnosis.script_reading import Import, ModelFile, ModelLookUp, read_script


def test_imports_have_lines_and_know_whether_they_are_guarded():
    text = "import os, numpy as np\ntry:\n    import cv2\nexcept ImportError:\n    cv2 = None\n"
    text += "from sklearn.svm import SVC\ndef init():\n    import torch.nn\nfrom . import other\n"
    assert read_script(text).imports == (
        Import("os", 1), Import("numpy", 1), Import("cv2", 3, guarded=True), Import("sklearn.svm", 6),
        Import("torch.nn", 8),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        ("Model.get_model_path('churn')", ("churn", 0)),
        ("Model.get_model_path(model_name='churn', version=2)", ("churn", 2)),
        ("azureml.core.Model.get_model_path('churn', 3)", ("churn", 3)),
    ],
)
def test_models_that_are_looked_up(call, expected):
    assert read_script(f"def init():\n    path = {call}\n").look_ups == (ModelLookUp(*expected, 2),)


def test_a_name_that_is_not_known_is_not_guessed():
    assert read_script("Model.get_model_path(NAME)").look_ups == ()


@pytest.mark.parametrize(
    ("path", "parts"),
    [
        ("os.path.join(os.environ['AZUREML_MODEL_DIR'], 'model.pkl')", ("model.pkl",)),
        ("os.path.join(os.getenv('AZUREML_MODEL_DIR'), 'outputs', 'model.pkl')", ("outputs", "model.pkl")),
        ("os.path.join(os.environ.get('AZUREML_MODEL_DIR', '.'), 'outputs/model.pkl')", ("outputs", "model.pkl")),
        ("Path(os.environ['AZUREML_MODEL_DIR']) / 'model.pkl'", ("model.pkl",)),
        ("os.environ['AZUREML_MODEL_DIR'] + '/model.pkl'", ("model.pkl",)),
        ("f\"{os.environ['AZUREML_MODEL_DIR']}/model.pkl\"", ("model.pkl",)),
    ],
)
def test_files_below_the_folder_of_the_models(path, parts):
    assert read_script(f"x = {path}").model_files == (ModelFile(parts, 1),)


def test_the_folder_is_known_by_a_variable_too():
    text = "root = os.environ['AZUREML_MODEL_DIR']\npath = os.path.join(root, 'model.pkl')\n"
    assert read_script(text).model_files == (ModelFile(("model.pkl",), 2),)


@pytest.mark.parametrize(
    "path", ["os.path.join(root, 'x')", "os.path.join(os.environ['AZUREML_MODEL_DIR'], NAME)", "a / 'b'"]
)
def test_other_paths_are_none_of_the_models(path):
    assert read_script(f"x = {path}").model_files == ()


@pytest.mark.parametrize(
    ("body", "returns"),
    [
        ("return 1", True),
        ("print(data)", False),
        ("return", False),
        ("if data:\n        return 1", True),
        ("yield 1", True),
        ("raise ValueError", True),
        ("def inner():\n        return 1", False),
    ],
)
def test_whether_run_gives_something_back(body, returns):
    reading = read_script(f"def run(data):\n    {body}\n")
    assert (reading.run_returns, reading.run_line) == (returns, 1)
