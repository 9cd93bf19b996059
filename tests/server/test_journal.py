"""What is written down is written by one thread, in order: a disk that takes its time holds nobody up, and a stop loses
nothing."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.server.conftest import StartReplica

from modelport.events import Event, EventLines, EventRecord
from modelport.server import journal as journal_module
from modelport.server.journal import Journal
from modelport.server.logs import LogFile

TALKS = """
    def init(): pass
    def run(raw):
        for _ in range(100): print(raw * 100)
        return 1
"""


@pytest.fixture
def stuck(tmp_path: Path) -> Iterator[tuple[Path, int]]:
    """A file that takes nothing until somebody reads: its path, and the descriptor to read from."""
    path = tmp_path / "stuck"
    os.mkfifo(path)
    descriptor = os.open(path, os.O_RDWR | os.O_NONBLOCK)
    with pytest.raises(BlockingIOError):
        while True:
            os.write(descriptor, b"\n" * 4096)
    yield path, descriptor
    os.close(descriptor)


def read_to_the_end_of(descriptor: int, found: list[bytes], until: bytes) -> threading.Thread:
    """Read on a thread until `until` has come."""

    def read() -> None:
        os.set_blocking(descriptor, True)
        while until not in b"".join(found[-2:]):
            found.append(os.read(descriptor, 1 << 16))

    thread = threading.Thread(target=read, daemon=True)
    thread.start()
    return thread


def test_a_log_that_cannot_be_written_holds_no_request_up(
    start_replica: StartReplica, stuck: tuple[Path, int]
) -> None:
    path, descriptor = stuck
    replica = start_replica(TALKS, log_file=path, max_request_wait_time_ms=5_000)
    for _ in range(20):
        assert replica.ask("POST", "/score", b"12345678", timeout=5).json == 1
    found: list[bytes] = []
    replica.process.terminate()
    reading = read_to_the_end_of(descriptor, found, b"draining")
    assert replica.process.wait(15) == 0
    reading.join(10)
    assert sum(line.endswith(b"| " + b"12345678" * 100) for line in b"".join(found).splitlines()) == 20 * 100


def test_an_event_record_that_cannot_be_written_holds_no_request_up(
    start_replica: StartReplica, stuck: tuple[Path, int]
) -> None:
    script = "def init(): pass\ndef run(raw): raise ValueError(raw)"
    replica = start_replica(script, max_request_wait_time_ms=5_000)
    (replica.directory / "events.jsonl").unlink()
    (replica.directory / "events.jsonl").symlink_to(stuck[0])
    for _ in range(3):
        assert replica.ask("POST", "/score", b"1", timeout=5).status == 502
    assert replica.ask("GET", "/livez", timeout=5).status == 200
    assert replica.status()["state"] == "ready"
    read_to_the_end_of(stuck[1], [], b"server-stopped")
    replica.process.terminate()
    assert replica.process.wait(15) == 0


def test_a_stop_loses_no_line(start_replica: StartReplica) -> None:
    script = "def init(): pass\ndef run(raw):\n    for number in range(30_000): print('line', number)"
    replica = start_replica(script, max_request_wait_time_ms=20_000)
    assert replica.score([]).status == 200
    replica.control(command="stop")
    replica.process.wait(15)
    found = [line.rpartition("| ")[2] for line in replica.log().splitlines()]
    assert [line for line in found if line.startswith("line")] == [f"line {number}" for number in range(30_000)]


def test_what_was_noted_before_a_control_answer_is_in_the_record_when_it_comes(start_replica: StartReplica) -> None:
    replica = start_replica("import os\ndef init(): pass\ndef run(raw): os._exit(7)")
    assert replica.score([]).status == 502
    replica.control(command="status")
    assert "worker-died" in [event.kind for event in EventRecord(replica.directory).read()]


def test_lines_and_events_keep_their_order_and_end_with_the_journal(tmp_path: Path) -> None:
    with (tmp_path / "out").open("ab") as out:
        journal = Journal(LogFile(tmp_path / "out"), EventLines(out.fileno()))
        for number in range(100):
            journal.write("server", "stdout", "", f"line {number}")
            journal.append(Event("probe", message=f"event {number}"))
        journal.close()
    found = (tmp_path / "out").read_text().splitlines()
    expected = [f"{what} {number}" for number in range(100) for what in ("line", "event")]
    assert len(found) == 200
    assert all(words in line for line, words in zip(found, expected, strict=True))


def test_lines_that_found_no_room_are_counted_where_they_are_missing(
    stuck: tuple[Path, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal_module, "QUEUE_BYTES_MAX", 100_000)
    path, descriptor = stuck
    record = EventRecord(path.parent / "service")
    journal = Journal(LogFile(path), record)
    for number in range(1_000):
        journal.write("server", "stdout", "", f"{number} {'x' * 500}")
    journal.append(Event("probe", message="kept all the same"))
    found: list[bytes] = []
    reading = read_to_the_end_of(descriptor, found, b" were lost")
    journal.close()
    reading.join(10)
    lines = [line.partition("| ")[2] for line in b"".join(found).decode().splitlines() if line]
    kept = len(lines) - 1
    assert 50 < kept < 200
    assert [line.partition(" ")[0] for line in lines[:-1]] == [str(number) for number in range(kept)]
    assert lines[-1].startswith(f"{1_000 - kept} lines were lost here")
    assert [event.message for event in record.read()] == ["kept all the same"]


def test_an_event_that_the_disk_does_not_take_is_told_in_the_log(tmp_path: Path) -> None:
    (tmp_path / "events.jsonl").symlink_to("/dev/full")
    journal = Journal(LogFile(tmp_path / "log"), EventRecord(tmp_path))
    journal.append(Event("probe"))
    journal.close()
    assert "server stderr - | an event (probe) could not be kept: " in (tmp_path / "log").read_text()


def test_who_waits_until_all_is_written_does_not_wait_for_ever(
    stuck: tuple[Path, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal_module, "CLOSE_SECONDS_MAX", 0.1)
    journal = Journal(LogFile(stuck[0]), None)
    journal.write("server", "stdout", "", "x")

    async def wait() -> bool:
        return await journal.written(0.05)

    assert not asyncio.run(wait())
    journal.close()


def test_a_log_that_cannot_begin_anew_goes_on_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("modelport.server.logs.SEGMENT_BYTES_MAX", 100)
    (tmp_path / "service.log.3" / "in-the-way").mkdir(parents=True)
    (tmp_path / "service.log.2").touch()
    journal = Journal(LogFile(tmp_path / "service.log"), None)
    for number in range(5):
        journal.write("server", "stdout", "", f"line {number} " + "x" * 100)
        assert asyncio.run(journal.written(5.0))
    journal.close()
    assert [f"line {number}" in (tmp_path / "service.log").read_text() for number in range(5)] == [True] * 5
