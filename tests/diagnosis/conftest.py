"""What the tests on the corpus share: the shelf of packages, and a bench for each case."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.conftest import kill_servers
from tests.diagnosis import shelf as shelves
from tests.diagnosis.bench import Bench
from tests.diagnosis.case import Case

LayOut = Callable[[Case], Bench]


@pytest.fixture(scope="session")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that stands for the package index."""
    folder = tmp_path_factory.mktemp("shelf") / "wheels"
    folder.mkdir()
    shelves.stock(folder)
    return folder


@pytest.fixture
def lay_out(tmp_path: Path, shelf: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[LayOut]:
    """Lays a case out in a folder with a home of its own; no service of it outlives the test."""
    for name in ("MODELPORT_WORKSPACE", "MODELPORT_OUTPUT", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)
    benches: list[Bench] = []

    def make(case: Case) -> Bench:
        benches.append(Bench(case, tmp_path / "work", shelf, monkeypatch))
        benches[-1].prepare()
        return benches[-1]

    yield make
    for bench in benches:
        bench.close()
    kill_servers(tmp_path / "home")
    kill_servers(tmp_path / "work" / "home")
