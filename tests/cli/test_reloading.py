"""What a watched folder shows: which files count, and which changed."""

from __future__ import annotations

from modelport.cli.reloading import changed_names, snapshot


def test_python_files_at_any_depth_are_watched(tmp_path):
    (tmp_path / "package").mkdir()
    for name in ("score.py", "package/helper.py", "notes.txt"):
        (tmp_path / name).write_text("")
    assert sorted(snapshot(tmp_path)) == ["package/helper.py", "score.py"]


def test_environments_and_caches_are_not_watched(tmp_path):
    for folder in (".hidden", "__pycache__", "env/lib"):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "module.py").write_text("")
    (tmp_path / "env" / "pyvenv.cfg").write_text("")
    assert snapshot(tmp_path) == {}


def test_change_new_file_and_deletion_are_seen(tmp_path):
    for name in ("changed.py", "deleted.py", "same.py"):
        (tmp_path / name).write_text("1")
    before = snapshot(tmp_path)
    (tmp_path / "changed.py").write_text("12")
    (tmp_path / "deleted.py").unlink()
    (tmp_path / "new.py").write_text("1")
    assert changed_names(before, snapshot(tmp_path)) == ["changed.py", "deleted.py", "new.py"]
