"""Conda match specifications in the words of PEP 440."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.specifiers import SpecifierSet

from modelport.environments.conda_spec import conda_name, parse_conda_spec
from modelport.environments.specification import Dependency
from modelport.errors import UserError


@pytest.mark.parametrize(
    ("text", "name", "versions"),
    [
        ("numpy", "numpy", ""),
        ("NumPy", "numpy", ""),
        ("numpy=1.15", "numpy", "==1.15.*"),
        ("numpy==1.15.4", "numpy", "==1.15.4"),
        ("numpy 1.15", "numpy", "==1.15"),
        ("numpy 1.15.*", "numpy", "==1.15.*"),
        ("numpy=1.15.*", "numpy", "==1.15.*"),
        ("numpy=*", "numpy", ""),
        ("numpy>=1.15,<2", "numpy", ">=1.15,<2"),
        ("numpy >= 1.15 , < 2", "numpy", ">=1.15,<2"),
        ("numpy!=1.15.*", "numpy", "!=1.15.*"),
        ("numpy~=1.15", "numpy", "~=1.15"),
        ("numpy=1.15.4=py36_0", "numpy", "==1.15.4"),
        ("numpy 1.15.4 py36_0", "numpy", "==1.15.4"),
        ("numpy=2.0rc1", "numpy", "==2.0rc1"),
        ("numpy[version='>=1.0,<2']", "numpy", ">=1.0,<2"),
        ("conda-forge::numpy=1.15", "numpy", "==1.15.*"),
        ("conda-forge/linux-64::numpy", "numpy", ""),
    ],
)
def test_a_specification_is_translated(text, name, versions):
    spec = parse_conda_spec(Dependency(text))
    assert (spec.name, spec.versions) == (name, versions)


def test_channel_and_build_are_told():
    spec = parse_conda_spec(Dependency("pytorch::pytorch=1.0=py3.6_cuda"))
    assert (spec.channel, spec.build) == ("pytorch", "py3.6_cuda")


@pytest.mark.parametrize("text", ["a=1|2", "openssl=1.0.2k", "numpy=", "==1.0", "numpy>=1,<<2"])
def test_what_cannot_be_said_is_refused_with_its_place(text):
    with pytest.raises(UserError) as caught:
        parse_conda_spec(Dependency(text, "e.yml:3"))
    assert caught.value.code == "conda-spec-invalid"
    assert caught.value.message.startswith("e.yml:3: ")


def test_the_name_alone_is_read_where_the_version_means_nothing_here():
    assert conda_name(Dependency("main::OpenSSL=1.0.2k")) == "openssl"


@given(st.text(max_size=40))
def test_any_text_is_understood_or_refused_by_an_error_of_ours(text):
    try:
        SpecifierSet(parse_conda_spec(Dependency(text)).versions)
    except UserError as error:
        assert error.code == "conda-spec-invalid"
