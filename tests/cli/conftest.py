"""What the tests of the command line share: a home of their own, the line run in this process or as a program."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from modelport.cli import main

SCRIPT = """
import os

def init():
    print("loaded", os.environ.get("AZUREML_MODEL_DIR", "no model"))

def run(data):
    return {"length": len(data)}
"""


@dataclass(frozen=True)
class Result:
    """How a command line ended."""

    exit_code: int
    stdout: str
    stderr: str

    @property
    def json(self) -> Any:
        return json.loads(self.stdout)


Cli = Callable[..., Result]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home without workspaces, and a working directory in which no config.json is found."""
    folder = tmp_path / "home"
    monkeypatch.setenv("MODELPORT_HOME", str(folder))
    for name in ("MODELPORT_WORKSPACE", "MODELPORT_OUTPUT", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    return folder


@pytest.fixture
def cli(home: Path, capsys: pytest.CaptureFixture[str]) -> Cli:
    """`cli("model", "list")`: the command line in this process."""

    def call(*words: str) -> Result:
        capsys.readouterr()
        code = main(list(words))
        captured = capsys.readouterr()
        return Result(code, captured.out, captured.err)

    return call


@pytest.fixture
def program(home: Path) -> Cli:
    """`program("model", "list")`: the command line as a program of its own."""

    def call(*words: str, stdin: str = "") -> Result:
        done = subprocess.run(
            [sys.executable, "-m", "modelport", *words], input=stdin, capture_output=True, text=True, timeout=60,
            env=os.environ, check=False,
        )  # fmt: skip
        return Result(done.returncode, done.stdout, done.stderr)

    return call


@pytest.fixture
def model_file(tmp_path: Path) -> Path:
    path = tmp_path / "model.pkl"
    path.write_bytes(b"a model")
    return path


@pytest.fixture
def script(tmp_path: Path) -> Path:
    path = tmp_path / "scripts" / "score.py"
    path.parent.mkdir()
    path.write_text(SCRIPT)
    return path


@pytest.fixture
def service_cli(cli: Cli) -> Iterator[Cli]:
    """The command line, and afterwards no service of this home is left."""
    yield cli
    for service in cli("service", "list", "--output", "json").json:
        cli("service", "delete", service["name"])
