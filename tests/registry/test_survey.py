"""What may be registered, and what is refused before anything is stored."""

from __future__ import annotations

import os
import socket

import pytest

from modelport.errors import UserError
from modelport.registry.survey import survey


@pytest.fixture
def folder(make_file):
    return make_file("folder/a.bin").parent


def paths(source):
    return [file.path for file in source.files]


def refusal(path, **more):
    with pytest.raises(UserError) as caught:
        survey(path, **more)
    return caught.value


def test_a_missing_path_names_the_nearest(folder):
    error = refusal(folder / "a.bim")
    assert error.code == "model-path-missing" and "a.bin" in error.message


def test_a_path_below_a_missing_folder(tmp_path):
    assert "its folder is not there" in refusal(tmp_path / "no/where").message


def test_the_current_folder_has_its_real_name(folder, monkeypatch):
    monkeypatch.chdir(folder)
    assert survey(folder.__class__(".")).root_name == "folder"


def test_an_empty_folder_is_refused(tmp_path):
    (tmp_path / "empty/sub").mkdir(parents=True)
    assert "holds no file" in refusal(tmp_path / "empty").message


def test_a_link_inside_the_folder_is_followed(folder):
    (folder / "link").symlink_to("a.bin")
    assert paths(survey(folder)) == ["folder/a.bin", "folder/link"]


def test_a_link_to_the_model_is_followed_and_keeps_its_name(folder, tmp_path):
    (tmp_path / "latest.bin").symlink_to(folder / "a.bin")
    assert paths(survey(tmp_path / "latest.bin")) == ["latest.bin"]


def test_a_link_out_of_the_folder_is_refused(folder, tmp_path):
    (tmp_path / "secret").write_text("s")
    (folder / "link").symlink_to("../../secret")
    assert "out of the model folder" in refusal(folder).message


def test_a_linked_folder_outside_is_refused(folder, tmp_path):
    (folder / "link").symlink_to(tmp_path)
    assert refusal(folder).code == "model-path-refused"


def test_a_link_to_a_folder_above_is_refused(folder):
    (folder / "sub").mkdir()
    (folder / "sub/loop").symlink_to("..")
    assert "a folder that holds it" in refusal(folder).message


@pytest.mark.parametrize("target", ["nowhere", "self"])
def test_a_link_that_leads_nowhere_is_refused(folder, target):
    (folder / "self").symlink_to(target)
    assert "leads nowhere" in refusal(folder).message


def test_a_pipe_is_refused(folder):
    os.mkfifo(folder / "pipe")
    assert "device, socket or pipe" in refusal(folder).message


def test_a_socket_is_refused(folder, monkeypatch):
    monkeypatch.chdir(folder)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("s")
        assert "device, socket or pipe" in refusal(folder).message


def test_a_device_is_refused(folder):
    assert refusal(folder.__class__("/dev/null")).code == "model-path-refused"


def test_a_name_that_is_not_text_is_refused(folder):
    (folder / os.fsdecode(b"bad\xff")).write_text("x")
    assert "UTF-8" in refusal(folder).message


@pytest.mark.parametrize("child", ["..", "../source", "/etc/passwd", "sub/../../x"])
def test_child_paths_outside_are_refused(folder, child):
    error = refusal(folder, child_paths=[child])
    assert error.code == "child-path-invalid" and "leads out" in error.message


def test_a_missing_child_path_is_refused(folder):
    error = refusal(folder, child_paths=["a.bim"])
    assert error.code == "child-path-invalid" and "a.bin" in error.message


def test_a_child_that_is_a_link_out_is_refused(folder, tmp_path):
    (folder / "link").symlink_to(tmp_path)
    assert refusal(folder, child_paths=["link"]).code == "model-path-refused"


def test_child_paths_need_a_folder(folder):
    assert refusal(folder / "a.bin", child_paths=["x"]).code == "child-path-invalid"


def test_an_absolute_child_path_inside_is_accepted(folder):
    assert paths(survey(folder, [folder / "a.bin"])) == ["folder/a.bin"]


def test_children_that_overlap_are_listed_once(folder):
    assert paths(survey(folder, ["a.bin", "."])) == ["folder/a.bin"]
