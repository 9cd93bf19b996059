"""Files that are written whole, and locks."""

from __future__ import annotations

import errno
import os
import stat
import threading
import time

import pytest

from modelport.errors import StorageError
from modelport.storage.files import locked, locked_within, make_private_directory, storage_error, write_durably


def test_a_file_is_replaced_as_a_whole_and_private(tmp_path):
    path = tmp_path / "a.json"
    write_durably(path, b"old")
    write_durably(path, b"new")
    assert path.read_bytes() == b"new"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert os.listdir(tmp_path) == ["a.json"]


def test_a_failed_write_leaves_the_old_file_alone(tmp_path):
    (tmp_path / "a").mkdir()
    with pytest.raises(OSError):
        write_durably(tmp_path / "a", b"new")
    assert os.listdir(tmp_path) == ["a"]


def test_folders_are_private(tmp_path):
    make_private_directory(tmp_path / "a" / "b")
    assert {stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("a", "a/b")} == {0o700}


def test_a_lock_is_held_by_one(tmp_path):
    with locked(tmp_path / "lock") as first, locked(tmp_path / "lock", wait=False) as second:
        assert (first, second) == (True, False)
    with locked(tmp_path / "lock", wait=False) as third:
        assert third


def test_a_shared_lock_is_held_by_many_and_keeps_others_out(tmp_path):
    with locked(tmp_path / "lock", shared=True), locked(tmp_path / "lock", shared=True, wait=False) as shared:
        assert shared
        with locked(tmp_path / "lock", wait=False) as alone:
            assert not alone


def test_a_waiting_lock_comes_through(tmp_path):
    order = []

    def second():
        with locked(tmp_path / "lock"):
            order.append("second")

    with locked(tmp_path / "lock"):
        thread = threading.Thread(target=second)
        thread.start()
        order.append("first")
    thread.join(10)
    assert order == ["first", "second"]


def test_a_lock_is_waited_for_no_longer_than_told_and_is_free_afterwards(tmp_path):
    with locked(tmp_path / "lock"), locked_within(tmp_path / "lock", 0.05) as held:
        assert not held
    for _ in range(2):
        with locked_within(tmp_path / "lock", 10) as held:  # whoever gave up waiting may have it for a moment
            assert held


def test_a_lock_that_becomes_free_in_time_is_held_alone(tmp_path):
    first = threading.Event()

    def hold():
        with locked(tmp_path / "lock"):
            first.set()
            time.sleep(0.1)

    thread = threading.Thread(target=hold)
    thread.start()
    assert first.wait(10)
    with locked_within(tmp_path / "lock", 30) as held, locked(tmp_path / "lock", wait=False) as another:
        assert (held, another) == (True, False)
    thread.join()


@pytest.mark.parametrize(
    ("number", "code"), [(28, "disk-full"), (27, "disk-full"), (13, "home-not-writable"), (30, "home-not-writable")]
)
def test_what_the_system_refuses_is_told(tmp_path, number, code):
    error = storage_error(OSError(number, "words"), tmp_path)
    assert isinstance(error, StorageError) and error.code == code


def test_other_errors_are_not_translated(tmp_path):
    assert storage_error(FileNotFoundError(2, "words"), tmp_path) is None


def test_disk_that_fails_is_told_as_such(tmp_path):
    error = storage_error(OSError(errno.EIO, os.strerror(errno.EIO)), tmp_path / "catalog.db")
    assert error is not None and error.code == "disk-failing"
