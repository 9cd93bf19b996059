"""What the tests on the corpus share: the shelf of packages, and a bench for each case."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.conftest import kill_servers
from tests.diagnosis import shelf as shelves
from tests.diagnosis.bench import Bench
from tests.diagnosis.case import Case

from modelport.settings import read_settings
from modelport.workspace import Home

LayOut = Callable[[Case], Bench]


@pytest.fixture(scope="session")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that stands for the package index."""
    folder = tmp_path_factory.mktemp("shelf") / "wheels"
    folder.mkdir()
    shelves.stock(folder)
    return folder


@pytest.fixture
def lay_out(
    tmp_path: Path, shelf: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> Iterator[LayOut]:
    """Lays a case out in a folder with a home of its own; no service of it outlives the test."""
    for name in ("MODELPORT_WORKSPACE", "MODELPORT_OUTPUT", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)
    benches: list[Bench] = []

    def make(case: Case) -> Bench:
        if "engine" in case.needs:
            base = request.getfixturevalue("base_image")("3.11")
            monkeypatch.setenv("MODELPORT_BASE_IMAGE", base.replace("3.11", "{python}"))
        benches.append(Bench(case, tmp_path / "work", shelf, monkeypatch))
        benches[-1].prepare()
        return benches[-1]

    yield make
    for bench in benches:
        bench.close()
        if "engine" in bench.case.needs:
            _leave_nothing_in_engine()
    kill_servers(tmp_path / "home")
    kill_servers(tmp_path / "work" / "home")


def _leave_nothing_in_engine() -> None:
    home = Home(read_settings())
    for name in home.names():
        workspace = home.get(name)
        for service in workspace.services.names():
            workspace.services.delete(service)
        workspace.images.forget_all()
