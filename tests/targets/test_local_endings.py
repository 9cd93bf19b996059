"""What a server left is read by whoever looks next: that it was killed, that it crashed, and when."""

from __future__ import annotations

import os

import pytest

from modelport.services.target import Observation
from modelport.targets import local_endings

GONE = Observation(launched=True, alive=False, pid=7)
LIVED = "2026-11-20T21:38:01.123Z server stdout - | listening on http://127.0.0.1:1\n"
OF_WORKER = "2026-11-20T21:38:02.123Z worker-1 stderr - | Fatal Python error: Aborted\n"


@pytest.fixture
def control(tmp_path):
    made = tmp_path / "control.sock"
    made.touch()
    os.utime(made, (1000.0, 1000.0))
    return made


def test_last_sign_of_life_is_the_moment(tmp_path, control):
    assert local_endings.told(GONE, tmp_path, control).last_seen == 1000.0


def test_crash_is_told_by_the_log(tmp_path, control):
    (tmp_path / "service.log").write_text(LIVED + "Fatal Python error: Segmentation fault\n\nThread 0x1:\n")
    assert local_endings.told(GONE, tmp_path, control).crash == "Segmentation fault"


@pytest.mark.parametrize("log", [LIVED + OF_WORKER, "Fatal Python error: Aborted\n" + LIVED, ""])
def test_crashes_of_workers_and_of_older_lives_are_not_the_servers(tmp_path, control, log):
    (tmp_path / "service.log").write_text(log)
    assert local_endings.told(GONE, tmp_path, control).crash == ""


def test_nothing_left_is_no_error(tmp_path):
    assert local_endings.told(GONE, tmp_path / "gone", tmp_path / "gone" / "control.sock") == GONE
