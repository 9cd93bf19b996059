"""Definitions keep what was written, survive JSON, and know what makes them different."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelport.environments.environment import (
    EnvironmentDefinition,
    from_conda_file,
    from_requirements_file,
)
from modelport.environments.specification import Dependency, IndexOptions
from modelport.errors import UserError

dependencies = st.lists(st.builds(Dependency, st.text(), st.text()), max_size=3).map(tuple)
definitions = st.builds(
    EnvironmentDefinition,
    st.from_regex(r"[A-Za-z][A-Za-z0-9-]{0,9}", fullmatch=True),
    conda=dependencies,
    pip=dependencies,
    constraints=dependencies,
    index=st.builds(IndexOptions, no_index=st.booleans(), find_links=st.lists(st.text(min_size=1)).map(tuple)),
    environment_variables=st.dictionaries(st.text(), st.text(), max_size=2),
    interpreter_path=st.none() | st.text(),
)


@given(definitions)
def test_a_definition_survives_json(definition):
    read = EnvironmentDefinition.from_json(definition.to_json())
    assert read == definition
    assert read.digest == definition.digest


def test_name_source_and_places_make_no_other_content():
    first = EnvironmentDefinition("a", pip=(Dependency("six", "a.txt:1"),), source="a.txt")
    assert first.digest == EnvironmentDefinition("b", pip=(Dependency("six", "b.txt:7"),), source="b.txt").digest


@pytest.mark.parametrize(
    "change",
    [
        {"pip": (Dependency("six==1.0"),)},
        {"environment_variables": {"A": "1"}},
        {"index": IndexOptions(no_index=True)},
        {"interpreter_path": "/usr/bin/python3"},
        {"container": {"base_image": "x"}},
        {"channels": ("conda-forge",)},
    ],
)
def test_everything_else_does(change):
    definition = EnvironmentDefinition("a", pip=(Dependency("six"),))
    assert replace(definition, **change).digest != definition.digest


def test_a_conda_file_gives_its_variables(tmp_path):
    (tmp_path / "e.yml").write_text("dependencies: [numpy]\nvariables: {A: b}\n")
    assert from_conda_file("test", tmp_path / "e.yml").environment_variables == {"A": "b"}


def test_a_requirements_file_names_no_python(tmp_path):
    (tmp_path / "r.txt").write_text("six\n")
    definition = from_requirements_file("test", tmp_path / "r.txt")
    assert (definition.conda, definition.source) == ((), str(tmp_path / "r.txt"))


def test_a_bad_name_is_refused():
    with pytest.raises(UserError) as caught:
        EnvironmentDefinition("a/b")
    assert caught.value.code == "name-invalid"


def test_the_repr_shows_no_variables():
    assert "geheim" not in repr(EnvironmentDefinition("a", environment_variables={"TOKEN": "geheim"}))
