"""Locks of other tools, and the choice of a reader by the name of a file."""

from __future__ import annotations

import subprocess

import pytest

from modelport.environments.files import read_environment
from modelport.environments.lock_files import from_pylock
from modelport.environments.uv import uv_program
from modelport.errors import UserError

PYLOCK = """\
lock-version = "1.0"
requires-python = ">=3.9"

[[packages]]
name = "six"
version = "1.17.0"
[[packages.wheels]]
name = "six-1.17.0-py2.py3-none-any.whl"
hashes = {sha256 = "%s"}

[[packages]]
name = "colorama"
version = "0.4.6"
marker = "sys_platform == 'win32'"

[[packages]]
name = "own"
directory = {path = "own"}
""" % ("0" * 64)


def refused(path, code="lock-file-invalid"):
    with pytest.raises(UserError) as caught:
        read_environment("test", path, {})
    assert caught.value.code == code
    return caught.value


def test_a_pylock_becomes_pins_with_hashes_and_markers(tmp_path):
    (tmp_path / "pylock.toml").write_text(PYLOCK)
    definition = from_pylock("test", tmp_path / "pylock.toml")
    # How packaging writes "name @ URL" depends on its release.
    assert [str(entry).replace("own@", "own @") for entry in definition.pip] == [
        f"six==1.17.0 --hash=sha256:{'0' * 64} (pylock.toml:4)",
        'colorama==0.4.6; sys_platform == "win32" (pylock.toml:11)',
        f"own @ file://{tmp_path}/own (pylock.toml:16)",
    ]
    assert definition.conda[0].text == "python >=3.9"


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("[[packages]\n", "not TOML"),
        ("a = 1\n", "PEP 751"),
        ('lock-version = "1.0"\n[[packages]]\nversion = "1"\n', "pylock.toml:2: the package has no name"),
        ('lock-version = "1.0"\n[[packages]]\nname = "six"\n', "neither a version nor a source"),
    ],
)
def test_a_damaged_pylock_is_refused(tmp_path, text, word):
    (tmp_path / "pylock.toml").write_text(text)
    assert word in refused(tmp_path / "pylock.toml").message


def test_a_uv_lock_becomes_pins_without_the_project_itself(tmp_path, wheels, plain_environ):
    (tmp_path / "pyproject.toml").write_text(
        '[project]\nname = "own"\nversion = "1"\nrequires-python = ">=3.9"\ndependencies = ["mp-beta"]\n'
    )
    subprocess.run(
        [uv_program(), "lock", "--quiet", "--no-index", "--find-links", wheels.path],
        cwd=tmp_path, env=plain_environ, check=True, timeout=60,
    )  # fmt: skip
    definition = read_environment("test", tmp_path / "uv.lock", plain_environ)
    assert [entry.text.split(" ")[0] for entry in definition.pip] == ["mp-alpha==1.1", "mp-beta==1.0"]
    assert definition.conda[0].text == "python >=3.9"


def test_a_uv_lock_without_its_project_is_refused(tmp_path, plain_environ):
    (tmp_path / "uv.lock").write_text('version = 1\nrequires-python = ">=3.9"\n')
    with pytest.raises(UserError) as caught:
        read_environment("test", tmp_path / "uv.lock", plain_environ)
    assert caught.value.code == "lock-file-invalid"


@pytest.mark.parametrize(
    ("name", "text"),
    [("e.yml", "dependencies: [pip: [six]]"), ("e.YAML", "dependencies: [pip: [six]]"),
     ("r.txt", "six"), ("r.in", "six"),
     ("pylock.prod.toml", 'lock-version = "1.0"\n[[packages]]\nname = "six"\nversion = "1"\n')],
)  # fmt: skip
def test_the_reader_is_chosen_by_the_name(tmp_path, name, text):
    (tmp_path / name).write_text(text)
    assert read_environment("test", tmp_path / name, {}).pip[0].text.startswith("six")


def test_another_name_is_refused(tmp_path):
    assert "pyproject.toml" in refused(tmp_path / "pyproject.toml", "environment-file-kind").message
