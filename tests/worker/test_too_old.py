"""A Python that is too old for the worker hears so, instead of a traceback of the worker's own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.worker.interpreters import WORKER

OLD = sorted(Path.home().glob(".pyenv/versions/2.7*/bin/python"))


def test_python_before_3_6_is_named():
    path = str(WORKER / "__main__.py")
    code = f"import runpy, sys; sys.version_info = (3, 5); runpy.run_path({path!r}, None, '__main__')"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"The worker needs Python 3.6 or later; {sys.executable} is Python 3.5.")


def _oldest_python(file: Path) -> str:
    """What a file needs at least, as far as reading it can tell, e.g. "2.7, 3.0"; "!2" stands for "not with 2"."""
    program = "import sys; from vermin import main; sys.exit(main())"
    words = [sys.executable, "-c", program, "--no-tips", "--no-parse-comments", str(file)]
    done = subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)
    return next(line for line in done.stdout.splitlines() if line.startswith("Minimum required versions"))


def test_python_2_can_read_the_first_file():
    first = WORKER / "__main__.py"
    assert "2." in _oldest_python(first) and "!2" not in _oldest_python(first)
    for python in OLD:  # and does, where there is one
        done = subprocess.run([str(python), str(first)], capture_output=True, text=True, check=False)
        assert done.stderr.startswith("The worker needs Python 3.6 or later")
