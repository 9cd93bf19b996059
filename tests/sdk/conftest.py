"""A home for each test, and a workspace in it, reached as programs reach it."""

from __future__ import annotations

from pathlib import Path

import pytest

from modelport.sdk.workspace import Workspace


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of the test's own, and a current folder of its own."""
    monkeypatch.setenv("MODELPORT_HOME", str(tmp_path / "home"))
    (tmp_path / "project").mkdir()
    monkeypatch.chdir(tmp_path / "project")
    return tmp_path / "home"


@pytest.fixture
def ws(home: Path) -> Workspace:
    """A new workspace."""
    return Workspace.create("demo", subscription_id="sub", resource_group="group", show_output=False)


@pytest.fixture
def pkl(home: Path) -> Path:
    """A file to register."""
    path = Path("my_model.pkl")
    path.write_text("weights")
    return path
