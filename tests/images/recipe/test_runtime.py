"""What the server in an image consists of, and that it runs with nothing else of ours."""

from __future__ import annotations

import ast
import shutil
import sys
from importlib import metadata
from pathlib import Path

import pytest

from modelport import process
from modelport.errors import UserError
from modelport.images.recipe import runtime
from modelport.images.recipe.runtime import ROOT, runtime_files, runtime_requirements

PROGRAMS = ("in_image", "image_server", "gateway", "health", "__main__")
PACKAGES = ("httptools", "uvloop", "prometheus-client")


@pytest.fixture
def alone(tmp_path) -> Path:
    """A folder with the files of the server and its packages, as the site-packages of an image has them."""
    for path in runtime_files():
        (tmp_path / "modelport" / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / path, tmp_path / "modelport" / path)
    for name in PACKAGES:
        folder = Path(str(metadata.distribution(name).locate_file(name.replace("-", "_"))))
        (tmp_path / folder.name).symlink_to(folder)
    return tmp_path


@pytest.mark.parametrize("program", PROGRAMS)
def test_the_server_starts_with_its_own_files_alone(program, alone):
    code = f"import sys; sys.path.append({str(alone)!r}); import modelport.server.{program} as m; print(m.__file__)"
    done = process.run([sys.executable, "-I", "-S", "-c", code], environ={})
    assert (done.stderr, done.stdout.strip()) == ("", str(alone / "modelport" / "server" / f"{program}.py"))


def test_nothing_that_needs_a_package_of_the_client_is_taken():
    units = {path.parts[0] for path in runtime_files()}
    assert {"server", "worker", "__init__.py", "errors.py", "manifest.py"} <= units
    assert not units & {"sdk", "cli", "images", "storage", "registry", "services", "workspace.py"}


def test_every_file_of_the_worker_is_taken():
    taken = set(runtime_files())
    assert {path.relative_to(ROOT) for path in (ROOT / "worker").rglob("*.py")} <= taken


def test_packages_are_pinned_to_what_is_installed_here():
    assert runtime_requirements() == tuple(f"{name}=={metadata.version(name)}" for name in PACKAGES)


def test_whatever_the_server_imports_is_among_its_packages():
    files = [ROOT / path for path in runtime_files() if path.parts[0] != "worker"]  # that one runs in the user's Python
    nodes = [node for file in files for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))]
    names = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    names |= {node.module for node in nodes if isinstance(node, ast.ImportFrom) and node.module and not node.level}
    foreign = {name.partition(".")[0] for name in names} - sys.stdlib_module_names - {"modelport"}
    assert foreign == {name.replace("-", "_") for name in PACKAGES}


def test_a_package_that_is_not_installed_is_named(monkeypatch):
    monkeypatch.setattr(runtime, "_PACKAGES", ("mp-not-installed",))
    with pytest.raises(UserError, match="mp-not-installed"):
        runtime_requirements()
