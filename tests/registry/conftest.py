"""A real workspace for each test, and files to register in it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from modelport.registry.artifacts import LocalArtifactStore
from modelport.registry.catalog import ModelRegistry
from modelport.settings import read_settings
from modelport.workspace import Home, OpenWorkspace


@pytest.fixture
def workspace(tmp_path: Path) -> OpenWorkspace:
    """A new workspace in a home of its own."""
    return Home(read_settings({"MODELPORT_HOME": str(tmp_path / "home"), "HOME": str(tmp_path)})).create("demo")


@pytest.fixture
def registry(workspace: OpenWorkspace) -> ModelRegistry:
    """The models of the workspace."""
    return workspace.models


@pytest.fixture
def artifacts(workspace: OpenWorkspace) -> LocalArtifactStore:
    """The contents of the workspace."""
    return workspace.artifacts


@pytest.fixture
def make_file(tmp_path: Path) -> Callable[..., Path]:
    """Writes a file below a folder of the test: `make_file("folder/a.bin", "content")`."""

    def make(name: str, content: str | bytes = "content") -> Path:
        path = tmp_path / "source" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return make
