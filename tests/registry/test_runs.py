"""Experiments and runs, and the models registered from them."""

from __future__ import annotations

import numpy
import pytest

from modelport.errors import ConflictError, NotFoundError, UserError
from modelport.registry.model import Registration
from modelport.registry.run_records import Metric


@pytest.fixture
def runs(workspace):
    return workspace.runs


@pytest.fixture
def run_id(runs):
    return runs.start("diabetes").id


def test_runs_of_an_experiment_are_numbered(runs):
    assert [runs.start("diabetes").number for _ in range(2)] == [1, 2]
    assert [run.number for run in runs.find("diabetes")] == [2, 1]


def test_an_experiment_is_made_once(runs):
    assert runs.experiment("diabetes").id == runs.experiment("diabetes").id
    assert [record.name for record in runs.experiments()] == ["diabetes"]


def test_a_bad_experiment_name_is_refused(runs):
    with pytest.raises(UserError, match="name-invalid"):
        runs.start("no spaces")


def test_an_unknown_run(runs):
    with pytest.raises(NotFoundError, match="run-not-found"):
        runs.log("nothing", Metric("a", "scalar", 1))


@pytest.mark.parametrize(
    ("logged", "expected"),
    [
        ([Metric("a", "scalar", 0.5)], 0.5),
        ([Metric("a", "scalar", 1), Metric("a", "scalar", 2)], [1, 2]),
        ([Metric("a", "list", [1, 2])], [1, 2]),
        ([Metric("a", "row", {"x": 1, "y": 2})], {"x": 1, "y": 2}),
        ([Metric("a", "row", {"x": 1}), Metric("a", "row", {"x": 2})], {"x": [1, 2]}),
        ([Metric("a", "table", {"x": [1, 2], "y": [3, 4]})], {"x": [1, 2], "y": [3, 4]}),
        ([Metric("a", "scalar", numpy.float64(0.5))], 0.5),
        ([Metric("a", "list", numpy.array([1, 2]))], [1, 2]),
    ],
)
def test_metrics_come_back_as_they_were_logged(runs, run_id, logged, expected):
    for metric in logged:
        runs.log(run_id, metric)
    assert runs.metrics(run_id) == {"a": expected}


@pytest.mark.parametrize("metric", [Metric("a", "scalar", None), Metric("", "scalar", 1), Metric("a", "row", {})])
def test_what_is_no_metric_is_refused(runs, run_id, metric):
    with pytest.raises(UserError, match="metric-invalid"):
        runs.log(run_id, metric)


def test_an_uploaded_file_becomes_a_model(runs, run_id, registry, make_file, tmp_path):
    runs.upload(run_id, "outputs/my_model.pkl", make_file("anything.pkl", "weights"))
    model = runs.register_model(run_id, Registration("my_best_model"), "outputs/my_model.pkl")
    assert (model.id, model.root_name) == ("my_best_model:1", "my_model.pkl")
    assert (model.origin.run_id, model.origin.experiment_name) == (run_id, "diabetes")
    assert registry.download(model, tmp_path / "out").read_text() == "weights"


def test_an_uploaded_folder_becomes_a_model(runs, run_id, registry, make_file):
    make_file("x/a.bin")
    runs.upload(run_id, "outputs/net", make_file("x/sub/b.bin").parents[1])
    model = runs.register_model(run_id, Registration("m"), "./outputs/net/")
    assert [file.path for file in registry.contents(model).files] == ["net/a.bin", "net/sub/b.bin"]


def test_without_a_path_the_models_name_is_the_path(runs, run_id, make_file):
    runs.upload(run_id, "model.pkl", make_file("a"))
    assert runs.register_model(run_id, Registration("model.pkl"), None).root_name == "model.pkl"


def test_a_missing_file_names_what_was_uploaded(runs, run_id, make_file):
    runs.upload(run_id, "outputs/model.pkl", make_file("a"))
    with pytest.raises(NotFoundError, match=r"Uploaded: outputs/model\.pkl") as caught:
        runs.register_model(run_id, Registration("m"), "outputs/other.pkl")
    assert caught.value.code == "run-file-missing"


def test_a_run_without_files_says_so(runs, run_id):
    with pytest.raises(NotFoundError, match="Nothing was uploaded"):
        runs.register_model(run_id, Registration("m"), "outputs/other.pkl")


def test_a_file_of_a_run_never_changes(runs, run_id, make_file):
    runs.upload(run_id, "a", make_file("a"))
    with pytest.raises(ConflictError, match="run-file-exists"):
        runs.upload(run_id, "a", make_file("b"))


@pytest.mark.parametrize("name", ["", ".", "../a", "/a", "a/../../b", "a\nb"])
def test_bad_names_of_files_are_refused(runs, run_id, make_file, name):
    with pytest.raises(UserError, match="run-file-invalid"):
        runs.upload(run_id, name, make_file("a"))


def test_the_outputs_folder_is_uploaded_at_the_end(runs, tmp_path, make_file):
    outputs = make_file("outputs/sub/model.pkl").parents[1]
    run = runs.start("diabetes", outputs_directory=outputs)
    assert runs.finish(run.id).status == "Completed"
    assert runs.files(run.id) == ["outputs/sub/model.pkl"]


def test_the_files_of_a_run_outlive_the_model(runs, run_id, registry, make_file, tmp_path):
    runs.upload(run_id, "a", make_file("a", "kept"))
    registry.delete(runs.register_model(run_id, Registration("m"), "a"))
    assert runs.download(run_id, "a", tmp_path / "copy").read_text() == "kept"


def test_tags_change_and_properties_do_not(runs, run_id):
    runs.set_tag(run_id, "a", "1")
    runs.set_tag(run_id, "a", "2")
    runs.add_properties(run_id, {"p": "q"})
    with pytest.raises(ConflictError, match="properties-immutable"):
        runs.add_properties(run_id, {"p": "r"})
    assert (runs.get(run_id).tags, runs.get(run_id).properties) == ({"a": "2"}, {"p": "q"})
