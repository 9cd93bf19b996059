"""Files of the user's that v1's server honoured: logging.json and the swagger documents."""

from __future__ import annotations

import json
from pathlib import Path

from tests.worker.interpreters import lines_of

LOAD = """
import logging, os
from _modelport_worker.script import load_script
script = load_script(os.path.join(os.getcwd(), "score.py"), os.getcwd())
logging.getLogger("mine").info("told")
logging.getLogger("gunicorn.access").info("GET / HTTP/1.1")
print(logging.getLogger("mine").level)
print(script.describe()["swagger"]["2"]["info"]["title"])
"""
FORMATTER = "azureml_inference_server_http.log_config.AMLLogFormatter"
FILTER = "azureml_inference_server_http.log_config.RootAccessFilter"
LOGGING = {
    "version": 1,
    "formatters": {"plain": {"class": FORMATTER, "format": "%(name)s: %(message)s", "style": "%"}},
    "filters": {"no-health": {"()": FILTER}},
    "handlers": {"out": {"class": "logging.StreamHandler", "stream": "ext://sys.stdout", "formatter": "plain"}},
    "loggers": {
        "mine": {"level": "INFO", "handlers": ["out"]},
        "gunicorn.access": {"level": "INFO", "handlers": ["out"], "filters": ["no-health"]},
    },
}


def _write(folder: Path, **files: str) -> None:
    (folder / "score.py").write_text("def init(): pass\ndef run(data): return 1\n")
    for name, text in files.items():
        (folder / f"{name}.json").write_text(text)


def test_a_logging_json_written_for_v1_is_applied(tmp_path: Path) -> None:
    _write(tmp_path, logging=json.dumps(LOGGING))
    assert lines_of(LOAD, tmp_path) == ["mine: told", "20", "ML service"]


def test_a_logging_json_that_cannot_be_applied_is_left_out(tmp_path: Path) -> None:
    _write(tmp_path, logging=json.dumps({"version": 1, "handlers": {"out": {"class": "no.such.Handler"}}}))
    assert lines_of(LOAD, tmp_path) == ["0", "ML service"]


def test_a_swagger_document_of_the_users_goes_before_ours(tmp_path: Path) -> None:
    _write(tmp_path, swagger='{"info": {"title": "mine"}}')
    assert lines_of(LOAD, tmp_path)[-1] == "mine"
    _write(tmp_path, swagger2='{"info": {"title": "mine, too"}}')
    assert lines_of(LOAD, tmp_path)[-1] == "mine, too"
