"""Processes known by their place in the process table."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

from modelport import process_table


def test_a_process_whose_first_thread_has_ended_lives_while_another_runs() -> None:
    code = (
        "import ctypes, sys, threading\n"
        "threading.Thread(target=sys.stdin.read).start()\n"
        "print('ready', flush=True)\n"
        "ctypes.CDLL(None).pthread_exit(None)\n"  # ends the first thread alone
    )
    child = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    with child:
        child.stdout.readline()
        stat = Path(f"/proc/{child.pid}/stat")
        deadline = time.monotonic() + 10
        while stat.read_text().rpartition(")")[2].split()[0] != "Z" and time.monotonic() < deadline:
            time.sleep(0.01)
        assert stat.read_text().rpartition(")")[2].split()[0] == "Z"
        assert process_table.start_ticks_of(child.pid) is not None
        child.kill()


def test_what_bears_the_mark_of_a_folder_is_killed_and_nothing_else(tmp_path) -> None:
    def sleeper(folder):
        return subprocess.Popen(["sleep", "60"], env={**os.environ, "MARK": str(folder)})

    with sleeper(tmp_path / "mine" / "a") as mine, sleeper(tmp_path / "mine2" / "a") as other:
        assert process_table.kill_those_of("MARK", tmp_path / "mine") == 1
        assert mine.wait(10) == -9 and other.poll() is None
        other.kill()
