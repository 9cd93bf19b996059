"""Programs of v1 as their own processes: the shim changes how a whole process imports, so each test has one."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

RunPython = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def python(service_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RunPython:
    """`python("-m", "modelport", "run-v1", "deploy.py")`: this environment's Python, in a folder of the test's own."""
    folder = tmp_path / "project"
    folder.mkdir()
    monkeypatch.chdir(folder)

    def run(*words: str, **environ: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, *words], capture_output=True, text=True, timeout=100, check=False,
            env={**os.environ, **environ},
        )  # fmt: skip

    return run
