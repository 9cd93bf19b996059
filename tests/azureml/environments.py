"""Environments of their own, with Modelport and what else a test wants beside it."""

from __future__ import annotations

import subprocess
from pathlib import Path

from tests.conftest import require

from modelport.environments.uv import uv_program

ROOT = Path(__file__).resolve().parents[2]
PYTHON = "3.11"


def make_environment(folder: Path, *packages: str) -> Path:
    """The Python of a new environment in `folder` that has Modelport, from this checkout, and `packages`."""
    made = _uv("venv", "--python", PYTHON, folder)
    require(f"Python {PYTHON}", made.returncode == 0, f"install it where uv finds it: {made.stderr.strip()}")
    python = folder / "bin/python"
    done = _uv("pip", "install", "--python", python, "--editable", ROOT, *packages)
    require("the package index", done.returncode == 0, f"connect this machine to one: {done.stderr.strip()[-500:]}")
    return python


def _uv(*words: str | Path) -> subprocess.CompletedProcess[str]:
    command = [str(word) for word in (uv_program(), *words)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=500)
