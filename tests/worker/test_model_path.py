"""Model.get_model_path: where it looks, what it returns, and what it says where there is nothing."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from modelport.worker.shims.exceptions import ModelNotFoundException, WebserviceException
from modelport.worker.shims.model import Model


@pytest.fixture
def app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    models = tmp_path / "azureml-models"
    for path in (models / "net/9/net.pkl", models / "net/10/net.pkl", models / "two/1/a", models / "two/1/b"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x")
    (models / "none").mkdir()
    (tmp_path / "beside.pkl").write_text("x")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("AML_APP_ROOT", str(tmp_path))
    return tmp_path


@pytest.mark.parametrize(
    ("arguments", "path"),
    [
        (("net",), "azureml-models/net/10/net.pkl"),
        (("net", 9), "azureml-models/net/9/net.pkl"),
        (("beside.pkl",), "beside.pkl"),
        (("beside.pkl", 1), "beside.pkl"),
        (("./beside.pkl",), "./beside.pkl"),
        (("azureml-models/net",), "azureml-models/net"),
        (("..",), ".."),
    ],
)
def test_a_model_is_found(app: Path, arguments: tuple[object, ...], path: str) -> None:
    assert Model.get_model_path(*arguments) == path  # type: ignore[arg-type]


def test_outside_of_the_app_root_the_path_is_absolute(app: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir("/")
    assert Path(Model.get_model_path("net")).resolve() == app / "azureml-models/net/10/net.pkl"


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ((None,), WebserviceException, "model_name is None"),
        (("net", "9"), WebserviceException, "should be an int"),
        (("net", 7), WebserviceException, "it has: 9, 10"),
        (("two",), WebserviceException, "it holds: a, b"),
        (("none",), WebserviceException, "has no version"),
        (("nte",), ModelNotFoundException, "net/10/net.pkl"),
        (("net:9",), ModelNotFoundException, "get_model_path\\('net', version=9\\)"),
        (("models/net.pkl",), ModelNotFoundException, "not for a path"),
        (("",), ModelNotFoundException, "neither in"),
    ],
)
def test_a_model_that_is_not_there_says_what_is(
    app: Path, arguments: tuple[object, ...], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        Model.get_model_path(*arguments)  # type: ignore[arg-type]


def test_debug_output_shows_where_it_looked(app: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        Model.get_model_path("net")
    assert f"{app}/azureml-models" in caplog.text
    assert "versions: 9, 10" in caplog.text and "net.pkl" in caplog.text
