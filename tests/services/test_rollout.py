"""Phases: in order, timed, recorded; undone in reverse when one fails."""

from __future__ import annotations

import errno

import pytest

from modelport.errors import DeploymentError, StorageError, UserError
from modelport.events import EventRecord
from modelport.services.rollout import Ledger, Phase, run_phases


@pytest.fixture
def events():
    return []


@pytest.fixture
def ledger(tmp_path, events):
    return Ledger(EventRecord(tmp_path, "0001"), "deploy", "op", 4, events.append)


def words(events):
    return [f"{event.kind} {event.status}" for event in events]


def failing(error):
    def run():
        raise error

    return run


def test_phases_are_recorded_with_their_time(tmp_path, ledger, events):
    run_phases([Phase("check", lambda: "fine"), Phase("place", lambda: "there")], ledger)
    assert words(events) == ["deploy started", "check started", "check succeeded", "place started", "place succeeded"]
    assert events[2].message == "fine" and events[2].duration_seconds >= 0
    assert {(event.operation, event.revision) for event in EventRecord(tmp_path).read()} == {("op", 4)}
    assert len(list(EventRecord(tmp_path).read())) == len(events)


def test_failure_undoes_in_reverse_order_the_failing_phase_first(ledger):
    undone = []
    phases = [
        Phase("check", lambda: "", lambda: undone.append("check")),
        Phase("place", failing(UserError("a-code", "no")), lambda: undone.append("place")),
        Phase("launch", lambda: "", lambda: undone.append("launch")),
    ]
    with pytest.raises(UserError):
        run_phases(phases, ledger)
    assert undone == ["place", "check"]


def test_what_the_disk_refuses_is_told_as_such(ledger):
    with pytest.raises(StorageError) as caught:
        run_phases([Phase("place", failing(OSError(errno.ENOSPC, "No space left on device")))], ledger)
    assert caught.value.code == "disk-full"


def test_record_that_cannot_be_written_keeps_nothing_from_being_undone(tmp_path, ledger):
    undone = []

    def break_record():
        EventRecord(tmp_path).path.unlink()
        EventRecord(tmp_path).path.mkdir()
        raise UserError("a-code", "no")

    def undo():
        undone.append("place")
        raise OSError("this cannot be undone, and that cannot be recorded")

    phases = [Phase("check", lambda: "", lambda: undone.append("check")), Phase("place", break_record, undo)]
    with pytest.raises(UserError):
        run_phases(phases, ledger)
    assert undone == ["place", "check"]


def test_failure_is_recorded_with_its_code(ledger, events):
    with pytest.raises(UserError):
        run_phases([Phase("check", failing(UserError("a-code", "no")))], ledger)
    assert [(event.kind, event.status, event.code) for event in events[-2:]] == [
        ("check", "failed", "a-code"),
        ("deploy", "failed", "a-code"),
    ]


def test_unforeseen_error_names_the_step(ledger):
    with pytest.raises(DeploymentError, match="Step 'place' failed: PermissionError") as caught:
        run_phases([Phase("check", lambda: ""), Phase("place", failing(PermissionError("no right")))], ledger)
    assert caught.value.step == "place"


def test_interrupt_undoes_and_passes(ledger):
    undone = []
    with pytest.raises(KeyboardInterrupt):
        run_phases([Phase("launch", failing(KeyboardInterrupt()), lambda: undone.append("launch"))], ledger)
    assert undone == ["launch"]


def test_undo_that_fails_hides_neither_the_cause_nor_the_other_undos(ledger, events):
    undone = []
    phases = [
        Phase("check", lambda: "", lambda: undone.append("check")),
        Phase("place", failing(UserError("a-code", "the cause")), failing(OSError("disk gone"))),
    ]
    with pytest.raises(UserError, match="the cause"):
        run_phases(phases, ledger)
    assert undone == ["check"]
    assert any("could not be undone" in event.message for event in events)
