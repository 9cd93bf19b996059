"""A workspace whose services may be started: none outlives the test."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from modelport.services.manager import ServiceManager
from modelport.services.request import ScriptRequest, ServiceRequest
from modelport.settings import read_settings
from modelport.workspace import Home, OpenWorkspace

ECHO = """
    import json
    def init():
        print("init ran")
    def run(data):
        return ["one", json.loads(data)]
"""


@pytest.fixture
def workspace(service_home: Path) -> OpenWorkspace:
    return Home(read_settings()).create("demo")


@pytest.fixture
def manager(workspace: OpenWorkspace) -> Iterator[ServiceManager]:
    yield workspace.services
    for name in workspace.services.names():
        workspace.services.delete(name)


@pytest.fixture
def write_script(tmp_path: Path) -> Callable[[str], Path]:
    """Write the text of a scoring script, always to the same file."""

    def write(text: str = ECHO) -> Path:
        path = tmp_path / "score.py"
        path.write_text(textwrap.dedent(text))
        return path

    return write


@pytest.fixture
def request_for(write_script: Callable[[str], Path]) -> Callable[..., ServiceRequest]:
    """A request for the service 'mysvc' with a script."""

    def make(text: str = ECHO, **options: Any) -> ServiceRequest:
        return ServiceRequest(**{"name": "mysvc", "script": ScriptRequest(str(write_script(text))), **options})

    return make
