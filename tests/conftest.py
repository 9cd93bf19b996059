"""What every test shares: a home of its own for the whole run, and one way to say that a component is missing."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests import engine as engines

from modelport.images.engine import Engine
from modelport.process_table import ProcessIdentity, kill

Need = Callable[[str, bool, str], None]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options of the fuzzers in tests/stress."""
    group = parser.getgroup("stress", "fuzzing; see tests/stress/README.md")
    group.addoption("--stress", action="store_true", help="run the fuzzers' long forms and assert the timed bars")
    seed = "where the fuzzers' chance begins (default: %(default)s)"
    group.addoption("--seed", type=int, default=20261120, help=seed)


def require(component: str, present: bool, how_to_get: str) -> None:
    """Go on if a component of the machine is present; else skip the test, or fail it where `CI` is set.

    A developer's machine may lack an engine; the machine that checks a change installs it, and must not pass by
    skipping.
    """
    if present:
        return
    reason = f"needs {component}, which this machine lacks; to get it: {how_to_get}"
    if os.environ.get("CI", "").lower() in ("true", "1"):
        pytest.fail(f"{reason} (with CI set, a missing component is a failure)", pytrace=False)
    pytest.skip(reason)


@pytest.fixture
def need() -> Need:
    """`need("wrk", shutil.which("wrk") is not None, "apt install wrk")`: the only way a test may be skipped."""
    return require


@pytest.fixture(autouse=True, scope="session")
def own_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Point the settings at folders of this run, so that no test can touch the home of whoever runs it."""
    home = tmp_path_factory.mktemp("modelport-home")
    runtime = Path(tempfile.mkdtemp(prefix="mp-"))  # short: the path of a socket has 108 bytes
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("MODELPORT_")]:
            patch.delenv(name)
        patch.setenv("MODELPORT_HOME", str(home))
        patch.setenv("MODELPORT_RUNTIME_DIR", str(runtime))
        yield home
    shutil.rmtree(runtime, ignore_errors=True)


def kill_servers(home: Path) -> list[int]:
    """Kill every server of a local service below `home`, and return the ids of those that still ran."""
    killed = []
    for file in home.glob("workspaces/*/services/*/server.json"):
        words = json.loads(file.read_text())
        identity = ProcessIdentity(words["pid"], words["start_ticks"])
        if identity.is_alive():
            killed.append(identity.pid)
            kill(identity)
    return killed


@pytest.fixture
def service_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A home in which services may be started: none of them outlives the test, whatever happens in it."""
    home = tmp_path / "home"
    monkeypatch.setenv("MODELPORT_HOME", str(home))
    yield home
    kill_servers(home)


@pytest.fixture(scope="session")
def engine() -> Iterator[Engine]:
    """The running container engine of this machine; what runs that were killed left in it is removed at the end."""
    found, reason = engines.engine_or_reason()
    require(f"a container engine ({reason})", found is not None, engines.HOW_TO_GET_ENGINE)
    yield found
    engines.remove_leftovers(found)


@pytest.fixture(scope="session")
def base_image(engine: Engine) -> Callable[[str], str]:
    """`base_image("3.11")`: the name of the base image with this Python, made where it is missing."""

    def made(python: str = "3.11") -> str:
        name = engines.base_name(python)
        there = engines.has_base(engine, python)
        can = shutil.which("mmdebstrap") is not None and os.geteuid() == 0
        require(f"the base image {name}", there or can, engines.HOW_TO_GET_BASES)
        return name if there else engines.make_base(engine, python)

    return made


@pytest.fixture
def scratch(engine: Engine) -> Iterator[engines.Scratch]:
    """Labels and names for what a test makes in the engine; whatever bears them is removed after the test."""
    own = engines.Scratch(engine)
    yield own
    own.clean()
