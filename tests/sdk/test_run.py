"""The classes Run and Experiment, with and without a workspace."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from modelport.errors import NotFoundError, UserError
from modelport.sdk.run import Experiment, Run, get_run


@pytest.fixture
def run(ws):
    return Experiment(ws, "diabetes").start_logging()


def test_what_is_logged_comes_back_in_another_program(ws, run):
    run.log("rmse", 0.5)
    run.log_list("losses", [3, 2, 1])
    run.log_row("epoch", number=1, loss=0.1)
    run.log_table("t", {"x": [1], "y": [2]})
    run.tag("kind", "test")
    again = ws.get_run(run.id)
    assert again.get_metrics() == {
        "rmse": 0.5, "losses": [3, 2, 1], "epoch": {"number": 1, "loss": 0.1}, "t": {"x": [1], "y": [2]}
    }
    assert again.get_tags() == {"kind": "test"}


def test_files_go_up_and_come_down(run, pkl, tmp_path):
    run.upload_file("outputs/my_model.pkl", str(pkl))
    run.upload_file("notes.txt", io.StringIO("hello"))
    Path("folder").mkdir()
    Path("folder/a").write_text("a")
    run.upload_folder("data", "folder")
    assert run.get_file_names() == ["data/a", "notes.txt", "outputs/my_model.pkl"]
    run.download_file("notes.txt")
    run.download_file("outputs/my_model.pkl", str(tmp_path / "copy.pkl"))
    run.download_files("data", str(tmp_path / "all"))
    assert (Path("notes.txt").read_text(), (tmp_path / "copy.pkl").read_text()) == ("hello", "weights")
    assert (tmp_path / "all/data/a").read_text() == "a"


def test_a_run_completes_as_a_context(ws):
    with Experiment(ws, "diabetes").start_logging() as run:
        assert run.status == "Running"
    assert (run.get_status(), run.get_details()["endTimeUtc"] is None) == ("Completed", False)


def test_a_run_fails_by_an_error_which_goes_on(ws):
    with pytest.raises(ValueError), Experiment(ws, "diabetes").start_logging() as run:
        raise ValueError("no data")
    assert (run.status, run.get_details()["error"]) == ("Failed", "ValueError: no data")


def test_outputs_are_uploaded_when_the_run_ends(ws, pkl):
    Path("outputs").mkdir()
    pkl.rename("outputs/my_model.pkl")
    with Experiment(ws, "diabetes").start_logging(outputs="outputs") as run:
        run.log("a", 1)
    assert run.register_model("my_best_model", "outputs/my_model.pkl").version == 1


def test_a_missing_file_names_those_that_are_there(run, pkl):
    run.upload_file("outputs/my_model.pkl", str(pkl))
    with pytest.raises(NotFoundError, match=r"outputs/my_model\.pkl"):
        run.register_model("m", "outputs/other.pkl")


def test_runs_are_listed_the_newest_first(ws, run):
    second = Experiment(ws, "diabetes").start_logging()
    second.tag("best")
    assert [found.number for found in Experiment(ws, "diabetes").get_runs()] == [2, 1]
    assert [found.id for found in Experiment(ws, "diabetes").get_runs(tags="best")] == [second.id]


def test_an_unknown_run_and_a_bad_experiment(ws):
    with pytest.raises(NotFoundError, match="run-not-found"):
        Run(Experiment(ws, "diabetes"), "absent")
    with pytest.raises(UserError, match="name-invalid"):
        Experiment(ws, "no spaces")


def test_a_secret_through_the_run(ws, run):
    ws.get_default_keyvault().set_secret("a", "1")
    assert (run.get_secret("a"), run.get_secrets(["b"])) == ("1", {"b": None})


def test_without_a_workspace_a_run_is_offline(capsys, pkl):
    run = Run.get_context()
    run.log("rmse", 0.5)
    run.upload_file("outputs/my_model.pkl", str(pkl))
    run.tag("a", "b")
    run.complete()
    assert run.id.startswith("OfflineRun_") and "rmse: 0.5" in capsys.readouterr().out
    assert (run.get_metrics(), run.get_file_names()) == ({"rmse": 0.5}, ["outputs/my_model.pkl"])
    assert (run.get_tags(), run.status) == ({"a": "b"}, "Completed")


@pytest.mark.parametrize(
    "attempt", [lambda run: run.register_model("m"), lambda run: run.experiment, lambda run: run.get_secret("a")]
)
def test_an_offline_run_says_what_needs_a_workspace(attempt):
    with pytest.raises(UserError, match="run-offline"):
        attempt(Run.get_context())


def test_offline_may_be_forbidden():
    with pytest.raises(UserError, match="run-offline"):
        Run.get_context(allow_offline=False)


def test_runs_are_listed_by_what_they_have(ws):
    experiment = Experiment(ws, "exp")
    first, second = experiment.start_logging(), experiment.start_logging()
    first.tag("best")
    first.complete()
    assert [run.id for run in Run.list(experiment)] == [second.id, first.id]
    assert [run.id for run in Run.list(experiment, tags="best")] == [first.id]
    assert [run.id for run in Run.list(experiment, status="Completed")] == [first.id]
    assert Run.get(ws, first.id).id == first.id
    assert [each.name for each in Experiment.list(ws, "exp")] == ["exp"] and Experiment.list(ws, "other") == []


def test_several_files_are_uploaded_and_come_back_by_other_paths(ws, tmp_path):
    run = Experiment(ws, "exp").start_logging()
    for name in ("a", "b"):
        (tmp_path / name).write_text(name)
    run.upload_files(["outputs/a", "outputs/b"], [str(tmp_path / "a"), str(tmp_path / "b")])
    run.download_files("outputs/", str(tmp_path / "flat"), append_prefix=False)
    run.download_files("outputs/", str(tmp_path / "named"), output_paths=["x", "y"])
    assert sorted(path.name for path in (tmp_path / "flat").iterdir()) == ["a", "b"]
    assert (tmp_path / "named/y").read_text() == "b"


def test_training_says_at_the_call_that_it_is_not_covered(ws):
    with pytest.raises(UserError, match="v1-not-covered"):
        Experiment(ws, "exp").submit("config")
    with pytest.raises(UserError, match="Did you mean 'model_path'"):
        Experiment(ws, "exp").start_logging().register_model("m", model_pat="x")


def test_a_run_is_found_by_its_experiment_and_id(ws, run):
    assert get_run(run.experiment, run.id).id == run.id
