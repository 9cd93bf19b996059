"""`modelport environment`: from a file to a lock."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy
import pytest


@pytest.fixture
def requirements(tmp_path):
    path = tmp_path / "requirements.txt"
    path.write_text("numpy\n")
    return str(path)


def test_register_list_and_show(cli, requirements):
    made = cli("environment", "register", "--name", "numbers", requirements)
    assert made.stdout == "Registered environment numbers:1.\n"
    assert "numbers" in [each["name"] for each in cli("environment", "list", "-o", "json").json]
    assert "Pip      numpy" in cli("environment", "show", "numbers").stdout


def test_register_of_the_same_again_is_the_same_version(cli, requirements):
    versions = [cli("environment", "register", "-n", "n", requirements, "-o", "json").json["version"] for _ in range(2)]
    assert versions == [1, 1]


def test_curated_environments_are_listed(cli):
    assert "modelport-sklearn" in cli("environment", "list").stdout


def test_show_of_a_version_that_is_not_there(cli, requirements):
    cli("environment", "register", "-n", "numbers", requirements)
    assert cli("environment", "show", "numbers:7").exit_code == 4


def test_lock_of_a_file_is_made_of_pins(cli, requirements):
    locked = cli("environment", "lock", "--file", requirements)
    heading, *pins = locked.stdout.splitlines()
    assert heading.startswith(f"# Python {sys.version.split()[0]}")
    assert [line.split(" ")[0] for line in pins] == [f"numpy=={numpy.__version__}"]


def test_lock_as_json_has_its_digest(cli, requirements):
    words = cli("environment", "lock", "-f", requirements, "-o", "json").json
    assert len(words["digest"]) == 64
    assert [package["requirement"] for package in words["packages"]] == [f"numpy=={numpy.__version__}"]


def test_install_prints_the_python_alone(cli, requirements):
    installed = cli("environment", "install", "--file", requirements)
    assert Path(installed.stdout.strip()) == Path(sys.executable)


@pytest.mark.parametrize("words", [[], ["numbers", "--file", "x.txt"]])
def test_one_environment_is_wanted(cli, words):
    result = cli("environment", "lock", *words)
    assert (result.exit_code, "[environment-needed]" in result.stderr) == (2, True)


def test_file_with_an_error_names_the_line(cli, tmp_path):
    broken = tmp_path / "conda.yml"
    broken.write_text("dependancies:\n- python=3.8\n")
    result = cli("environment", "register", "-n", "numbers", str(broken))
    assert result.exit_code == 2
    assert "conda.yml:1:" in result.stderr
