"""Models that are served without a script of the user's: scikit-learn and ONNX, really trained."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from modelport.errors import ScoringError, UserError
from modelport.sdk.model import Model
from modelport.sdk.workspace import Workspace


@pytest.fixture
def ws(service_home):
    workspace = Workspace.create("demo", show_output=False)
    yield workspace
    for service in workspace.webservices.values():
        service.delete()


@pytest.fixture(scope="module")
def trained():
    from sklearn.datasets import load_diabetes
    from sklearn.linear_model import Ridge

    data = load_diabetes()
    return Ridge().fit(data.data, data.target), data.data[:2].tolist()


def deployed(ws, model):
    service = Model.deploy(ws, "mysvc", [model])
    service.wait_for_deployment()
    return service


def refusal_of(service, request):
    with pytest.raises(ScoringError) as caught:
        service.run(request if isinstance(request, str) else json.dumps(request))
    return caught.value.status, json.loads(caught.value.body)["code"]


def test_scikit_learn_model_is_served(ws, trained):
    import joblib

    model, rows = trained
    joblib.dump(model, "model.joblib")
    registered = Model.register(ws, "model.joblib", "ridge", model_framework=Model.Framework.SCIKITLEARN)
    service = deployed(ws, registered)
    expected = pytest.approx(model.predict(rows).tolist())
    assert service.run(json.dumps({"data": rows}))["predictions"] == expected
    assert service.run(json.dumps(rows))["predictions"] == expected
    for wrong in ({"rows": rows}, {"data": [[1, 2]]}, {"data": rows, "method": "fly"}, "{"):
        assert refusal_of(service, wrong) == (400, "schema-mismatch")


def test_pickled_model_needs_its_framework(ws, trained):
    import pickle

    Path("model.pkl").write_bytes(pickle.dumps(trained[0]))
    with pytest.raises(UserError, match="framework"):
        Model.deploy(ws, "mysvc", ["model.pkl"])
    registered = Model.register(ws, "model.pkl", "ridge", model_framework="ScikitLearn")
    assert len(deployed(ws, registered).run(json.dumps(trained[1]))["predictions"]) == 2


def test_onnx_model_is_served_by_its_file_alone(ws, trained):
    from skl2onnx import to_onnx
    from skl2onnx.common.data_types import FloatTensorType

    model, rows = trained
    Path("model.onnx").write_bytes(
        to_onnx(model, initial_types=[("X", FloatTensorType([None, 10]))]).SerializeToString()
    )
    service = deployed(ws, "model.onnx")
    (name, values), *others = service.run(json.dumps({"inputs": {"X": rows}}))["outputs"].items()
    assert others == []
    assert [value[0] for value in values] == pytest.approx(model.predict(rows).tolist(), rel=1e-4)
    assert service.run(json.dumps({"data": rows}))["outputs"][name] == values
    for wrong in ({"rows": rows}, {"data": [[1, 2]]}, {"data": "x"}, "{"):
        assert refusal_of(service, wrong) == (400, "schema-mismatch")


@pytest.mark.parametrize("count", [0, 2])
def test_without_a_script_exactly_one_model_is_needed(ws, count):
    Path("a").write_text("1")
    Path("b").write_text("1")
    with pytest.raises(UserError, match="exactly one"):
        Model.deploy(ws, "mysvc", ["a", "b"][:count])
