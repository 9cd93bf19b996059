"""The worker needs no later Python than 3.6: as far as reading the source can tell."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.worker.interpreters import WORKER

VERMIN = "import sys; from vermin import main; sys.exit(main())"


def _vermin(folder: Path) -> subprocess.CompletedProcess[str]:
    words = [sys.executable, "-c", VERMIN, "-t=3.6-", "--no-tips", "--violations", str(folder)]
    return subprocess.run(words, capture_output=True, text=True, timeout=100, check=False)


def test_every_file_of_the_worker_runs_on_python_3_6() -> None:
    done = _vermin(WORKER)
    assert done.returncode == 0, done.stdout


def test_a_later_feature_is_seen(tmp_path: Path) -> None:
    (tmp_path / "late.py").write_text("if (n := 1):\n    print(n)\n")
    assert _vermin(tmp_path).returncode != 0
