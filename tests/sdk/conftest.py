"""A home for each test, and a workspace in it, reached as programs reach it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.engine import Scratch

from modelport.sdk.arguments import opened
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


@pytest.fixture
def image_ws(
    home: Path, monkeypatch: pytest.MonkeyPatch, scratch: Scratch, base_image: Callable[[str], str]
) -> Iterator[Workspace]:
    """A new workspace whose images are taken out of the engine after the test, on bases that need no registry."""
    monkeypatch.setenv("MODELPORT_BASE_IMAGE", base_image("3.11").replace("3.11", "{python}"))
    made = Workspace.create(f"ws-{scratch.key}", show_output=False)
    Path("score.py").write_text(f"def init():\n    pass\n\ndef run(data):\n    return [{scratch.key!r}, data]\n")
    Path("myenv.yml").write_text("dependencies:\n- python=3.11\n- pip:\n  - azureml-defaults\n")
    Path("my_model.pkl").write_text("weights")
    yield made
    opened(made).images.forget_all()
