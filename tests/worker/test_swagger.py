"""The swagger documents of a script."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy
import pandas
import pytest

from modelport.worker.array_types import ORIENTATIONS, NumpyParameterType, PandasParameterType
from modelport.worker.describe import describe_script
from modelport.worker.schema import input_schema, output_schema
from modelport.worker.signature import parameters_of
from modelport.worker.standard_types import StandardPythonParameterType


@input_schema("data", NumpyParameterType(numpy.array([[1.5, 2.5]])))
@input_schema("frame", PandasParameterType(pandas.DataFrame({"n": [1], "word": ["a"]})))
@input_schema("method", StandardPythonParameterType("predict"), optional=True)
@output_schema(StandardPythonParameterType([1]))
def decorated(data: Any, frame: Any, method: str = "predict", request_headers: Any = None) -> Any:
    return data


def plain(data: str) -> str:
    return data


def _documents(run: Any, kind: str, folder: Path) -> dict[str, Any]:
    return describe_script(run, kind, parameters_of(run), str(folder))["swagger"]


def _references(document: Any) -> set[str]:
    return set(re.findall(r'"\$ref": "#/([^"]+)"', json.dumps(document)))


@pytest.mark.parametrize("version", ["2", "3", "3.1"])
@pytest.mark.parametrize(("run", "kind"), [(decorated, "schema"), (plain, "text")])
def test_every_reference_of_a_document_leads_somewhere(run: Any, kind: str, version: str, tmp_path: Path) -> None:
    document = _documents(run, kind, tmp_path)[version]
    for reference in _references(document):
        place = document
        for word in reference.split("/"):
            place = place[word]
    assert _references(document)


def test_the_input_is_one_property_for_each_parameter(tmp_path: Path) -> None:
    found = _documents(decorated, "schema", tmp_path)["2"]["definitions"]["ServiceInput"]
    assert found["required"] == ["data", "frame"]
    assert found["properties"]["data"] == {
        "type": "array",
        "items": {"type": "array", "items": {"type": "number", "format": "double"}},
        "format": "numpy.ndarray",
    }
    assert found["example"] == {"data": [[1.5, 2.5]], "frame": [{"n": 1, "word": "a"}], "method": "predict"}


def test_the_newest_generation_has_lists_of_examples(tmp_path: Path) -> None:
    schemas = _documents(decorated, "schema", tmp_path)["3.1"]["components"]["schemas"]
    assert schemas["ServiceOutput"]["examples"] == [[1]] and "example" not in schemas["ServiceOutput"]


@pytest.mark.parametrize("orient", ORIENTATIONS)
def test_a_frame_is_described_in_each_orientation(orient: str) -> None:
    schema = PandasParameterType(pandas.DataFrame({"n": [1]}), orient=orient).input_to_swagger()
    assert schema["format"] == f"pandas.DataFrame:{orient}"
    assert type(schema["example"]) is {"array": list, "object": dict}[schema["type"]]


def test_the_name_and_version_of_the_service_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SERVICE_NAME", "digits")
    monkeypatch.setenv("SERVICE_VERSION", "7")
    monkeypatch.setenv("SERVICE_PATH_PREFIX", "/api/")
    document = _documents(plain, "text", tmp_path)["3"]
    assert (document["info"]["title"], document["info"]["version"]) == ("digits", "7")
    assert set(document["paths"]) == {"/api/", "/api/score", "/api/swagger.json"}


def test_a_document_of_the_users_own_takes_precedence(tmp_path: Path) -> None:
    (tmp_path / "swagger.json").write_text('{"swagger": "2.0", "own": true}')
    (tmp_path / "swagger3.json").write_text("no json")
    found = _documents(plain, "text", tmp_path)
    assert found["2"]["own"] is True
    assert found["3"]["openapi"] == "3.0.3"
