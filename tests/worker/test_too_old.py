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


def test_python_2_can_read_the_first_file(need):
    need("Python 2.7", bool(OLD), "pyenv install 2.7")
    done = subprocess.run([str(OLD[0]), str(WORKER / "__main__.py")], capture_output=True, text=True, check=False)
    assert done.stderr.startswith("The worker needs Python 3.6 or later")
