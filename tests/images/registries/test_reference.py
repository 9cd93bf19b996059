"""Names of images: what is meant, what is refused, and that nothing else can happen."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelport.errors import UserError
from modelport.images.registries.reference import (
    Reference,
    check_registry_address,
    is_loopback,
    parse_reference,
)

DIGEST = "sha256:" + "0123456789abcdef" * 4
PART = st.from_regex(r"[a-z0-9]{1,8}((\.|_|__|-{1,3})[a-z0-9]{1,8}){0,2}", fullmatch=True)
REGISTRY = st.sampled_from(["localhost", "localhost:5000", "127.0.0.1:5000", "registry.example", "[::1]:5000", "R:1"])
TAG = st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,20}", fullmatch=True)
REFERENCE = st.builds(
    Reference,
    REGISTRY,
    st.lists(PART, min_size=1, max_size=4).map("/".join),
    TAG,
    st.sampled_from(["", DIGEST]),
)


@given(REFERENCE)
def test_a_written_reference_is_read_back_as_it_was(reference):
    assert parse_reference(str(reference)) == reference


@given(st.text(max_size=60) | st.from_regex(r"[a-zA-Z0-9.:/@_\[\]-]{0,60}", fullmatch=True))
def test_any_text_is_read_or_refused_and_reading_is_stable(text):
    try:
        reference = parse_reference(text)
    except UserError as error:
        assert error.code == "image-reference-invalid"
    else:
        assert parse_reference(str(reference)) == reference


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        ("python", "docker.io/library/python:latest"),
        ("team/churn", "docker.io/team/churn:latest"),
        ("index.docker.io/python:3", "docker.io/library/python:3"),
        ("localhost/churn", "localhost/churn:latest"),
        ("host:5000/churn", "host:5000/churn:latest"),
        (f"r.example/churn@{DIGEST}", f"r.example/churn@{DIGEST}"),
        (f"r.example/churn:1@{DIGEST}", f"r.example/churn:1@{DIGEST}"),
    ],
)
def test_a_short_name_gets_its_missing_parts(text, whole):
    assert str(parse_reference(text)) == whole


def test_a_name_without_registry_goes_to_the_default_one_of_the_caller():
    assert str(parse_reference("team/churn:1", "r.example:5000")) == "r.example:5000/team/churn:1"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Churn", "the part 'Churn'"),
        ("r.example/Team/churn", "the part 'Team'"),
        ("r.example/churn:-1", "'-1' is not a tag"),
        ("r.example/churn@sha256:12", "'sha256:12' is not a digest"),
        ("r.example:99999/churn", "'r.example:99999' is not a registry"),
        ("https://r.example/churn", "is not"),
        ("", "the part ''"),
        ("r.example/" + "a" * 256, "256 characters"),
        ("r.example/churn\n", "the part 'churn\\n'"),
    ],
)
def test_what_is_wrong_is_named(text, said):
    with pytest.raises(UserError, match=re.escape(said)):
        parse_reference(text)


def test_an_address_is_taken_with_scheme_and_slash():
    assert check_registry_address(" https://Registry.Example/ ") == "Registry.Example"


def test_an_address_with_a_path_is_refused():
    with pytest.raises(UserError, match="is not a registry"):
        check_registry_address("registry.example/v2")


@pytest.mark.parametrize("registry", ["localhost", "localhost:5000", "127.0.0.1:5000", "127.9.9.9", "[::1]:5000"])
def test_this_machine_is_recognised(registry):
    assert is_loopback(registry)


@pytest.mark.parametrize("registry", ["registry.example", "localhost.example:5000", "10.0.0.1"])
def test_another_machine_is_not_taken_for_this_one(registry):
    assert not is_loopback(registry)
