"""Realising an environment: the serving interpreter as it is, or a virtual environment made once."""

from __future__ import annotations

import multiprocessing
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from modelport.environments.environment import EnvironmentDefinition
from modelport.environments.interpreters import find_interpreters
from modelport.environments.realise import realise
from modelport.environments.venv import MARKER
from modelport.errors import ResolutionError, UserError


@pytest.fixture
def make(options, define):
    """`make("mp-alpha", python="3.8")`: the realisation of such an environment."""

    def run(*requirements, python="", options=options):
        return realise(define(*requirements, python=python), options, lambda line: None)

    return run


def printed(python, code):
    done = subprocess.run([python, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    return done.stdout.strip()


def environments(options):
    return sorted(path for path in options.environments.glob("*") if path.is_dir() and not path.is_symlink())


def test_the_serving_interpreter_serves_as_it_is_when_it_satisfies(make, options):
    found = make("pytest>=7", "azureml-defaults")
    assert (found.python, found.reused) == (options.serving_python, True)
    assert {"pytest", "pluggy"} <= found.lock.versions.keys()
    assert not options.environments.exists()


def test_an_environment_that_asks_for_nothing_is_the_serving_interpreter(make, options):
    assert make().python == options.serving_python


def test_what_is_missing_is_installed_into_an_environment_of_its_own(make, options):
    found = make("mp-beta")
    assert found.python.is_relative_to(options.environments)
    assert printed(found.python, "import mp_alpha, mp_beta; print(mp_alpha.VERSION)") == "1.1"
    assert found.lock.versions == {"mp-alpha": "1.1", "mp-beta": "1.0"}


def test_nothing_but_the_lock_is_in_it(make, plain_environ):
    from modelport.environments.interpreters import installed_packages

    found = make("mp-alpha")
    assert [package.name for package in installed_packages(found.python, plain_environ)] == ["mp-alpha"]


def test_the_serving_interpreter_is_not_changed(make, options, plain_environ):
    from modelport.environments.interpreters import installed_packages

    before = installed_packages(options.serving_python, plain_environ)
    make("mp-alpha")
    assert installed_packages(options.serving_python, plain_environ) == before


def test_why_the_serving_interpreter_does_not_do_is_told(make):
    lines = make("mp-alpha==1.0").log_lines
    assert any("does not serve as it is: mp-alpha==1.0 is not installed" in line for line in lines)


def test_an_environment_is_reused(make, options):
    first, second = make("mp-alpha"), make("mp-alpha")
    assert (first.reused, second.reused) == (False, True)
    assert first.python == second.python
    assert len(environments(options)) == 1


def test_a_reused_environment_needs_no_index(make, options, wheels):
    first = make("mp-alpha")
    for wheel in wheels.path.iterdir():
        wheel.unlink()
    assert make("mp-alpha").python == first.python


def test_the_serving_interpreter_can_be_declined(make, options):
    found = make("mp-alpha", options=replace(options, may_reuse=False))
    assert found.python != options.serving_python


def test_an_interrupted_environment_is_made_anew(make, options):
    first = make("mp-alpha")
    folder = first.python.parents[1]
    (folder / MARKER).unlink()
    (folder / "leftover").write_text("")
    second = make("mp-alpha")
    assert (second.python, second.reused) == (first.python, False)
    assert not (folder / "leftover").exists()
    assert len(environments(options)) == 1


def test_an_installer_that_outlives_its_killed_maker_disturbs_nothing(make, options):
    first = make("mp-alpha")
    name = first.python.parents[1]
    orphan = name.with_name(f"{name.name}.0rphan")
    orphan.mkdir()
    name.unlink()
    second = make("mp-alpha")
    assert second.python == first.python
    assert not orphan.exists()
    assert second.python.parents[1].resolve() in environments(options)


def test_an_environment_whose_interpreter_is_gone_is_made_anew(make):
    first = make("mp-alpha")
    first.python.unlink()
    first.python.symlink_to("/nowhere/python")
    assert not make("mp-alpha").reused


def test_a_file_that_is_not_the_locked_one_is_refused_and_leaves_nothing(make, options, wheels):
    python = make("mp-alpha==1.0").python
    shutil.rmtree(options.environments)
    wheels.add("mp-alpha", "1.0", ["mp-beta"])
    uncached = {**options.environ, "UV_CACHE_DIR": str(options.home / "other-cache")}
    with pytest.raises(ResolutionError) as caught:
        make("mp-alpha==1.0", options=replace(options, environ=uncached))
    assert caught.value.code == "hash-mismatch"
    assert environments(options) == []
    assert not python.exists()


def _realise_in_process(definition, options, answers):
    found = realise(definition, options, lambda line: None)
    answers.put((str(found.python), found.reused))


def test_two_processes_that_want_the_same_make_it_once(options, define):
    context = multiprocessing.get_context("spawn")
    answers = context.Queue()
    arguments = (define("mp-beta"), options, answers)
    workers = [context.Process(target=_realise_in_process, args=arguments) for _ in range(2)]
    for worker in workers:
        worker.start()
    found = [answers.get(timeout=60) for _ in workers]
    for worker in workers:
        worker.join(60)
    assert len({python for python, _ in found}) == 1
    assert sorted(reused for _, reused in found) == [False, True]


def other_pythons(options):
    found = find_interpreters(dict(os.environ), options.interpreter_cache)
    return {".".join(entry.version.split(".")[:2]): entry for entry in found}


@pytest.mark.parametrize("minor", ["3.6", "3.7", "3.8", "3.13"])
def test_an_environment_with_another_python_is_made(make, options, need, minor):
    need(f"Python {minor}", minor in other_pythons(options), f"pyenv install {minor}")
    found = make("mp-beta", python=f"{minor}")
    assert printed(found.python, "import sys, mp_beta; print('%d.%d' % sys.version_info[:2])") == minor


def test_another_patch_release_of_the_same_minor_is_told(make, options, need):
    serving = sys.version_info
    wanted = f"{serving[0]}.{serving[1]}.{serving[2] + 40}"
    lines = make("mp-alpha", python=wanted).log_lines
    assert any(line.startswith(f"asked for Python {wanted}, using {serving[0]}.{serving[1]}.") for line in lines)


def test_a_python_that_is_not_there_is_refused_before_anything_is_made(make, options):
    with pytest.raises(ResolutionError) as caught:
        make("mp-alpha", python="3.99")
    assert caught.value.code == "python-not-found"
    assert caught.value.message.startswith("env.yml:2: ")
    assert not options.locks.exists()


def test_an_interpreter_that_the_user_keeps_is_used_as_it_is(options):
    definition = EnvironmentDefinition("own", interpreter_path=sys.executable)
    found = realise(definition, options, lambda line: None)
    assert (found.python, found.reused) == (Path(sys.executable), True)
    assert "pytest" in found.lock.versions


def test_an_interpreter_of_the_user_is_looked_up_on_the_path(options, tmp_path):
    environ = {**options.environ, "PATH": str(Path(sys.executable).parent)}
    definition = EnvironmentDefinition("own", interpreter_path="python")
    assert realise(definition, replace(options, environ=environ), lambda line: None).python == Path(sys.executable)


def test_a_missing_interpreter_of_the_user_is_refused(options):
    with pytest.raises(UserError) as caught:
        realise(EnvironmentDefinition("own", interpreter_path="/nowhere/python"), options, lambda line: None)
    assert caught.value.code == "interpreter-unusable"


def test_every_line_is_reported_as_it_comes(options, define):
    seen = []
    found = realise(define("mp-alpha", "azureml-core"), options, seen.append)
    assert tuple(seen) == found.log_lines
    assert "'azureml-core' is not installed: its import paths come with the worker." in seen
