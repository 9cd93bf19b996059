"""Log files: their last lines over segments, and lines that come."""

from __future__ import annotations

import shutil
import threading
import time

from modelport.services.target import LogRequest
from modelport.targets.local_logs import read


def lines(path, wanted=5000):
    return list(read(path, LogRequest(wanted)))


def test_log_that_is_not_there_has_no_lines(tmp_path):
    assert lines(tmp_path / "service.log") == []


def test_last_lines_come_in_order(tmp_path):
    path = tmp_path / "service.log"
    path.write_text("a\nb\nc\n")
    assert lines(path, 2) == ["b", "c"]


def test_long_log_is_read_from_its_end(tmp_path):
    path = tmp_path / "service.log"
    path.write_text("".join(f"line {number} {'x' * 80}\n" for number in range(20_000)))
    assert [line.split()[1] for line in lines(path, 3)] == ["19997", "19998", "19999"]


def test_older_segments_count(tmp_path):
    (tmp_path / "service.log.2").write_text("a\n")
    (tmp_path / "service.log.1").write_text("b\n")
    (tmp_path / "service.log").write_text("c\n")
    assert lines(tmp_path / "service.log") == ["a", "b", "c"]
    assert lines(tmp_path / "service.log", 2) == ["b", "c"]


def test_bytes_that_are_no_text_do_not_break_it(tmp_path):
    (tmp_path / "service.log").write_bytes(b"ab\xff\n")
    assert lines(tmp_path / "service.log") == ["ab\ufffd"]


def test_following_sees_new_lines_and_a_log_begun_anew(tmp_path):
    path = tmp_path / "service.log"
    path.write_text("old\n")
    seen: list[str] = []

    def follow():
        for line in read(path, LogRequest(0, follow=True)):
            seen.append(line)
            if line == "last":
                return

    reader = threading.Thread(target=follow, daemon=True)
    reader.start()
    time.sleep(0.15)
    with path.open("a") as file:
        file.write("new\n")
    time.sleep(0.25)
    path.rename(tmp_path / "service.log.1")
    path.write_text("last\n")
    reader.join(5)
    assert seen == ["new", "last"]


def test_following_ends_when_the_folder_is_gone(tmp_path):
    folder = tmp_path / "service"
    folder.mkdir()
    (folder / "service.log").write_text("")
    threading.Timer(0.1, lambda: [(folder / "service.log").unlink(), folder.rmdir()]).start()
    assert list(read(folder / "service.log", LogRequest(0, follow=True))) == []


def test_only_a_newline_ends_a_line(tmp_path):
    path = tmp_path / "service.log"
    path.write_text("a\x0cb\u2028c\x85d\ne\n")
    assert lines(path) == ["a\x0cb\u2028c\x85d", "e"]


def test_following_begins_when_it_is_asked_for_and_not_when_the_first_line_is_taken(tmp_path):
    path = tmp_path / "service" / "service.log"
    path.parent.mkdir()
    path.write_text("a\n")
    coming = read(path, LogRequest(0, follow=True))
    with path.open("a") as log:
        log.write("b\n")
    threading.Timer(0.3, shutil.rmtree, [path.parent]).start()
    assert list(coming) == ["b"]
