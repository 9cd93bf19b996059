"""Datastores: folders of the workspace, as deployment scripts use them."""

from __future__ import annotations

from pathlib import Path

import pytest

from modelport.errors import NotFoundError, UserError
from modelport.sdk.datastore import Datastore
from modelport.sdk.model import Model


@pytest.fixture
def data(home):
    for name in ("data/a.csv", "data/deep/b.csv"):
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_text(name)
    return "data"


def test_every_workspace_has_one(ws):
    assert ws.get_default_datastore().name == "workspaceblobstore"
    assert list(ws.datastores) == ["workspaceblobstore"]
    assert Datastore.get_default(ws).local_path == Datastore(ws, "workspaceblobstore").local_path


def test_a_folder_is_uploaded_and_downloaded(ws, data, capsys):
    store = ws.get_default_datastore()
    place = store.upload(data, target_path="set", overwrite=True, show_progress=True)
    assert capsys.readouterr().out.count(" -> ") == 2
    assert Path(place, "deep", "b.csv").read_text() == "data/deep/b.csv"
    assert store.download("out", prefix="set/deep", show_progress=False) == 1
    assert Path("out/set/deep/b.csv").is_file() and not Path("out/set/a.csv").exists()


def test_files_keep_their_names_or_their_paths_below_a_root(ws, data):
    store = ws.get_default_datastore()
    store.upload_files(["data/deep/b.csv"], target_path="flat", show_progress=False)
    store.upload_files(["data/deep/b.csv"], relative_root="data", target_path="tree", show_progress=False)
    assert sorted(store._folder.files()) == ["flat/b.csv", "tree/deep/b.csv"]


def test_what_is_there_stays_unless_it_is_to_be_overwritten(ws, data, capsys):
    store = ws.get_default_datastore()
    store.upload(data, show_progress=False)
    Path("data/a.csv").write_text("new")
    store.upload(data)
    assert "left as it is" in capsys.readouterr().out
    assert Path(store.path("a.csv")).read_text() == "data/a.csv"
    store.upload(data, overwrite=True, show_progress=False)
    assert Path(store.path("a.csv")).read_text() == "new"
    assert store.download("out", show_progress=False) == 2 and store.download("out", show_progress=False) == 0


def test_a_missing_file_is_told_before_anything_is_copied(ws, data):
    with pytest.raises(FileNotFoundError, match="upload-missing"):
        ws.get_default_datastore().upload_files(["data/a.csv", "absent.csv"], show_progress=False)
    assert list(ws.get_default_datastore()._folder.files()) == []


@pytest.mark.parametrize("path", ["/etc", "../other", "a/../../b"])
def test_a_path_stays_inside(ws, path):
    with pytest.raises(UserError, match="datastore-path-invalid"):
        ws.get_default_datastore().path(path)


def test_a_model_is_registered_from_a_place(ws, data):
    place = ws.get_default_datastore().upload(data, "set", show_progress=False)
    model = Model.register(ws, place.path("a.csv").as_mount(), "m")
    assert Path(model.download("out")).read_text() == "data/a.csv"


def test_another_one_can_be_the_default(ws, data):
    made = Datastore.register_folder(ws, "mydata")
    ws.set_default_datastore("mydata")
    assert (ws.get_default_datastore().name, sorted(ws.datastores)) == ("mydata", ["mydata", "workspaceblobstore"])
    made.unregister()
    assert ws.get_default_datastore().name == "workspaceblobstore"


def test_an_unknown_one_is_answered_with_the_nearest(ws):
    with pytest.raises(NotFoundError, match="Did you mean 'workspaceblobstore'"):
        Datastore.get(ws, "workspaceblobstor")
    with pytest.raises(UserError, match="name-invalid"):
        Datastore.register_folder(ws, "../x")


def test_storage_of_azure_is_not_reached(ws):
    with pytest.raises(UserError, match="v1-not-covered"):
        Datastore.register_azure_blob_container(ws, "n", "c", "a")


def test_one_file_is_uploaded_by_its_name(ws, pkl):
    store = ws.get_default_datastore()
    store.upload(str(pkl), "models", show_progress=False)
    assert Path(store.local_path, "models", "my_model.pkl").read_text() == "weights"
