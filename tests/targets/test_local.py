"""What only the local target has: processes, sockets and ports of this machine."""

from __future__ import annotations

import json
import os
import socket
import sys
import tempfile
from pathlib import Path

import pytest

from modelport import process, process_table
from modelport.errors import ConflictError, DeploymentError, UserError
from modelport.manifest import Limits, Listen, Manifest, Places, Program
from modelport.process_table import ProcessIdentity
from modelport.services import serving_lock
from modelport.services.target import ServicePlace
from modelport.settings import read_settings
from modelport.targets.local import LocalTarget, make_runtime_directory

SCRIPT = "def init():\n    pass\ndef run(data):\n    return data\n"


@pytest.fixture
def runtime():
    with tempfile.TemporaryDirectory(prefix="mp-") as directory:
        yield Path(directory) / "s"


@pytest.fixture
def place(tmp_path, runtime):
    made = ServicePlace("0001", "mysvc", tmp_path, runtime, 1, "op1")
    yield made
    LocalTarget(read_settings().environ).delete(made)


def manifest_for(place, port=0):
    app = place.directory / "revisions" / "1" / "app"
    app.mkdir(parents=True)
    (app / "score.py").write_text(SCRIPT)
    places = Places(str(place.directory), str(place.runtime_directory), "", str(place.directory / "service.log"))
    program = Program(sys.executable, str(app), "score.py")
    return Manifest("mysvc", program, "0001", 1, "op1", Limits(), Listen(port=port), places)


def test_server_is_a_session_of_its_own(place):
    seen = LocalTarget(read_settings().environ).apply(place, manifest_for(place))
    assert os.getsid(seen.pid) == seen.pid != os.getsid(0)


def test_workers_die_with_a_killed_server(place):
    target = LocalTarget(read_settings().environ)
    seen = target.apply(place, manifest_for(place))
    worker = seen.status["workers"][0]["pid"]
    identity = ProcessIdentity(worker, process_table.start_ticks_of(worker) or 0)
    process_table.kill(ProcessIdentity(seen.pid, process_table.start_ticks_of(seen.pid) or 0))
    assert process_table.wait_until_gone(identity, timeout_seconds=5)


def test_busy_port_starts_nothing(place):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        with pytest.raises(ConflictError):
            LocalTarget(read_settings().environ).apply(place, manifest_for(place, other.getsockname()[1]))
    assert not (place.directory / "server.json").exists()


def test_server_that_cannot_start_is_told_with_its_last_words(place, tmp_path):
    broken = tmp_path / "broken"
    (broken / "modelport").mkdir(parents=True)
    (broken / "modelport" / "__init__.py").write_text("raise RuntimeError('a damaged installation')\n")
    target = LocalTarget({**read_settings().environ, "PYTHONPATH": str(broken)})
    with pytest.raises(DeploymentError, match="a damaged installation") as caught:
        target.apply(place, manifest_for(place))
    assert caught.value.step == "launch"


def test_relative_python_path_holds_in_the_folder_of_the_service(place, tmp_path, monkeypatch):
    source = Path(process.__file__).parents[1]
    monkeypatch.chdir(source.parent)
    target = LocalTarget({**read_settings().environ, "PYTHONPATH": source.name})
    assert target.apply(place, manifest_for(place)).alive


def test_socket_path_that_is_too_long_is_refused(tmp_path):
    place = ServicePlace("0001", "mysvc", tmp_path, tmp_path / ("x" * 100), 1)
    with pytest.raises(UserError, match="MODELPORT_RUNTIME_DIR"):
        LocalTarget({}).apply(place, manifest_for(place))


def test_folder_of_sockets_is_for_its_owner_alone(runtime):
    make_runtime_directory(runtime)
    assert runtime.stat().st_mode & 0o777 == 0o700


def test_damaged_identity_is_nothing_observed(place):
    (place.directory / "server.json").write_text("{")
    assert not LocalTarget({}).observe(place).launched


def test_process_that_took_over_the_number_is_not_the_server(place):
    target = LocalTarget(read_settings().environ)
    target.apply(place, manifest_for(place))
    path = place.directory / "server.json"
    kept = path.read_text()
    path.write_text(json.dumps({**json.loads(kept), "start_ticks": 1}))
    assert not target.observe(place).alive
    path.write_text(kept)
    assert target.observe(place).alive


def test_server_whose_starter_was_killed_is_ended_by_delete(place):
    manifest = manifest_for(place)
    path = place.manifest_path(1)
    manifest.write(path)
    make_runtime_directory(place.runtime_directory)
    with serving_lock.handed_on(place.directory) as held:
        words = [sys.executable, "-m", "modelport.server", path, *map(str, held)]
        server = process.spawn_detached(
            words, environ=os.environ, directory=place.directory, output=place.directory / "service.log", pass_fds=held
        )
    assert serving_lock.is_held(place.directory) and not (place.directory / "server.json").exists()
    LocalTarget(read_settings().environ).delete(place)
    assert process_table.wait_until_gone(server, timeout_seconds=1.0) and not serving_lock.is_held(place.directory)
