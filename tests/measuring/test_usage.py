"""Processor time and memory of real processes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from modelport.errors import UserError
from modelport.measuring import usage
from modelport.measuring.usage import processes_below, watched

BUSY = """
import subprocess, sys, time
if len(sys.argv) > 1:
    block = bytearray(64 << 20)
    while time.process_time() < 0.4:
        pass
    print("done", flush=True)
    sys.stdin.read()
else:
    sys.exit(subprocess.call([sys.executable, __file__, "child"]))
"""


@pytest.fixture
def busy(tmp_path: Path):
    script = tmp_path / "busy.py"
    script.write_text(BUSY)
    child = subprocess.Popen([sys.executable, str(script)], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    yield child
    child.stdin.close()
    child.stdout.close()
    child.wait(30)


def test_what_a_child_of_the_process_uses_counts(busy):
    with watched(busy.pid) as watch:
        assert busy.stdout.readline() == b"done\n"
    used = watch.usage
    assert used.cpu_seconds >= 0.3
    assert used.memory_bytes_max >= 64 << 20
    assert 0 < used.cpu_cores_max <= (os.cpu_count() or 1) * 1.5


def test_children_of_children_are_below(busy):
    busy.stdout.readline()
    assert len(processes_below(busy.pid)) == 2


def test_a_process_that_is_gone_uses_nothing():
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait(30)
    with watched(ended.pid) as watch:
        watch.look()
    assert (watch.usage.cpu_seconds, watch.usage.memory_bytes_max) == (0, 0)


def test_a_system_that_shows_nothing_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(usage, "_PROC", tmp_path)
    with pytest.raises(UserError) as caught, watched(1):
        pytest.fail("nothing can be measured")
    assert caught.value.code == "measuring-unavailable"
