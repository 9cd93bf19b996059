"""The catalogue: made once, written in turns, honest about what is wrong."""

from __future__ import annotations

import sqlite3
import stat
import subprocess
import sys
import threading
import time

import pytest
import sqlalchemy as sa

from modelport.errors import StorageError
from modelport.storage.database import open_database, sqlite_url
from modelport.storage.tables import HEAD_REVISION, model_names


@pytest.fixture
def path(tmp_path):
    return tmp_path / "catalog.db"


@pytest.fixture
def database(path):
    return open_database(sqlite_url(path))


def count(database, name):
    with database.writing() as connection:
        last = connection.scalar(sa.select(model_names.c.last_version).where(model_names.c.name == name))
        time.sleep(0.001)
        if last is None:
            connection.execute(model_names.insert().values(name=name, last_version=1))
        else:
            connection.execute(model_names.update().values(last_version=last + 1))


def test_a_new_catalogue_has_the_newest_form_and_is_private(database, path):
    assert database.schema_revision() == HEAD_REVISION
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_new_catalogue_is_made_in_no_time(tmp_path):
    began = time.perf_counter()
    for number in range(5):
        open_database(sqlite_url(tmp_path / f"{number}.db"))
    assert (time.perf_counter() - began) / 5 < 0.25  # 10 ms on an idle machine


def test_an_error_undoes_the_whole_transaction(database):
    with pytest.raises(ZeroDivisionError), database.writing() as connection:
        connection.execute(model_names.insert().values(name="a", last_version=1))
        raise ZeroDivisionError
    with database.reading() as connection:
        assert connection.execute(sa.select(model_names)).all() == []


def test_threads_write_in_turns(database):
    threads = [threading.Thread(target=count, args=(database, "a")) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with database.reading() as connection:
        assert connection.scalar(sa.select(model_names.c.last_version)) == 20


def test_readers_do_not_wait_for_a_writer(database):
    with database.writing() as writer:
        writer.execute(model_names.insert().values(name="a", last_version=1))
        with database.reading() as reader:
            assert reader.execute(sa.select(model_names)).all() == []


def test_references_are_enforced(database):
    with pytest.raises(sa.exc.IntegrityError), database.writing() as connection:
        connection.exec_driver_sql("INSERT INTO run_files VALUES ('none', 'a', 'b', 1)")


def test_many_processes_open_a_new_catalogue_at_once(path):
    program = (
        "from modelport.storage.database import open_database, sqlite_url\nfrom pathlib import Path\n"
        f"print(open_database(sqlite_url(Path({str(path)!r}))).schema_revision())"
    )
    started = [subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) for _ in range(8)]
    assert [process.communicate()[0].strip() for process in started] == [HEAD_REVISION] * 8


def test_a_file_that_is_no_database_is_told(path):
    path.write_bytes(b"this is no database at all" * 100)
    with pytest.raises(StorageError) as caught:
        open_database(sqlite_url(path))
    assert caught.value.code == "catalogue-damaged"
    assert str(path) in caught.value.message


def test_an_empty_file_is_a_new_catalogue(path):
    path.touch()
    assert open_database(sqlite_url(path)).schema_revision() == HEAD_REVISION


def test_a_connection_survives_a_fork_by_not_being_kept(database, path, run_python):
    run_python(
        "import os\nfrom pathlib import Path\nfrom modelport.storage.database import open_database, sqlite_url\n"
        "from modelport.storage.tables import model_names\n"
        f"database = open_database(sqlite_url(Path({str(path)!r})))\n"
        "child = os.fork()\n"
        "with database.writing() as connection:\n"
        "    connection.execute(model_names.insert().values(name=str(child > 0), last_version=1))\n"
        "os._exit(0) if not child else None\n"
        "raise SystemExit(os.waitpid(child, 0)[1])\n"
    )
    with database.reading() as connection:
        assert connection.scalar(sa.select(sa.func.count()).select_from(model_names)) == 2


def test_the_files_own_check_reports_broken_references(database, path):
    assert database.integrity_problems() == ()
    raw = sqlite3.connect(path)
    raw.execute("INSERT INTO run_files VALUES ('none', 'a', 'b', 1)")
    raw.commit()
    raw.close()
    assert "run_files" in database.integrity_problems()[0]


@pytest.mark.parametrize("name", ["a?b=c", "a#b", "50%20", "with space", "ünï"])
def test_any_folder_name_will_do(tmp_path, name):
    path = tmp_path / name / "catalog.db"
    path.parent.mkdir()
    open_database(sqlite_url(path))
    assert path.stat().st_size > 0
