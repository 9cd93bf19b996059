"""The event record: one line each, never more than 4 kB, safe for many writers, four segments."""

from __future__ import annotations

import json
import multiprocessing
from pathlib import Path

import pytest

from modelport import events
from modelport.events import Event, EventRecord


def test_reads_back_what_was_appended_in_order(tmp_path: Path) -> None:
    record = EventRecord(tmp_path, "service-1")
    record.append(Event("deploy", "started", operation="op", revision=3))
    record.append(Event("init", "failed", "no such file", operation="op", code="init-failed", duration_seconds=0.25))
    first, second = record.read()
    assert (first.kind, first.revision, first.service) == ("deploy", 3, "service-1")
    assert (second.message, second.code, second.duration_seconds) == ("no such file", "init-failed", 0.25)
    assert first.time < second.time


def test_joins_the_steps_of_one_operation(tmp_path: Path) -> None:
    record = EventRecord(tmp_path)
    for operation in ("a", "b", "a"):
        record.append(Event("check", operation=operation))
    assert len(list(record.read("a"))) == 2


def test_keeps_every_line_within_four_kilobytes_and_says_what_it_left_out() -> None:
    line = Event("init", "failed", "m" * 9000, data={"traceback": "é" * 9000, "more": "x" * 9000}).to_line()
    assert len(line) <= events.EVENT_BYTES_MAX
    assert "left out" in json.loads(line)["message"]


def test_leaves_out_a_torn_last_line(tmp_path: Path) -> None:
    record = EventRecord(tmp_path)
    record.append(Event("check"))
    with record.path.open("ab") as file:
        file.write(b'{"kind": "ini')
    assert [event.kind for event in record.read()] == ["check"]


def test_ignores_fields_that_a_later_version_added() -> None:
    assert Event.from_line('{"kind": "check", "colour": "blue"}').kind == "check"


def test_refuses_a_line_that_is_not_an_event() -> None:
    with pytest.raises(ValueError, match="not an event"):
        Event.from_line("[1]")


def _append_many(directory: Path, worker: int) -> None:
    record = EventRecord(directory)
    for number in range(100):
        record.append(Event("probe", message=f"{worker}-{number}", data={"filler": "x" * 1000}))


def test_many_processes_append_without_losing_or_mixing_lines(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=_append_many, args=(tmp_path, number)) for number in range(3)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    expected = {f"{writer}-{number}" for writer in range(3) for number in range(100)}
    assert {event.message for event in EventRecord(tmp_path).read()} == expected


def test_keeps_four_segments_and_drops_the_oldest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "SEGMENT_BYTES_MAX", 2000)
    record = EventRecord(tmp_path)
    for number in range(200):
        record.append(Event("probe", message=str(number)))
    kept = [int(event.message) for event in record.read()]
    assert kept == list(range(kept[0], 200))
    assert kept[0] > 0
    assert len(list(tmp_path.glob("events*.jsonl"))) <= events.SEGMENTS_KEPT


def test_is_readable_by_its_owner_only(tmp_path: Path) -> None:
    record = EventRecord(tmp_path / "service")
    record.append(Event("check"))
    assert record.path.stat().st_mode & 0o077 == 0
