"""Definitions are translated into what PyPI is asked for, and every translation is told."""

from __future__ import annotations

import pytest

from modelport.environments.conda_file import parse_conda
from modelport.environments.environment import from_conda
from modelport.environments.provided import PROVIDED
from modelport.environments.python_wish import Match, PythonWish
from modelport.environments.wish import wish_of
from modelport.errors import UserError


def wish(text):
    return wish_of(from_conda("test", parse_conda(text, "myenv.yml")))


def texts(dependencies):
    return [dependency.text for dependency in dependencies]


def test_conda_packages_are_asked_of_pypi_under_their_name_there():
    found = wish("dependencies: [pytorch=1.0, numpy==1.15.4]")
    assert texts(found.requirements) == ["torch==1.0.*", "numpy==1.15.4"]
    assert found.notes[0] == "conda package 'pytorch' is installed from PyPI as 'torch'."


def test_channel_and_build_are_told_to_mean_nothing():
    note = wish("dependencies: ['conda-forge::numpy=1.15=py36']").notes[0]
    assert "instead of channel 'conda-forge'" in note
    assert "build 'py36'" in note


def test_libraries_that_packages_bring_are_left_out_with_a_note():
    found = wish("dependencies: [mkl=2018.0.3, libgcc-ng, cudatoolkit=10.0, openssl=1.0.2k, pip]")
    assert found.requirements == ()
    assert len(found.notes) == 5


def test_a_program_of_its_own_is_refused_with_its_place():
    with pytest.raises(UserError) as caught:
        wish("dependencies:\n  - numpy\n  - nodejs=12\n")
    assert caught.value.code == "conda-package-unavailable"
    assert caught.value.message.startswith("myenv.yml:3: ")


@pytest.mark.parametrize("name", sorted(PROVIDED))
def test_what_the_worker_stands_in_for_is_not_installed(name):
    found = wish(f"dependencies: [pip: ['{name}>=0.1', six]]")
    assert texts(found.requirements) == ["six"]
    assert f"'{name}>=0.1' is not installed" in found.notes[0]


def test_ptvsd_is_succeeded_by_debugpy():
    found = wish("dependencies: [pip: [ptvsd==4.3.2, six]]")
    assert texts(found.requirements) == ["debugpy", "six"]
    assert found.notes == ("'ptvsd==4.3.2' is not installed: 'debugpy' is, under the old names as well.",)


def test_a_debugpy_of_the_users_keeps_its_pin():
    assert texts(wish("dependencies: [pip: [ptvsd, debugpy==1.8.0]]").requirements) == ["debugpy==1.8.0"]


def test_provided_packages_are_known_by_any_spelling():
    assert wish("dependencies: [pip: ['Inference_Schema[numpy-support]']]").requirements == ()


@pytest.mark.parametrize(
    ("line", "words", "versions"),
    [
        ("python=3.6.2", "3.6.2", "==3.6.2.*"),
        ("python==3.8", "3.8", "==3.8"),
        ("'python>=3.8,<3.12'", ">=3.8,<3.12", ">=3.8,<3.12"),
    ],
)
def test_python_is_taken_out_as_the_wish(line, words, versions):
    found = wish(f"dependencies: [{line}, numpy]")
    assert found.python == PythonWish(words, versions)
    assert texts(found.requirements) == ["numpy"]


def test_no_python_and_any_python_mean_the_serving_one():
    assert wish("dependencies: [numpy]").python is None
    assert wish("dependencies: [python]").python is None


@pytest.mark.parametrize(
    ("versions", "version", "match"),
    [
        ("==3.6.2.*", "3.6.2", Match.EXACT),
        ("==3.6.2.*", "3.6.15", Match.SAME_MINOR),
        ("==3.6.2.*", "3.7.2", Match.NONE),
        ("==3.6.*", "3.6.15", Match.EXACT),
        ("==3.8", "3.8.18", Match.SAME_MINOR),
        (">=3.8", "3.11.7", Match.EXACT),
        (">=3.8", "3.7.16", Match.NONE),
    ],
)
def test_a_wish_knows_how_well_a_version_answers(versions, version, match):
    assert PythonWish("", versions).match(version) is match


def test_options_of_the_pip_section_are_kept():
    found = wish("dependencies: [pip: ['--index-url https://x.example/simple', six]]")
    assert found.index.index_url == "https://x.example/simple"


def test_a_requirements_file_can_be_included_in_the_pip_section(tmp_path):
    (tmp_path / "r.txt").write_text("six==1.16.0\n")
    (tmp_path / "e.yml").write_text("dependencies: [pip: ['-r r.txt']]\n")
    from modelport.environments.environment import from_conda_file

    assert texts(wish_of(from_conda_file("test", tmp_path / "e.yml")).requirements) == ["six==1.16.0"]
