"""A catalogue that cannot be used: the error names the file and what to do, the exit code is 9, and nothing is lost."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from modelport.cli import main
from modelport.errors import StorageError
from modelport.registry.model import Registration
from modelport.settings import read_settings
from modelport.storage.database import open_database, sqlite_url
from modelport.storage.tables import model_names
from modelport.workspace import Home

HOLD_LOCK = (
    "import sys, time\nfrom pathlib import Path\nfrom modelport.storage.files import locked\n"
    "with locked(Path(sys.argv[1] + '.lock')):\n    print('held', flush=True)\n    time.sleep(600)\n"
)
HOLD_DATABASE = (
    "import sqlite3, sys, time\nconnection = sqlite3.connect(sys.argv[1], isolation_level=None)\n"
    "connection.execute('BEGIN IMMEDIATE')\nprint('held', flush=True)\ntime.sleep(600)\n"
)
COMMANDS = (("model", "list"), ("model", "register", "-n", "m", "file.bin"), ("fsck", "--repair"))


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home whose workspace `default` has a model."""
    monkeypatch.setenv("MODELPORT_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    furnish(tmp_path / "home", tmp_path)
    return tmp_path / "home"


def furnish(home: Path, work: Path) -> None:
    (work / "file.bin").write_bytes(b"content")
    workspace = Home(read_settings({**os.environ, "MODELPORT_HOME": str(home)})).create("default")
    workspace.models.register(work / "file.bin", Registration("m"))


def catalogue(home: Path) -> Path:
    return home / "workspaces" / "default" / "catalog.db"


def contents(home: Path) -> dict[str, bytes]:
    """Every stored content of the workspace, and the catalogue's file."""
    blobs = catalogue(home).parent / "blobs"
    files = [path for path in [*blobs.rglob("*"), catalogue(home)] if path.is_file()]
    return {str(path): path.read_bytes() for path in files}


def remove(path: Path) -> None:
    path.unlink()


def empty(path: Path) -> None:
    os.truncate(path, 0)


def cut_in_half(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def cut_to_a_part_of_its_head(path: Path) -> None:
    os.truncate(path, 60)


def overwrite(path: Path) -> None:
    path.write_bytes(b"this is no database\n" * 500)


def spoil_its_pages(path: Path) -> None:
    with path.open("r+b") as stream:
        stream.seek(4096)
        stream.write(b"\xa5" * (path.stat().st_size - 4096))


def make_it_newer(path: Path) -> None:
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
        connection.commit()


def replace_by_a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (remove, "catalogue-missing"),
        (empty, "catalogue-missing"),
        (cut_in_half, "catalogue-damaged"),
        (cut_to_a_part_of_its_head, "catalogue-damaged"),
        (overwrite, "catalogue-damaged"),
        (spoil_its_pages, "catalogue-damaged"),
        (make_it_newer, "catalogue-newer"),
        (replace_by_a_folder, "catalogue-damaged"),
    ],
)
def test_spoilt_catalogue_is_told_and_nothing_is_lost(
    home: Path, capsys: pytest.CaptureFixture[str], spoil: Callable[[Path], None], code: str
) -> None:
    spoil(catalogue(home))
    before = contents(home)
    for words in COMMANDS:
        exit_code = main(list(words))
        told = capsys.readouterr().err
        assert (exit_code, f"[{code}]" in told) == (StorageError.exit_code, True), (words, told)
        assert f"'{catalogue(home)}'" in told and "  -> " in told
    assert contents(home) == before


def test_catalogue_that_was_put_back_is_as_good_as_before(home: Path, tmp_path: Path) -> None:
    shutil.copy(catalogue(home), tmp_path / "backup.db")
    remove(catalogue(home))
    assert main(["fsck", "--repair"]) == StorageError.exit_code
    shutil.copy(tmp_path / "backup.db", catalogue(home))
    assert main(["fsck"]) == 0


@contextlib.contextmanager
def held(program: str, path: Path) -> Iterator[None]:
    """Another process runs `program` with the path, and holds something by the time the block begins."""
    other = subprocess.Popen([sys.executable, "-c", program, str(path)], stdout=subprocess.PIPE, text=True)
    try:
        assert other.stdout is not None and other.stdout.readline() == "held\n"
        yield
    finally:
        other.kill()
        other.communicate()


@pytest.mark.parametrize("program", [HOLD_LOCK, HOLD_DATABASE], ids=["by a Modelport that hangs", "by SQLite"])
def test_catalogue_that_is_locked_for_too_long_is_told_and_goes_on_afterwards(tmp_path: Path, program: str) -> None:
    path = tmp_path / "catalog.db"
    database = open_database(sqlite_url(path), busy_timeout_seconds=0.2)
    with held(program, path):
        with pytest.raises(StorageError) as caught, database.writing():
            pytest.fail("two wrote at once")
        with database.reading() as connection:  # who only reads never waits
            assert connection.execute(sa.select(model_names)).all() == []
    assert caught.value.code == "catalogue-locked"
    assert str(path) in caught.value.message and "0.2 s" in caught.value.message and "fuser" in caught.value.remedy
    with database.writing() as connection:
        connection.execute(model_names.insert().values(name="a", last_version=1))


def test_first_opening_that_hangs_is_not_waited_for_for_ever(tmp_path: Path) -> None:
    path = tmp_path / "catalog.db"
    program = HOLD_LOCK.replace(".lock", ".setup-lock")
    with held(program, path), pytest.raises(StorageError) as caught:
        open_database(sqlite_url(path), busy_timeout_seconds=0.2)
    assert caught.value.code == "catalogue-locked" and ".setup-lock" in caught.value.remedy


def test_file_that_may_only_be_read_is_told(home: Path, need: Callable[[str, bool, str], None]) -> None:
    words = [sys.executable, "-m", "modelport", "model", "register", "-n", "m", "file.bin"]
    if os.geteuid() == 0:  # whom no mode stops, unless it gives that right up
        setpriv = shutil.which("setpriv")
        need("setpriv", setpriv is not None, "apt-get install util-linux, or run the tests as another user than root")
        words = [str(setpriv), "--bounding-set", "-dac_override", *words]
    catalogue(home).chmod(0o400)
    before = contents(home)
    done = subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, "[home-not-writable]" in done.stderr) == (StorageError.exit_code, True), done.stderr
    assert str(catalogue(home)) in done.stderr
    catalogue(home).chmod(0o600)
    assert contents(home) == before and main(["fsck"]) == 0


@pytest.fixture
def read_only_home(tmp_path: Path, need: Callable[[str, bool, str], None]) -> Iterator[Path]:
    """A furnished home on a file system that was mounted read-only afterwards."""
    place = tmp_path / "disk"
    place.mkdir()
    words = ["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(place)]
    mounted = os.geteuid() == 0 and subprocess.run(words, capture_output=True, check=False).returncode == 0
    need("the right to mount a file system", mounted, "run the tests as root, outside of a container that forbids it")
    try:
        furnish(place / "home", tmp_path)
        subprocess.run(["mount", "-o", "remount,ro", str(place)], check=True)
        yield place / "home"
    finally:
        subprocess.run(["umount", "-l", str(place)], check=False)


def test_file_system_that_may_only_be_read_can_be_read(
    read_only_home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("MODELPORT_HOME", str(read_only_home))
    monkeypatch.chdir(tmp_path)
    assert main(["model", "list", "-o", "json"]) == 0
    assert len(json.loads(capsys.readouterr().out)) == 1


@pytest.mark.parametrize("words", [words for words in COMMANDS if words[-1] != "list"], ids=" ".join)
def test_file_system_that_may_only_be_read_is_told_to_who_writes(
    read_only_home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path,
    words: tuple[str, ...],
) -> None:  # fmt: skip
    monkeypatch.setenv("MODELPORT_HOME", str(read_only_home))
    monkeypatch.chdir(tmp_path)
    exit_code = main(list(words))
    told = capsys.readouterr().err
    assert (exit_code, "[home-not-writable]" in told) == (StorageError.exit_code, True), told
    assert str(read_only_home) in told and "  -> " in told
