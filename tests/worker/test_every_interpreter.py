"""The worker under every interpreter of this machine, from Python 3.6 on."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.worker.interpreters import interpreters, lines_of, run_beside_worker

SELF_CHECK = Path(__file__).with_name("self_check.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("version", interpreters())
def test_the_worker_does_its_work(version: str, tmp_path: Path) -> None:
    printed = lines_of(SELF_CHECK, tmp_path, python=interpreters()[version])
    assert printed[-1].endswith("checks passed"), printed


def test_a_failing_check_is_seen(tmp_path: Path) -> None:
    assert run_beside_worker(SELF_CHECK.replace('"[6, 15]"', '"[6, 16]"', 1), tmp_path).returncode == 1
