"""Collected model data: rows of CSV in v1's folders, or a line that says why there are none."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy
import pytest

from modelport.worker.shims.monitoring import ModelDataCollector


def test_rows_are_appended_below_the_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AZUREML_MODEL_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("SERVICE_NAME", "digits")
    collector = ModelDataCollector("net", designation="../inputs", feature_names=["a", "b"])
    assert collector.collect(numpy.array([[1, 2], [3, 4]]), user_correlation_id="id-1") == "id-1"
    assert collector.collect([[5, 6]])
    (path,) = tmp_path.rglob("data.csv")
    rows = list(csv.reader(path.read_text().splitlines()))
    assert rows[0][2:] == ["a", "b"] and [row[2:] for row in rows[1:]] == [["1", "2"], ["3", "4"], ["5", "6"]]
    assert path.relative_to(tmp_path).parts[3:7] == ("digits", "net", "1", ".._inputs")


def test_without_a_folder_nothing_is_collected_and_it_is_said_once(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("AZUREML_MODEL_DATA_DIR", raising=False)
    collector = ModelDataCollector("net")
    assert (collector.collect([1]), collector.collect([1])) == (False, False)
    assert capsys.readouterr().err.count("AZUREML_MODEL_DATA_DIR") == 1
