"""Rows, folders and locks of services."""

from __future__ import annotations

import multiprocessing
import time

import pytest

from modelport.errors import ConflictError, NotFoundError
from modelport.events import Event, EventRecord
from modelport.services.spec import ModelPlacement, ScriptSpec, ServiceSpec
from modelport.services.store import ServicePlaces, ServiceStore
from modelport.settings import read_settings
from modelport.workspace import Home


@pytest.fixture
def store(workspace, tmp_path):
    return make_store(workspace)


def make_store(workspace):
    directory = workspace.directory
    return ServiceStore(workspace.database, ServicePlaces(directory / "services", directory / "archive", directory))


def spec(name="mysvc", **options):
    return ServiceSpec(name, "local", ScriptSpec("/tmp/score.py"), **options)


def hold(workspace_name, ready, seconds):
    """In another process: hold the operation lock for a while."""
    store = make_store(Home(read_settings()).get(workspace_name))
    with store.operation(store.get("mysvc"), "update"):
        ready.set()
        time.sleep(seconds)


def test_service_is_found_by_name(store):
    made = store.create(spec())
    assert store.get("mysvc").id == made.id
    assert store.get("mysvc").spec == spec()


def test_missing_service_names_the_nearest(store):
    store.create(spec())
    with pytest.raises(NotFoundError, match="Did you mean 'mysvc'"):
        store.get("mysvd")


def test_name_is_taken_once(store):
    store.create(spec())
    with pytest.raises(ConflictError, match="mysvc"):
        store.create(spec())
    assert len(list(store.get("mysvc").directory.parent.iterdir())) == 1


def test_deleted_name_gets_another_folder(store):
    first = store.create(spec())
    store.remove(first)
    second = store.create(spec())
    assert first.directory != second.directory and not first.directory.exists()


def test_event_record_outlives_the_service(store, workspace):
    made = store.create(spec())
    EventRecord(made.directory, made.id).append(Event("deploy", "started"))
    store.remove(made)
    kept = list(EventRecord(workspace.directory / "archive" / made.id).read())
    assert [event.kind for event in kept] == ["deploy"]


def test_revision_numbers_are_never_given_twice(store):
    made = store.create(spec())
    assert store.begin_revision(store.get("mysvc"), spec()) == 2
    store.commit(store.get("mysvc"), 1, spec())  # the second revision failed
    assert store.begin_revision(store.get("mysvc"), spec()) == 3
    assert store.get("mysvc").revision == made.revision == 1


def test_models_of_both_revisions_are_held_while_one_starts(store, workspace, tmp_path):
    from modelport.registry.model import Registration

    (tmp_path / "m").write_text("weights")
    for _ in range(2):
        workspace.models.register(tmp_path / "m", Registration("m"))
    store.create(spec(models=(ModelPlacement("m", 1),)))
    store.begin_revision(store.get("mysvc"), spec(models=(ModelPlacement("m", 2),)))
    for version in (1, 2):
        with pytest.raises(ConflictError, match="mysvc"):
            workspace.models.delete(workspace.models.get("m", version))
    store.commit(store.get("mysvc"), 2, spec(models=(ModelPlacement("m", 2),)))
    workspace.models.delete(workspace.models.get("m", 1))


def test_second_operation_is_refused_and_names_the_first(store, workspace):
    record = store.create(spec())
    context = multiprocessing.get_context("spawn")
    ready = context.Event()
    other = context.Process(target=hold, args=(workspace.name, ready, 1.0))
    other.start()
    try:
        assert ready.wait(20)
        assert store.is_operating(record)
        with pytest.raises(ConflictError, match=rf"'update' by process {other.pid}"), store.operation(record, "delete"):
            pytest.fail("the lock was given twice")
    finally:
        other.kill()
        other.join()
    assert not store.is_operating(record)


def test_lock_of_a_killed_process_is_free(store, workspace):
    record = store.create(spec())
    context = multiprocessing.get_context("spawn")
    ready = context.Event()
    other = context.Process(target=hold, args=(workspace.name, ready, 60.0))
    other.start()
    assert ready.wait(20)
    other.kill()
    other.join()
    with store.operation(record, "update"):
        assert store.get("mysvc").id == record.id


def test_folder_of_a_killed_deploy_is_collected_and_its_record_kept(workspace, store):
    record = store.draft(spec())
    EventRecord(record.directory, record.id).append(Event("deploy", "started"))
    assert workspace.fsck().abandoned == (record.id,) and record.directory.exists()
    assert record.id in workspace.fsck(repair=True).collected and not record.directory.exists()
    assert (workspace.directory / "archive" / record.id / "events.jsonl").exists()


def test_folder_of_a_deploy_under_way_is_nobodys_leftover(workspace, store):
    with store.drafted(spec(), "deploy") as record:
        assert workspace.fsck(repair=True).abandoned == () and record.directory.exists()


def test_folder_of_a_living_service_is_no_leftover(workspace, store):
    record = store.create(spec())
    assert workspace.fsck(repair=True).collected == () and record.directory.exists()
