"""A disk that is full, a process that is killed, files that are damaged: nothing is half there."""

from __future__ import annotations

import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from modelport.errors import StorageError
from modelport.registry.model import Registration
from modelport.settings import read_settings
from modelport.workspace import Home

REGISTER = """
import sys
from pathlib import Path
from modelport.registry.model import Registration
from modelport.settings import read_settings
from modelport.workspace import Home
workspace = Home(read_settings({"MODELPORT_HOME": sys.argv[1]})).create("demo", exist_ok=True)
print("ready", flush=True)
while True:
    print(workspace.models.register(Path(sys.argv[2]), Registration("m")).version, flush=True)
"""


def only_blob(workspace):
    return next(path for path in (workspace.directory / "blobs/sha256").rglob("*") if path.is_file())


@pytest.mark.parametrize("delay_seconds", [0.0, 0.002, 0.005, 0.01, 0.02])
def test_kill_9_leaves_models_absent_or_complete(tmp_path, make_file, delay_seconds):
    for number in range(10):
        make_file(f"folder/{number}.bin", os.urandom(100_000))
    folder = tmp_path / "source/folder"
    program = subprocess.Popen(
        [sys.executable, "-c", REGISTER, str(tmp_path / "home"), str(folder)], stdout=subprocess.PIPE, text=True
    )
    assert program.stdout.readline() == "ready\n"
    time.sleep(delay_seconds)
    program.send_signal(signal.SIGKILL)
    announced = [int(line) for line in program.communicate()[0].split("\n") if line]
    workspace = Home(read_settings({"MODELPORT_HOME": str(tmp_path / "home")})).get("demo")
    models = workspace.models.find()
    assert workspace.fsck().is_sound
    assert set(announced) <= {model.version for model in models}
    assert all(len(workspace.models.contents(model).files) == 10 for model in models)
    workspace.fsck(repair=True)
    report = workspace.fsck()
    assert report.is_sound and not report.orphans and not report.unfinished
    assert workspace.models.register(folder, Registration("m")).version == len(models) + 1


def test_a_killed_first_opening_leaves_nothing_in_the_way(tmp_path):
    home = tmp_path / "home"
    program = (
        "import sys\nfrom modelport.settings import read_settings\nfrom modelport.workspace import Home\n"
        f"Home(read_settings({{'MODELPORT_HOME': {str(home)!r}}})).create(sys.argv[1])"
    )
    for number, delay_seconds in enumerate([0.05, 0.2, 0.35, 0.45, 0.5, 0.55, 0.6]):
        name = f"demo{number}"
        started = subprocess.Popen([sys.executable, "-c", program, name])
        time.sleep(delay_seconds)
        started.kill()
        started.wait()
        workspace = Home(read_settings({"MODELPORT_HOME": str(home)})).create(name, exist_ok=True)
        assert workspace.models.find() == []


@pytest.fixture
def small_disk(tmp_path, need):
    """A file system of 2 MB."""
    path = tmp_path / "small"
    path.mkdir()
    mount, unmount = shutil.which("mount"), shutil.which("umount")
    done = mount and unmount and subprocess.run(
        [mount, "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(path)], capture_output=True, check=False
    )
    mounted = bool(done and done.returncode == 0)
    need("the right to mount a small file system", mounted, "run as root with CAP_SYS_ADMIN")
    yield path
    subprocess.run([str(unmount), str(path)], check=True)


def test_a_full_disk_says_so_and_leaves_nothing(small_disk, make_file):
    workspace = Home(read_settings({"MODELPORT_HOME": str(small_disk / "home")})).create("demo")
    small = workspace.models.register(make_file("small.bin"), Registration("m"))
    with pytest.raises(StorageError, match="no space left") as caught:
        workspace.models.register(make_file("big.bin", bytes(4 << 20)), Registration("m"))
    assert caught.value.code == "disk-full"
    report = workspace.fsck()
    assert report.is_sound and not report.unfinished and not report.orphans
    assert [model.id for model in workspace.models.find()] == [small.id]


@pytest.mark.parametrize("size_bytes", [4_096, 100_000, 700_000])
def test_a_disk_that_fills_up_halfway_through_a_folder_has_its_room_back(small_disk, make_file, size_bytes):
    workspace = Home(read_settings({"MODELPORT_HOME": str(small_disk / "home")})).create("demo")
    kept = make_file("folder/0.bin", os.urandom(size_bytes))
    workspace.models.register(kept, Registration("m"))  # the folder has this content too, which must stay
    for number in range(1, 4_000_000 // size_bytes):
        make_file(f"folder/{number}.bin", os.urandom(size_bytes))
    before = shutil.disk_usage(small_disk).free
    with pytest.raises(StorageError, match="no space left"):
        workspace.models.register(kept.parent, Registration("m"))
    assert shutil.disk_usage(small_disk).free >= before - 64_000  # the catalogue's own files may stay open
    report = workspace.fsck()
    assert report.is_sound and not report.unfinished and not report.orphans and report.contents == 1
    assert workspace.models.register(make_file("small.bin"), Registration("m")).version == 2


def test_an_archive_that_does_not_fit_leaves_nothing(small_disk, make_file, tmp_path):
    workspace = Home(read_settings({"MODELPORT_HOME": str(small_disk / "home")})).create("demo")
    make_file("folder/zeros.bin", bytes(8 << 20))
    archive = shutil.make_archive(str(tmp_path / "model"), "gztar", tmp_path / "source")
    with pytest.raises(StorageError, match="no space left"):
        workspace.models.register(Path(archive), Registration("m"), unpack=True)
    report = workspace.fsck()
    assert report.is_sound and (report.contents, report.unfinished) == (0, ())


def test_a_repair_makes_room_on_a_full_disk(small_disk):
    home = Home(read_settings({"MODELPORT_HOME": str(small_disk / "home")}))
    incoming = home.create("demo").directory / "blobs" / "incoming"
    incoming.mkdir(parents=True)
    with pytest.raises(OSError, match="No space"):
        (incoming / "of a killed program").write_bytes(bytes(4 << 20))
    assert home.get("demo").fsck(repair=True).collected == ("of a killed program",)
    assert home.get("demo").fsck().is_sound


def test_a_limit_on_the_size_of_files_says_so_and_leaves_nothing(registry, workspace, make_file):
    source = make_file("big.bin", bytes(4 << 20))
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2 << 20, before[1]))
    try:
        with pytest.raises(StorageError, match="disk-full"):
            registry.register(source, Registration("m"))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert workspace.fsck().is_sound and workspace.artifacts.leftovers() == []


def test_a_download_onto_a_full_disk_leaves_nothing(small_disk, registry, make_file):
    model = registry.register(make_file("big.bin", os.urandom(4 << 20)), Registration("m"))
    with pytest.raises(StorageError, match="disk-full"):
        registry.download(model, small_disk / "out")
    assert os.listdir(small_disk / "out") == []


def test_a_damaged_content_is_found_and_names_the_model(registry, workspace, make_file):
    registry.register(make_file("m.pkl", "original"), Registration("m"))
    blob = only_blob(workspace)
    blob.chmod(0o644)
    blob.write_text("0riginal")
    report = workspace.fsck()
    assert not report.is_sound
    assert [item.used_by for item in report.damaged] == [("model m:1: m.pkl",)]


def test_a_missing_content_is_found_and_names_the_model(registry, workspace, make_file):
    registry.register(make_file("m.pkl"), Registration("m"))
    only_blob(workspace).unlink()
    report = workspace.fsck(repair=True)
    assert [item.used_by for item in report.missing] == [("model m:1: m.pkl",)]
    assert report.to_dict()["is_sound"] is False


def test_a_damaged_content_is_not_handed_out(registry, workspace, make_file, tmp_path):
    model = registry.register(make_file("m.pkl", "original"), Registration("m"))
    blob = only_blob(workspace)
    blob.chmod(0o644)
    blob.write_text("0riginal")
    with pytest.raises(StorageError, match="blob-damaged"):
        registry.download(model, tmp_path / "out")
    assert os.listdir(tmp_path / "out") == []


def test_registering_again_heals_a_damaged_content(registry, workspace, make_file):
    path = make_file("m.pkl", "original")
    registry.register(path, Registration("m"))
    blob = only_blob(workspace)
    blob.chmod(0o644)
    blob.write_text("0riginal")
    registry.register(path, Registration("m"))
    assert workspace.fsck().is_sound


def test_leftovers_are_told_and_collected_and_nothing_else(registry, workspace, make_file):
    model = registry.register(make_file("m.pkl"), Registration("m"))
    blobs = workspace.directory / "blobs"
    (blobs / "incoming/abandoned").write_text("half")
    orphan = blobs / "sha256/00" / ("0" * 64)
    orphan.parent.mkdir()
    orphan.write_text("nobody's")
    report = workspace.fsck()
    assert report.is_sound and report.orphans == ("0" * 64,) and report.unfinished == ("abandoned",)
    assert set(workspace.fsck(repair=True).collected) == {"0" * 64, "abandoned"}
    assert workspace.fsck().contents == 1
    assert registry.contents(model).files[0].path == "m.pkl"


def test_while_somebody_writes_leftovers_are_not_judged(workspace):
    with workspace.artifacts.writing():
        assert workspace.fsck().busy


def test_a_damaged_catalogue_is_told(workspace):
    Path(workspace.directory / "catalog.db").write_bytes(b"not a database" * 1000)
    with pytest.raises(StorageError, match="catalogue-damaged"):
        workspace.models.find()
