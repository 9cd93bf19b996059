"""What an operation left unrecorded, because its process was killed, is recorded by the next look."""

from __future__ import annotations

import json
import time
from dataclasses import replace

import pytest

from modelport import process_table
from modelport.errors import ConflictError, DeploymentError
from modelport.registry.model import Registration
from modelport.services.request import ScriptRequest, ServiceChange
from modelport.services.spec import ModelPlacement

RAISES = "def init():\n    raise ValueError('no')\ndef run(data):\n    return 1\n"


@pytest.fixture
def running(manager, request_for, workspace, tmp_path):
    """The service 'mysvc' with m:1; m:2 is registered."""
    (tmp_path / "m.bin").write_text("weights")
    for _ in range(2):
        workspace.models.register(tmp_path / "m.bin", Registration("m"))
    manager.deploy(request_for(models=("m:1",)))
    manager.wait("mysvc")
    return manager


def begin_and_leave(manager):
    """What an update to m:2 leaves that is killed before it has told the server."""
    record = manager._store.get("mysvc")
    manager._store.begin_revision(record, replace(record.spec, models=(ModelPlacement("m", 2),)))


def delete_model(workspace, version):
    workspace.models.delete(workspace.models.get("m", version))


def test_model_of_an_update_that_was_killed_can_be_deleted(running, workspace):
    begin_and_leave(running)
    delete_model(workspace, 2)
    with pytest.raises(ConflictError, match="mysvc"):
        delete_model(workspace, 1)


def test_model_of_an_update_that_was_killed_can_be_deleted_once_the_server_died(running, workspace):
    begin_and_leave(running)
    words = json.loads((running._store.get("mysvc").directory / "server.json").read_text())
    process_table.kill(process_table.ProcessIdentity(words["pid"], words["start_ticks"]))
    delete_model(workspace, 2)
    with pytest.raises(ConflictError, match="mysvc"):
        delete_model(workspace, 1)


def test_model_of_an_update_that_failed_can_be_deleted(running, workspace, tmp_path):
    (tmp_path / "bad.py").write_text(RAISES)
    running.update("mysvc", ServiceChange(script=ScriptRequest(str(tmp_path / "bad.py")), models=("m:2",)))
    with pytest.raises(DeploymentError):
        running.wait("mysvc")
    delete_model(workspace, 2)
    assert running.get("mysvc").revision == 1


def test_model_of_an_update_under_way_is_held(running, workspace):
    with running._store.operation(running._store.get("mysvc"), "update"):
        begin_and_leave(running)
        with pytest.raises(ConflictError, match="mysvc"):
            delete_model(workspace, 2)


def test_replicas_that_were_not_recorded_are_those_of_the_server(running):
    record = running._store.get("mysvc")
    running._parts.targets["local"].scale(record.place(), 2)
    deadline = time.monotonic() + 20
    while (found := running.get("mysvc")).desired_replicas != 2 and time.monotonic() < deadline:
        time.sleep(0.02)
    assert (found.desired_replicas, found.spec.limits.workers) == (2, 2)


def test_update_of_a_stopped_service_that_was_killed_last_of_all_is_no_stopped_service(running):
    running._store.set_replicas(running._store.get("mysvc"), 0)
    assert running.get("mysvc").desired_replicas == running._store.get("mysvc").desired_replicas == 1


def test_number_of_a_revision_is_not_given_twice_by_a_look_with_an_old_record(running):
    old = running._store.get("mysvc")
    begin_and_leave(running)
    running._reconciled(old)
    assert running._store.get("mysvc").last_revision == 2
