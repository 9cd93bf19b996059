"""An environment from a conda channel: solved and installed by py-rattler, with a package that PyPI does not have."""

from __future__ import annotations

import dataclasses
import hashlib
import io
import json
import os
import sys
import tarfile
from pathlib import Path

import pytest
from tests.engine import base_name, wait_for

from modelport.environments.conda_solve import solve_conda
from modelport.environments.environment import EnvironmentDefinition
from modelport.environments.foreign_python import ForeignPython
from modelport.environments.options import RealisationOptions
from modelport.environments.specification import Dependency
from modelport.errors import ResolutionError
from modelport.images.build.builder import BuildRequest, build
from modelport.images.recipe.conda_install import conda_files
from modelport.images.recipe.context import text_file
from modelport.images.recipe.plan import ImageRequest, lay_out, plan_image
from modelport.images.recipe.planned_base import make_workbench
from modelport.images.recipe.probe import Prober
from modelport.manifest import Manifest, Program
from modelport.settings import PackageIndex, package_index

COPY_PYTHON = Path(sys.modules["modelport.images.recipe.probe"].__file__).with_name("in_build") / "copy_python.py"


def quiet(_line):
    """Nobody looks at the progress."""


def add_package(folder: Path, name: str, version: str, files: dict[str, Path | bytes], **index) -> None:
    """Put a conda package into one folder (subdir) of a channel."""
    folder.mkdir(parents=True, exist_ok=True)
    build = "0"
    about = {"name": name, "version": version, "build": build, "build_number": 0, "depends": [], **index}
    paths = []
    with tarfile.open(folder / f"{name}-{version}-{build}.tar.bz2", "w:bz2", compresslevel=1) as archive:
        for place, content in files.items():
            data = content.read_bytes() if isinstance(content, Path) else content
            member = tarfile.TarInfo(place)
            member.size, member.mode = len(data), 0o755 if place.startswith("bin/") else 0o644
            archive.addfile(member, io.BytesIO(data))
            digest = hashlib.sha256(data).hexdigest()
            paths.append({"_path": place, "path_type": "hardlink", "sha256": digest, "size_in_bytes": len(data)})
        described = {"index.json": about, "paths.json": {"paths": paths, "paths_version": 1}}
        if index.get("noarch"):
            described["link.json"] = {"noarch": {"type": "python"}, "package_metadata_version": 1}
        for file, words in described.items():
            data = json.dumps(words).encode()
            member = tarfile.TarInfo(f"info/{file}")
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))


def index_channel(channel: Path) -> None:
    import asyncio

    from rattler.index import index_fs

    asyncio.run(index_fs(channel))


def noarch(channel: Path, version: str = "1.0", depends: tuple[str, ...] = ("python >=3.6",)) -> None:
    """The package mp-channel, which no index has."""
    files = {"site-packages/mp_channel.py": f"VERSION = {version!r}\n".encode()}
    words = {"noarch": "python", "subdir": "noarch", "depends": list(depends)}
    add_package(channel / "noarch", "mp-channel", version, files, **words)


@pytest.fixture
def channel(tmp_path) -> Path:
    """A channel with mp-channel 1.0 and 2.0, and an empty python 3.11.9 that solves and does not run."""
    folder = tmp_path / "channel"
    for version in ("1.0", "2.0"):
        noarch(folder, version)
    add_package(folder / "linux-64", "python", "3.11.9", {"bin/python3.11": b""}, subdir="linux-64")
    index_channel(folder)
    return folder


def define(channel: Path, *conda: str, pip: tuple[str, ...] = ()) -> EnvironmentDefinition:
    return EnvironmentDefinition(
        "test",
        conda=tuple(Dependency(text, "env.yml:3") for text in conda),
        channels=(channel.as_uri(),),
        pip=tuple(Dependency(text) for text in pip),
    )


@pytest.fixture
def options(tmp_path) -> RealisationOptions:
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("PIP_", "UV_"))}
    return RealisationOptions(tmp_path / "home", Path(sys.executable), environ, PackageIndex(no_index=True))


SCRIPT = """
import sys
import mp_channel

def init():
    print("mp-channel", mp_channel.VERSION, "of", sys.prefix)

def run(data):
    return mp_channel.VERSION
"""
PLACE = ForeignPython("3.11.2", "x86_64", "glibc 2.36", Path(sys.executable))


def test_a_channel_of_this_machine_is_solved(channel, options):
    solution = solve_conda(define(channel, "mp-channel<2"), PLACE, options, quiet)
    assert [(each.name, each.version) for each in solution.packages] == [("mp-channel", "1.0"), ("python", "3.11.9")]
    assert solution.lock.versions == {"mp-channel": "1.0", "python": "3.11.9"}
    assert solution.lock.has_all_hashes


def test_local_packages_go_into_the_context_and_no_path_of_this_machine_does(channel, options):
    files = conda_files(solve_conda(define(channel, "mp-channel"), PLACE, options, quiet))
    assert "modelport/env/packages/mp-channel-2.0-0.tar.bz2" in {file.path for file in files}
    assert str(channel).encode() not in files[0].content


def test_what_the_channel_does_not_have_is_refused_in_its_words(channel, options):
    with pytest.raises(ResolutionError, match="mp-nowhere") as caught:
        solve_conda(define(channel, "mp-nowhere"), PLACE, options, quiet)
    assert caught.value.code == "conda-unsolvable"


def test_the_image_serves_from_the_channel(engine, base_image, scratch, tmp_path, options):
    base_image("3.11")
    folder = tmp_path / "channel"
    noarch(folder)
    add_python(engine, scratch, tmp_path, folder)
    index_channel(folder)
    wanted = dataclasses.replace(options, environ=dict(os.environ), index=package_index(os.environ))
    bench = make_workbench(engine, wanted, quiet, base_name("{python}"))
    script = (text_file("score.py", SCRIPT),)
    request = ImageRequest(
        Manifest("test-service", Program("", "", "")), define(folder, "mp-channel", "python=3.11"), "score.py", script,
        managed_by="conda",
    )  # fmt: skip
    planned = plan_image(request, bench, quiet)
    lay_out(planned, tmp_path / "context")
    wanted_build = BuildRequest(
        tmp_path / "context", (scratch.name(),), {**planned.labels, **scratch.labels},
        secrets=planned.secrets.write(tmp_path),
    )  # fmt: skip
    build(engine, wanted_build, tmp_path / "log", quiet)
    words = ["--detach", "--label", scratch.label, "--network", "none", "--read-only", "--tmpfs", "/tmp"]
    container = scratch.docker("run", *words, scratch.name())
    look = ["exec", container, "/opt/modelport/server/bin/python", "-I", "-m", "modelport.server.health"]
    wait_for(lambda: engine.run(look).exit_code == 0, "init() of the service")
    assert "mp-channel 1.0 of /opt/modelport/env" in scratch.docker("logs", container)


def add_python(engine, scratch, tmp_path: Path, channel: Path) -> None:
    """The Python of a base image as a conda package, made to run where the environment of an image lies."""
    name = f"mp-{scratch.key}"
    words = ["create", "--name", name, "--label", scratch.label, "--entrypoint", "/usr/bin/python3", base_name("3.11")]
    scratch.docker(*words, "/copy_python.py", "/opt/modelport/env")
    scratch.docker("cp", COPY_PYTHON, f"{name}:/copy_python.py")
    scratch.docker("start", "--attach", name)
    scratch.docker("cp", f"{name}:/opt/modelport/env", tmp_path / "python")
    found = [path for path in (tmp_path / "python").rglob("*") if path.is_file()]
    files: dict[str, Path | bytes] = {str(path.relative_to(tmp_path / "python")): path for path in found}
    files["bin/python"] = tmp_path / "python/bin/python3.11"
    # Debian's Python looks for packages in a folder of another name than conda's does.
    code = b"import site, sys\nsite.addsitedir(sys.prefix + '/lib/python3.11/site-packages')\n"
    files["lib/python3.11/sitecustomize.py"] = code
    prober = Prober(engine, tmp_path / "bases", lambda image: _facts(engine, image))
    version = prober.facts_of(base_name("3.11")).pythons[0].version
    add_package(channel / "linux-64", "python", version, files, subdir="linux-64")


def _facts(engine, image):
    from modelport.images.engine import image_facts

    return image_facts(engine, image)
