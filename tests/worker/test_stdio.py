"""What user code prints: one marked line at a time, whoever prints it and however."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from tests.worker.interpreters import MOUNT, WORKER

INSTALL = MOUNT.format(folder=str(WORKER)) + "from _modelport_worker import stdio\nstdio.install(1, 2)\n"


def _printed(code: str, directory: Path) -> tuple[int, bytes, bytes]:
    done = subprocess.run([sys.executable, "-c", INSTALL + code], cwd=directory, capture_output=True, timeout=60)
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize(
    ("code", "out"),
    [
        ("print('a')", b"\x1e\x1fo\x1fa\n"),
        ("stdio.set_request_id('r')\nprint('a', 'b')", b"\x1er\x1fo\x1fa b\n"),
        ("print('a', end='')\nprint('b')\nprint()", b"\x1e\x1fo\x1fab\n\x1e\x1fo\x1f\n"),
        ("print('half', end='')", b"\x1e\x1fo\x1fhalf\n"),
        ("print('half', end='', flush=True)\nprint('rest')", b"\x1e\x1fo\x1fhalf\n\x1e\x1fo\x1frest\n"),
        ("sys.stdout.buffer.write(b'\\xff\\n')", b"\x1e\x1fo\x1f\xff\n"),
        ("print('\\ud800é')", b"\x1e\x1fo\x1f\\ud800\xc3\xa9\n"),
        ("print('\\r10 %', end='')\nprint('\\r20 %')", b"\x1e\x1fo\x1f10 %\n\x1e\x1fo\x1f20 %\n"),
        ("os = __import__('os')\nos.write(sys.stdout.fileno(), b'raw\\n')", b"raw\n"),
        ("sys.stdout.reconfigure(encoding='ascii')\nprint('é')", b"\x1e\x1fo\x1f\xc3\xa9\n"),
        ("print(sys.stdout.isatty(), sys.stdout.encoding)", b"\x1e\x1fo\x1fFalse utf-8\n"),
        ("sys.stdout.close()\nprint('still there')", b"\x1e\x1fo\x1fstill there\n"),
    ],
)
def test_each_line_is_marked(code: str, out: bytes, tmp_path: Path) -> None:
    assert _printed(code, tmp_path)[1] == out


def test_a_long_line_comes_in_parts(tmp_path: Path) -> None:
    parts = _printed("print('x' * 40000)", tmp_path)[1].splitlines()
    assert [len(part.rpartition(b"\x1f")[2]) for part in parts] == [16384, 16384, 7232]


def test_logging_goes_to_standard_error_with_the_request(tmp_path: Path) -> None:
    code = "import logging\nlogging.basicConfig()\nstdio.set_request_id('r')\nlogging.warning('hot')\n"
    assert _printed(code, tmp_path)[2] == b"\x1er\x1fe\x1fWARNING:root:hot\n"


def test_lines_of_threads_do_not_mix_and_keep_their_requests(tmp_path: Path) -> None:
    code = """
import threading
def work(number):
    stdio.set_request_id(str(number))
    for _ in range(300):
        print(str(number) * 2000)
    stdio.set_request_id("")
threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
"""
    lines = _printed(code, tmp_path)[1].splitlines()
    assert len(lines) == 1200
    assert set(lines) == {b"\x1e%d\x1fo\x1f%s" % (n, b"%d" % n * 2000) for n in range(4)}


def test_a_thread_of_the_users_counts_to_the_one_request_that_runs(tmp_path: Path) -> None:
    code = """
import threading
stdio.set_request_id("r")
thread = threading.Thread(target=print, args=("from a thread",))
thread.start()
thread.join()
"""
    assert _printed(code, tmp_path)[1] == b"\x1er\x1fo\x1ffrom a thread\n"


def test_whole_lines_survive_a_kill(tmp_path: Path) -> None:
    code = f"import os\nprint('said')\nos.kill(os.getpid(), {int(signal.SIGKILL)})\n"
    assert _printed(code, tmp_path)[:2] == (-signal.SIGKILL, b"\x1e\x1fo\x1fsaid\n")


def test_a_child_prints_its_own_lines_only(tmp_path: Path) -> None:
    code = """
import os
print("half", end="")
child = os.fork()
if child == 0:
    print("child")
    os._exit(0)
os.waitpid(child, 0)
print(" whole")
"""
    assert _printed(code, tmp_path)[1] == b"\x1e\x1fo\x1fchild\n\x1e\x1fo\x1fhalf whole\n"


def test_printing_to_nobody_does_not_fail(tmp_path: Path) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    code = "print('a')\nsys.stderr.write('went on\\n')\n"
    done = subprocess.run(
        [sys.executable, "-c", INSTALL + code], stdout=writer, stderr=subprocess.PIPE, timeout=60, check=False
    )
    os.close(writer)
    assert done.stderr == b"\x1e\x1fe\x1fwent on\n"
