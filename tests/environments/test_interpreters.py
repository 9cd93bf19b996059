"""Finding Pythons, and choosing one for a wish."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from modelport.environments.interpreters import Interpreter, choose, find_interpreters, inspect, installed_packages
from modelport.environments.python_wish import PythonWish
from modelport.errors import ResolutionError, UserError

THIS = ".".join(map(str, sys.version_info[:3]))


def python(version, path=""):
    return Interpreter(Path(path or f"/opt/{version}/bin/python"), version, Path(f"/opt/{version}"))


OTHERS = tuple(python(version) for version in ("3.13.0", "3.11.7", "3.6.15", "3.6.8"))


def test_an_interpreter_tells_what_it_is(plain_environ):
    found = inspect(Path(sys.executable), plain_environ)
    assert (found.path, found.version) == (Path(sys.executable), THIS)
    assert found.markers["sys_platform"] == sys.platform


def test_installed_packages_come_with_their_requirements(plain_environ):
    found = {package.name: package for package in installed_packages(Path(sys.executable), plain_environ)}
    assert any(need.startswith("pluggy") for need in found["pytest"].requires)


def test_modules_beside_the_probe_do_not_shadow_the_standard_library(plain_environ, tmp_path):
    (tmp_path / "json.py").write_text("raise SystemExit('shadowed')")
    assert inspect(Path(sys.executable), {**plain_environ, "PWD": str(tmp_path)}).version == THIS


@pytest.mark.parametrize("content", ["#!/bin/sh\nexit 127\n", "#!/bin/sh\necho Python\n"])
def test_a_program_that_is_no_python_is_refused(tmp_path, plain_environ, content):
    shim = tmp_path / "python3.6"
    shim.write_text(content)
    shim.chmod(0o755)
    with pytest.raises(UserError) as caught:
        inspect(shim, plain_environ)
    assert caught.value.code == "interpreter-unusable"
    assert str(shim) in caught.value.message


def test_a_missing_program_is_refused(tmp_path, plain_environ):
    with pytest.raises(UserError) as caught:
        inspect(tmp_path / "python", plain_environ)
    assert caught.value.code == "interpreter-unusable"


@pytest.fixture
def small_machine(tmp_path, plain_environ):
    """A PATH with this interpreter's base under a name, a broken shim, and no pyenv."""
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "python3").symlink_to(Path(sys.base_prefix) / "bin" / f"python3.{sys.version_info[1]}")
    (folder / "python3.6").write_text("#!/bin/sh\nexit 127\n")
    (folder / "python3.6").chmod(0o755)
    return {**plain_environ, "PATH": str(folder), "HOME": str(tmp_path), "PYENV_ROOT": str(tmp_path / "none")}


def test_interpreters_on_the_path_are_found_and_shims_are_not(small_machine, tmp_path):
    assert [found.version for found in find_interpreters(small_machine, tmp_path / "cache.json")] == [THIS]


def test_a_second_search_starts_no_program(small_machine, tmp_path):
    first = find_interpreters(small_machine, tmp_path / "cache.json")
    cached = (tmp_path / "cache.json").read_text()
    (tmp_path / "cache.json").write_text(cached.replace(THIS, "3.99.0"))
    assert [found.version for found in first] == [THIS]
    assert [found.version for found in find_interpreters(small_machine, tmp_path / "cache.json")] == ["3.99.0"]


def test_a_damaged_cache_is_made_anew(small_machine, tmp_path):
    (tmp_path / "cache.json").write_text("{")
    assert [found.version for found in find_interpreters(small_machine, tmp_path / "cache.json")] == [THIS]


def test_virtual_environments_are_no_interpreters_to_choose(small_machine, tmp_path):
    environ = {**small_machine, "PATH": os.pathsep.join([str(Path(sys.executable).parent), small_machine["PATH"]])}
    found = find_interpreters(environ, tmp_path / "cache.json")
    assert [(entry.version, entry.is_virtual) for entry in found] == [(THIS, False)]


def test_no_wish_means_the_serving_one():
    serving = python("3.12.1")
    assert choose(None, serving, OTHERS) == (serving, "")


def test_the_serving_one_is_taken_where_it_answers_as_well():
    serving = python("3.11.7", "/serving")
    assert choose(PythonWish(">=3.8", ">=3.8"), serving, OTHERS) == (serving, "")


def test_the_version_asked_for_is_taken():
    assert choose(PythonWish("3.6.8", "==3.6.8.*"), python("3.12.1"), OTHERS) == (python("3.6.8"), "")


def test_the_newest_of_the_same_minor_is_taken_and_told():
    found, note = choose(PythonWish("3.6.2", "==3.6.2.*"), python("3.12.1"), OTHERS)
    assert found.version == "3.6.15"
    assert note.startswith("asked for Python 3.6.2, using 3.6.15")


def test_a_python_that_is_not_there_lists_those_that_are():
    with pytest.raises(ResolutionError) as caught:
        choose(PythonWish("3.5.1", "==3.5.1.*", "e.yml:3"), python("3.12.1"), OTHERS)
    assert caught.value.code == "python-not-found"
    assert caught.value.message.startswith("e.yml:3: ")
    assert "3.6.8, 3.6.15, 3.11.7, 3.12.1, 3.13.0" in caught.value.message
