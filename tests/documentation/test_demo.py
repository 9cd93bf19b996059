"""`make demo`: it ends by itself, holds what it claims, and leaves nothing behind, also when it is interrupted."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

DEMO = Path(__file__).parents[2] / "examples" / "demo.py"


def start(folder):
    environ = {**os.environ, "TMPDIR": str(folder), "NO_COLOR": "1", "PYTHONUNBUFFERED": "1"}
    return subprocess.Popen(
        [sys.executable, DEMO], env=environ, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )


def left_of(folder):
    """Processes whose home is below `folder`, and what lies there."""
    mark = f"MODELPORT_HOME={folder}".encode()
    processes = []
    for path in Path("/proc").glob("[0-9]*/environ"):
        try:
            if mark in path.read_bytes():
                processes.append(path.parent.name)
        except OSError:
            continue
    return processes, list(folder.iterdir())


@pytest.fixture
def short_folder():
    """Sockets lie in it, so its path must be short: shorter than those of `tmp_path`."""
    folder = Path(tempfile.mkdtemp(prefix="d-")).resolve()
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


def test_the_demo_ends_by_itself_and_leaves_nothing(short_folder):
    demo = start(short_folder)
    output, _ = demo.communicate(timeout=100)
    assert demo.returncode == 0, output
    assert "All 9 steps in" in output
    assert output.count(" 0 lost") == 2
    assert left_of(short_folder) == ([], [])


@pytest.mark.parametrize("moment", ["3. Deploy", "7. Update"])
def test_an_interrupted_demo_leaves_nothing(short_folder, moment):
    demo = start(short_folder)
    seen = []
    for line in demo.stdout:
        seen.append(line)
        if line.startswith(moment):
            demo.send_signal(signal.SIGINT)
            break
    rest, _ = demo.communicate(timeout=60)
    assert demo.returncode == 130, "".join(seen) + rest
    assert left_of(short_folder) == ([], [])
