"""Conda files are read through YAML nodes; every mistake names its file and line."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelport.environments.conda_file import parse_conda, read_conda_file
from modelport.errors import UserError

SEED = """\
name: project_environment
dependencies:
  # The python interpreter version.
  - python=3.6.2
  - pip:
    - azureml-defaults
    - scikit-learn==0.19.1
    - numpy
channels: [conda-forge]
variables: {MODE: fast, COUNT: 3}
"""


def refused(text, code="conda-file-invalid"):
    with pytest.raises(UserError) as caught:
        parse_conda(text, "myenv.yml")
    assert caught.value.code == code
    return caught.value


def test_every_part_is_read_with_its_place():
    file = parse_conda(SEED, "myenv.yml")
    assert (file.name, file.channels) == ("project_environment", ("conda-forge",))
    assert [str(entry) for entry in file.dependencies] == ["python=3.6.2 (myenv.yml:4)"]
    assert [str(entry) for entry in file.pip][1:] == ["scikit-learn==0.19.1 (myenv.yml:7)", "numpy (myenv.yml:8)"]
    assert dict(file.variables) == {"MODE": "fast", "COUNT": "3"}


def test_a_file_remembers_its_folder(tmp_path):
    (tmp_path / "a.yml").write_text("dependencies: [numpy]\n")
    assert read_conda_file(tmp_path / "a.yml").folder == tmp_path


def test_empty_sections_are_as_if_absent():
    file = parse_conda("name:\nchannels:\ndependencies:\n", "myenv.yml")
    assert (file.name, file.channels, file.dependencies) == ("", (), ())


@pytest.mark.parametrize(
    ("text", "line", "word"),
    [
        ("dependencies:\n  - numpy\n - pandas\n", 3, "malformed"),
        ("dependencies:\n\t- numpy\n", 2, "spaces"),
        ("name: [a\n", 2, "malformed"),
        ("dependencies:\n  - numpy\n  - 3.6\n", 3, "a number"),
        ("dependencies: numpy\n", 1, "a list"),
        ("dependencies:\n  - numpy: 1.15\n", 2, "numpy=1.2.3"),
        ("dependencies:\n  - pip:\n    - six\n  - pip:\n    - numpy\n", 4, "line 2"),
        ("dependencies:\n  - pip:\n    - six: 1\n", 3, "a mapping"),
        ("name: a\nname: b\n", 2, "second time"),
        ("- numpy\n", 1, "a mapping"),
        ("channels: {a: b}\n", 1, "a list"),
        ("a: 1\n---\nb: 2\n", 2, "malformed"),
        ("variables: [a]\n", 1, "a mapping"),
        ("dependencies:\n  -\n", 2, "nothing"),
    ],
)
def test_a_mistake_is_named_with_file_and_line(text, line, word):
    error = refused(text)
    assert error.message.startswith(f"myenv.yml:{line}: ")
    assert word in str(error)


def test_an_unknown_key_names_the_nearest():
    error = refused("name: a\ndependancies: [numpy]\n", "conda-key-unknown")
    assert error.message.startswith("myenv.yml:2: ")
    assert "'dependencies'" in error.remedy


def test_an_empty_file_is_refused():
    assert "empty" in refused("# nothing\n").message


def test_control_characters_are_refused():
    assert "malformed" in refused("name: a\x00b\n").message


def test_a_deeply_nested_file_is_refused():
    assert "nested" in refused("[" * 5000).message


@given(st.text(max_size=80))
def test_any_text_is_understood_or_refused_by_an_error_of_ours(text):
    try:
        parse_conda(text, "x.yml")
    except UserError as error:
        assert error.message.startswith("x.yml")
