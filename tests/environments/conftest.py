"""A package index of its own for every test: a folder of tiny wheels, so that a solve needs no network."""

from __future__ import annotations

import os
import sys
import zipfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import pytest

from modelport.environments.environment import EnvironmentDefinition
from modelport.environments.options import RealisationOptions
from modelport.environments.specification import Dependency
from modelport.settings import PackageIndex


@dataclass(frozen=True)
class WheelFolder:
    """A folder that serves as index; `add` puts a pure Python package into it."""

    path: Path

    def add(self, name: str, version: str, requires: Iterable[str] = (), python: str = "") -> Path:
        module = name.replace("-", "_")
        information = f"{module}-{version}.dist-info"
        lines = [f"Name: {name}", f"Version: {version}", *(f"Requires-Dist: {need}" for need in requires)]
        lines += [f"Requires-Python: {python}"] if python else []
        wheel = self.path / f"{module}-{version}-py3-none-any.whl"
        with zipfile.ZipFile(wheel, "w") as archive:
            archive.writestr(f"{module}.py", f"VERSION = {version!r}\n")
            archive.writestr(f"{information}/METADATA", "Metadata-Version: 2.1\n" + "\n".join(lines) + "\n\n")
            archive.writestr(f"{information}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
            archive.writestr(f"{information}/RECORD", "")
        return wheel


@pytest.fixture
def wheels(tmp_path: Path) -> WheelFolder:
    """An index with mp-alpha 1.0, 1.1, 2.0 and mp-beta 1.0, which needs mp-alpha before 2."""
    folder = tmp_path / "wheels"
    folder.mkdir()
    index = WheelFolder(folder)
    for version in ("1.0", "1.1", "2.0"):
        index.add("mp-alpha", version)
    index.add("mp-beta", "1.0", ["mp-alpha<2"])
    return index


@pytest.fixture
def plain_environ(tmp_path: Path) -> dict[str, str]:
    """The environment of this process without what pip and uv are set up with; uv caches below the test's folder."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PIP_", "UV_"))}
    return {**kept, "PIP_CONFIG_FILE": os.devnull, "UV_CACHE_DIR": str(tmp_path / "uv-cache")}


@pytest.fixture
def options(tmp_path: Path, wheels: WheelFolder, plain_environ: dict[str, str]) -> RealisationOptions:
    """An empty home, this interpreter, and the folder of wheels as the only index."""
    index = PackageIndex(find_links=(str(wheels.path),), no_index=True)
    return RealisationOptions(tmp_path / "home", Path(sys.executable), plain_environ, index)


@pytest.fixture
def define() -> Callable[..., EnvironmentDefinition]:
    """`define("mp-alpha==1.0", python="3.11")`: an environment of these requirements, in lines of "req.txt"."""

    def make(*requirements: str, python: str = "") -> EnvironmentDefinition:
        pip = tuple(Dependency(text, f"req.txt:{line}") for line, text in enumerate(requirements, 1))
        conda = (Dependency(f"python={python}", "env.yml:2"),) if python else ()
        return EnvironmentDefinition("test", conda=conda, pip=pip)

    return make
