"""Versions of models: registered, found, given out, described, deleted."""

from __future__ import annotations

import datetime
import os
import stat
import tarfile

import pytest

from modelport.errors import ConflictError, NotFoundError, UserError
from modelport.registry.catalog import ModelRegistry
from modelport.registry.model import ModelChange, ModelQuery, Registration
from modelport.storage.tables import service_models, services


def serve(workspace, model, name="mysvc", deleted_at=None):
    """Write down that a service serves the model."""
    now = datetime.datetime.now(datetime.timezone.utc)
    with workspace.database.writing() as connection:
        connection.execute(
            services.insert().values(
                id=name, name=name, target_kind="local", spec={}, desired_replicas=1, created_at=now, updated_at=now,
                deleted_at=deleted_at,
            )
        )
        connection.execute(
            service_models.insert().values(service_id=name, model_name=model.name, model_version=model.version)
        )


def test_a_file_becomes_version_1_under_its_own_name(registry, make_file):
    model = registry.register(make_file("my_model.pkl"), Registration("diabetes", tags={"area": "health"}))
    assert (model.id, model.root_name, model.is_folder) == ("diabetes:1", "my_model.pkl", False)
    assert model.tags == {"area": "health"}


def test_the_same_name_counts_on(registry, make_file):
    path = make_file("my_model.pkl")
    versions = [registry.register(path, Registration("diabetes")).version for _ in range(3)]
    assert versions == [1, 2, 3]


def test_names_count_for_themselves(registry, make_file):
    path = make_file("my_model.pkl")
    registry.register(path, Registration("a"))
    assert registry.register(path, Registration("b")).version == 1


def test_a_folder_keeps_its_base_name_as_top_level(registry, make_file):
    make_file("folder/sub/a.bin", "a")
    folder = make_file("folder/b.bin", "b").parent
    model = registry.register(folder, Registration("m"))
    assert (model.root_name, model.is_folder, model.size_bytes) == ("folder", True, 2)
    assert [file.path for file in registry.contents(model).files] == ["folder/b.bin", "folder/sub/a.bin"]


def test_a_folder_without_files_inside_a_model_is_kept(registry, make_file, tmp_path):
    folder = make_file("saved/model.pb").parent
    (folder / "assets").mkdir()
    model = registry.register(folder, Registration("m"))
    assert (registry.download(model, tmp_path / "out") / "assets").is_dir()


def test_child_paths_choose_parts_of_a_folder(registry, make_file):
    make_file("folder/sub/a.bin")
    make_file("folder/other/c.bin")
    folder = make_file("folder/b.bin").parent
    model = registry.register(folder, Registration("m"), child_paths=["sub", "b.bin"])
    assert [file.path for file in registry.contents(model).files] == ["folder/b.bin", "folder/sub/a.bin"]


def test_an_archive_is_stored_as_the_file_it_is(registry, make_file, tmp_path):
    archive = make_file("model.zip", b"PK not really")
    model = registry.register(archive, Registration("m"))
    assert registry.download(model, tmp_path / "out").read_bytes() == b"PK not really"


def test_an_archive_is_unpacked_where_that_is_asked_for(registry, make_file, tmp_path):
    weights = make_file("weights.bin", "w")
    with tarfile.open(tmp_path / "resnet.tar.gz", "w:gz") as archive:
        archive.add(weights, "deep/weights.bin")
        archive.add(weights, "README")
    model = registry.register(tmp_path / "resnet.tar.gz", Registration("m"), unpack=True)
    assert [file.path for file in registry.contents(model).files] == ["resnet/README", "resnet/deep/weights.bin"]


def test_an_archive_of_one_folder_becomes_that_folder(registry, make_file, tmp_path):
    with tarfile.open(tmp_path / "x.tar", "w") as archive:
        archive.add(make_file("weights.bin"), "resnet/weights.bin")
    assert registry.register(tmp_path / "x.tar", Registration("m"), unpack=True).root_name == "resnet"


def test_a_refused_archive_leaves_nothing_behind(registry, artifacts, tmp_path, make_file):
    with tarfile.open(tmp_path / "x.tar", "w") as archive:
        archive.add(make_file("weights.bin"), "a/weights.bin")
        archive.add(make_file("weights.bin"), "../evil")
    with pytest.raises(UserError, match="archive-refused"):
        registry.register(tmp_path / "x.tar", Registration("m"), unpack=True)
    assert artifacts.leftovers() == [] and list(artifacts.blobs()) == [] and registry.find() == []


@pytest.mark.parametrize("name", ["", "a/b", "../x", "-x", "x" * 256, "a b", "a:1", "näme"])
def test_bad_names_are_refused_before_anything_is_stored(registry, artifacts, make_file, name):
    with pytest.raises(UserError, match="name-invalid"):
        registry.register(make_file("my_model.pkl"), Registration(name))
    assert list(artifacts.blobs()) == []


@pytest.mark.parametrize(
    ("labels", "value"), [("tags", {"a": 1}), ("tags", [("a", "b")]), ("properties", {1: "b"}), ("tags", {"": "x"})]
)
def test_labels_that_are_not_text_are_refused(registry, make_file, labels, value):
    with pytest.raises(UserError, match="labels-invalid"):
        registry.register(make_file("my_model.pkl"), Registration("m", **{labels: value}))


def test_a_framework_version_needs_its_framework(registry, make_file):
    with pytest.raises(UserError, match="framework-invalid"):
        registry.register(make_file("my_model.pkl"), Registration("m", framework_version="1.0"))


def test_an_unknown_framework_names_the_nearest(registry, make_file):
    with pytest.raises(UserError, match="ScikitLearn"):
        registry.register(make_file("my_model.pkl"), Registration("m", framework="scikitlearn"))


@pytest.fixture
def several(registry, make_file):
    """b:1, a:1 (tag x=1), a:2 (tag x=2, framework), a:3 (property p=q)."""
    path = make_file("m.pkl")
    registry.register(path, Registration("b"))
    registry.register(path, Registration("a", tags={"x": "1"}))
    registry.register(path, Registration("a", tags={"x": "2"}, framework="Onnx"))
    registry.register(path, Registration("a", properties={"p": "q"}))
    return registry


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (ModelQuery(), ["a:3", "a:2", "a:1", "b:1"]),
        (ModelQuery(name="a"), ["a:3", "a:2", "a:1"]),
        (ModelQuery(name="a", version=2), ["a:2"]),
        (ModelQuery(tags={"x": None}), ["a:2", "a:1"]),
        (ModelQuery(tags={"x": "1"}), ["a:1"]),
        (ModelQuery(properties={"p": "q"}), ["a:3"]),
        (ModelQuery(framework="Onnx"), ["a:2"]),
        (ModelQuery(latest=True), ["a:3", "b:1"]),
        (ModelQuery(tags={"x": None}, latest=True), ["a:2"]),
        (ModelQuery(run_id="none"), []),
    ],
)
def test_models_are_found_by_conditions(several, query, expected):
    assert [model.id for model in several.find(query)] == expected


def test_the_newest_version_is_the_one_that_a_name_gets(several):
    assert several.get("a").id == "a:3"


def test_a_version_that_does_not_exist_names_those_that_do(several):
    with pytest.raises(NotFoundError, match="3, 2, 1") as caught:
        several.get("a", 9)
    assert caught.value.code == "model-not-found"


def test_a_name_that_does_not_exist_names_the_nearest(registry, make_file):
    registry.register(make_file("m.pkl"), Registration("diabetes"))
    with pytest.raises(NotFoundError, match="Did you mean 'diabetes'"):
        registry.get("diabtes")


def test_versions_are_counted_as_numbers(registry, make_file):
    path = make_file("m.pkl")
    for _ in range(10):
        registry.register(path, Registration("m"))
    assert registry.get("m").version == 10


def test_a_downloaded_model_is_the_callers_own(registry, make_file, tmp_path):
    model = registry.register(make_file("m.pkl", "original"), Registration("m"))
    copy = registry.download(model, tmp_path / "new" / "folder")
    copy.write_text("changed")
    assert registry.download(model, tmp_path / "second").read_text() == "original"


def test_a_download_does_not_overwrite(registry, make_file, tmp_path):
    model = registry.register(make_file("m.pkl", "new"), Registration("m"))
    (tmp_path / "out").mkdir()
    (tmp_path / "out/m.pkl").write_text("mine")
    with pytest.raises(ConflictError, match="download-exists"):
        registry.download(model, tmp_path / "out")
    assert (tmp_path / "out/m.pkl").read_text() == "mine"
    assert sorted(os.listdir(tmp_path / "out")) == ["m.pkl"]


def test_exist_ok_overwrites_a_file(registry, make_file, tmp_path):
    model = registry.register(make_file("m.pkl", "new"), Registration("m"))
    (tmp_path / "out").mkdir()
    (tmp_path / "out/m.pkl").write_text("old")
    assert registry.download(model, tmp_path / "out", exist_ok=True).read_text() == "new"


def test_exist_ok_overwrites_the_files_of_a_folder_and_keeps_others(registry, make_file, tmp_path):
    model = registry.register(make_file("folder/a", "new").parent, Registration("m"))
    (tmp_path / "out/folder").mkdir(parents=True)
    (tmp_path / "out/folder/a").write_text("old")
    (tmp_path / "out/folder/mine").write_text("mine")
    folder = registry.download(model, tmp_path / "out", exist_ok=True)
    assert ((folder / "a").read_text(), (folder / "mine").read_text()) == ("new", "mine")
    assert os.listdir(tmp_path / "out") == ["folder"]


def test_a_folder_is_never_replaced_by_a_file(registry, make_file, tmp_path):
    model = registry.register(make_file("m.pkl"), Registration("m"))
    (tmp_path / "out/m.pkl").mkdir(parents=True)
    with pytest.raises(ConflictError, match="is a folder, and the model is a file"):
        registry.download(model, tmp_path / "out", exist_ok=True)


def test_a_program_inside_a_model_stays_executable(registry, make_file, tmp_path):
    path = make_file("folder/tool")
    path.chmod(0o755)
    model = registry.register(path.parent, Registration("m"))
    assert registry.download(model, tmp_path / "out").joinpath("tool").stat().st_mode & stat.S_IXUSR


def test_a_service_gets_the_model_read_only_by_name_and_version(registry, make_file, tmp_path):
    model = registry.register(make_file("folder/a", "x").parent, Registration("m"))
    path = registry.place(model, tmp_path / "azureml-models")
    assert path == tmp_path / "azureml-models/m/1/folder"
    assert stat.S_IMODE((path / "a").stat().st_mode) == 0o444
    assert os.listdir(tmp_path / "azureml-models/m") == ["1"]


def test_placing_again_is_no_error(registry, make_file, tmp_path):
    model = registry.register(make_file("m.pkl"), Registration("m"))
    assert registry.place(model, tmp_path / "app") == registry.place(model, tmp_path / "app")


def test_what_a_service_writes_into_its_files_does_not_reach_the_registry(registry, workspace, make_file, tmp_path):
    model = registry.register(make_file("m.pkl", "original"), Registration("m"))
    placed = registry.place(model, tmp_path / "app")
    if os.geteuid() == 0:  # root is not stopped by a read-only file
        placed.write_text("overwritten")
    assert workspace.fsck().is_sound


def test_tags_are_replaced_added_and_removed(registry, make_file):
    model = registry.register(make_file("m.pkl"), Registration("m", tags={"a": "1"}))
    model = registry.update(model, ModelChange(tags={"b": "2", "c": "3"}))
    model = registry.update(model, ModelChange(add_tags={"d": "4"}, remove_tags=["b", "missing"]))
    assert registry.get("m").tags == model.tags == {"c": "3", "d": "4"}


def test_properties_never_change(registry, make_file):
    model = registry.register(make_file("m.pkl"), Registration("m", properties={"a": "1"}))
    model = registry.update(model, ModelChange(add_properties={"b": "2"}))
    with pytest.raises(ConflictError, match="properties-immutable"):
        registry.update(model, ModelChange(add_properties={"c": "3", "a": "9"}, description="lost"))
    kept = registry.get("m")
    assert (kept.properties, kept.description) == ({"a": "1", "b": "2"}, "")


def test_deleting_frees_the_files(registry, artifacts, make_file):
    model = registry.register(make_file("m.pkl"), Registration("m"))
    registry.delete(model)
    assert registry.find() == [] and list(artifacts.blobs()) == []


def test_deleting_keeps_what_another_version_consists_of(registry, make_file, tmp_path):
    first = registry.register(make_file("m.pkl", "same"), Registration("m"))
    second = registry.register(make_file("n.pkl", "same"), Registration("m"))
    registry.delete(first)
    assert registry.download(second, tmp_path / "out").read_text() == "same"


def test_a_deleted_number_is_never_used_again(registry, make_file):
    path = make_file("m.pkl")
    registry.register(path, Registration("m"))
    registry.delete(registry.register(path, Registration("m")))
    assert registry.register(path, Registration("m")).version == 3


def test_deleting_twice_says_that_it_is_gone(registry, make_file):
    model = registry.register(make_file("m.pkl"), Registration("m"))
    registry.delete(model)
    with pytest.raises(NotFoundError, match="model-not-found"):
        registry.delete(model)


def test_a_model_that_a_service_serves_is_not_deleted(workspace, registry, make_file):
    model = registry.register(make_file("m.pkl"), Registration("m"))
    serve(workspace, model)
    with pytest.raises(ConflictError, match="'mysvc'"):
        ModelRegistry(workspace.database, workspace.artifacts).delete(model)
    assert registry.get("m").id == "m:1"


def test_a_deleted_service_holds_no_model(workspace, registry, make_file):
    model = registry.register(make_file("m.pkl"), Registration("m"))
    serve(workspace, model, deleted_at=datetime.datetime.now(datetime.timezone.utc))
    registry.delete(model)
    assert registry.find() == []
