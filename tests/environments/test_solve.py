"""Solving with uv: real solves of tiny packages in a folder, and one against the package index."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import pytest

from modelport.environments.interpreters import inspect
from modelport.environments.requirements_file import parse_requirement_line
from modelport.environments.solve import solve
from modelport.environments.wish import wish_of
from modelport.errors import ResolutionError
from modelport.settings import PackageIndex, package_index


@pytest.fixture
def attempt(options, define):
    """`attempt("mp-alpha")`: the lock for these requirements and the lines that were told."""

    def run(*requirements, options=options):
        lines = []
        interpreter = inspect(options.serving_python, options.environ)
        return solve(wish_of(define(*requirements)), interpreter, options, lines.append), lines

    return run


@pytest.fixture
def refuse(attempt):
    """The error that solving these requirements raises."""

    def run(code, *requirements):
        with pytest.raises(ResolutionError) as caught:
            attempt(*requirements)
        assert caught.value.code == code
        return caught.value

    return run


def test_a_lock_has_everything_with_hashes(attempt):
    lock, _ = attempt("mp-beta")
    assert lock.versions == {"mp-alpha": "1.1", "mp-beta": "1.0"}
    assert lock.has_all_hashes
    assert lock.python_version == ".".join(map(str, sys.version_info[:3]))


def test_nothing_to_install_is_an_empty_lock(attempt):
    assert attempt()[0].packages == ()


def test_the_lock_is_kept_while_the_input_is_the_same(attempt, wheels):
    first, _ = attempt("mp-alpha")
    wheels.add("mp-alpha", "3.0")
    second, lines = attempt("mp-alpha")
    assert second == first
    assert "reused" in lines[0]


def test_another_input_is_solved_anew(attempt):
    attempt("mp-alpha")
    assert attempt("mp-alpha<2")[0].versions == {"mp-alpha": "1.1"}


def test_a_damaged_lock_is_made_anew(attempt, options):
    attempt("mp-alpha")
    next(options.locks.iterdir()).write_text("{")
    assert attempt("mp-alpha")[0].versions == {"mp-alpha": "2.0"}


def test_constraints_limit_the_solve(options, define, tmp_path):
    wish = replace(wish_of(define("mp-alpha")), constraints=wish_of(define("mp-alpha<1.1")).requirements)
    lock = solve(wish, inspect(options.serving_python, options.environ), options, lambda line: None)
    assert lock.versions == {"mp-alpha": "1.0"}


def test_a_version_that_is_not_there_lists_those_that_are(refuse):
    error = refuse("package-version-missing", "mp-beta", "mp-alpha==1.5")
    assert error.message.startswith("req.txt:2: ")
    assert "Versions that exist: 1.0, 1.1, 2.0." in error.message


def test_a_range_that_nothing_answers_lists_what_exists(refuse):
    assert "1.0, 1.1, 2.0" in refuse("package-version-missing", "mp-alpha>3").message


def test_requirements_that_contradict_are_both_named(refuse):
    message = refuse("requirements-conflict", "mp-beta==1.0", "mp-alpha==2.0").message
    assert "mp-beta==1.0 (req.txt:1) and mp-alpha==2.0 (req.txt:2)" in message


def test_the_same_package_twice_is_named_twice(refuse):
    message = refuse("requirements-conflict", "mp-alpha<1.1", "mp-alpha>1.1").message
    assert "mp-alpha<1.1 (req.txt:1) and mp-alpha>1.1 (req.txt:2)" in message


def test_a_package_that_is_not_there_is_named_with_its_place(refuse):
    error = refuse("package-not-found", "mp-alpha", "mp-gamma")
    assert error.message.startswith("req.txt:2: there is no package 'mp-gamma'")


def test_a_name_from_elsewhere_gets_the_one_of_the_index(refuse):
    assert "'scikit-learn'" in refuse("package-not-found", "sklearn").remedy


def test_a_package_that_another_one_misses_is_told_as_such(refuse, wheels):
    wheels.add("mp-delta", "1.0", ["mp-gamma"])
    assert "needed by another package" in refuse("package-not-found", "mp-delta").message


def test_a_package_for_another_python_is_told_as_such(refuse, wheels):
    wheels.add("mp-future", "2.0", python=">=3.99")
    wheels.add("mp-future", "1.0")
    message = refuse("package-not-for-python", "mp-future==2.0").message
    assert "req.txt:1: 'mp-future==2.0' cannot be installed for Python" in message
    assert "can be installed: 1.0" in message


def test_pins_that_are_older_than_the_python_name_the_one_they_were_made_for(refuse, wheels):
    wheels.add("mp-old", "0.1").rename(wheels.path / "mp_old-0.1-cp36-none-any.whl")
    error = refuse("package-not-for-python", "mp-old==0.1", "mp-alpha")
    assert "mp-old==0.1 (req.txt:1) was made for Python 3.6:" in error.message
    assert "python=3.6 in the conda file" in error.remedy


def test_an_index_that_does_not_answer_is_told_as_such(attempt, options):
    deaf = replace(
        options,
        index=PackageIndex(index_url="http://me:geheim@127.0.0.1:9/simple"),
        environ={**options.environ, "UV_HTTP_RETRIES": "0"},
    )
    with pytest.raises(ResolutionError) as caught:
        attempt("mp-alpha", options=deaf)
    assert caught.value.code == "index-unreachable"
    assert "geheim" not in str(caught.value)


def test_hashes_of_the_input_hold_in_the_lock(refuse):
    error = refuse("hash-mismatch", f"mp-alpha==1.0 --hash=sha256:{'0' * 64}")
    assert error.message.startswith("req.txt:1: ")


def test_a_local_wheel_is_locked_by_its_content(attempt, wheels, tmp_path):
    (tmp_path / "own").mkdir()
    wheel = type(wheels)(tmp_path / "own").add("mp-own", "1.0")
    lock, _ = attempt(str(wheel))
    assert "mp_own" in lock.packages[0].requirement
    wheel.unlink()
    type(wheels)(tmp_path / "own").add("mp-own", "1.0", ["mp-alpha"])
    assert len(attempt(str(wheel))[0].packages) == 2


def test_no_secret_of_the_index_stands_in_what_is_kept(attempt, options):
    secretive = replace(options.index, index_url="http://me:geheim@127.0.0.1:9/simple")
    attempt("mp-alpha", options=replace(options, index=secretive))
    kept = [path.read_text() + path.name for path in options.locks.iterdir()]
    assert kept
    assert all("geheim" not in text for text in kept)


def test_a_solve_against_the_package_index_of_this_machine(attempt, options, need):
    online = replace(options, index=package_index())
    line = parse_requirement_line("iniconfig==2.0.0").requirements[0].text
    try:
        lock, _ = attempt(line, options=online)
    except ResolutionError as error:
        need("a package index", error.code != "index-unreachable", "connect to a network, or set PIP_INDEX_URL")
        raise
    assert lock.versions == {"iniconfig": "2.0.0"}
    assert lock.has_all_hashes
    assert Path(options.locks).is_dir()
