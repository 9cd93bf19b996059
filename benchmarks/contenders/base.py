"""What the harness knows of a contender: what to install, how to start it, and how its requests and answers look."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

APPS = Path(__file__).parent / "apps"
USER_PACKAGES = ("numpy", "scikit-learn")
# Workloads whose scripts use decorators of the original: only the original and Modelport run them.
NOT_THE_ORIGINALS = frozenset({"W4b", "W4d"})


@dataclass(frozen=True)
class Setting:
    """One start of a contender. `scratch` is an empty folder of its own; limits of None are the contender's default."""

    script: Path
    port: int
    scratch: Path
    venvs: Path
    workers: int = 1
    concurrency: int = 1
    scoring_timeout_ms: int | None = None
    max_wait_ms: int | None = None

    def program(self, venv: str, name: str) -> str:
        """A program of one of the virtual environments."""
        return str(self.venvs / venv / "bin" / name)


def same_body(body: bytes) -> bytes:
    """The request of contenders that hand the body to `run()` as it is."""
    return body


def read_json(body: bytes) -> Any:
    """The answer of contenders that send what `run()` returned."""
    return json.loads(body)


def name_script(setting: Setting) -> Mapping[str, str]:
    """The environment of contenders whose adapter here loads the script itself."""
    return {"BENCH_SCRIPT": str(setting.script)}


@dataclass(frozen=True)
class Contender:
    """One server. `venv` names its virtual environment; `isolation` says what stands between it and user code."""

    name: str
    title: str
    isolation: str
    venv: str
    requirements: tuple[str, ...]
    command: Callable[[Setting], list[str]]
    environ: Callable[[Setting], Mapping[str, str]] = name_script
    path: str = "/score"
    health_path: str = "/"
    wrap: Callable[[bytes], bytes] = same_body
    read: Callable[[bytes], Any] = read_json
    skips: frozenset[str] = frozenset()
