"""Locks: exact pins, their hashes, their digest."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelport.environments.lock import Lock, LockedPackage, checked_against, parse_compiled
from modelport.environments.specification import Dependency
from modelport.errors import ResolutionError

packages = st.builds(LockedPackage, st.text(), st.lists(st.text()).map(tuple), st.text())
SIX = LockedPackage("six==1.17.0", ("sha256:aa", "sha256:bb"))


@given(st.builds(Lock, st.text(), st.text(), st.lists(packages, max_size=3).map(tuple)))
def test_a_lock_survives_json(lock):
    assert Lock.from_json(lock.to_json()) == lock


def test_the_digest_follows_every_pin_and_hash():
    lock = Lock("3.11.7", "linux-x86_64", (SIX,))
    others = [
        replace(lock, python_version="3.11.8"),
        replace(lock, platform="linux-aarch64"),
        replace(lock, packages=(replace(SIX, hashes=("sha256:aa",)),)),
        replace(lock, packages=()),
    ]
    assert len({lock.digest, *(other.digest for other in others)}) == 5


def test_the_output_of_the_solver_is_read_with_hashes_sorted():
    text = "# made by\nsix==1.17.0 \\\n    --hash=sha256:bb \\\n    --hash=sha256:aa\n    # via x\nmp @ file:///a.whl\n"
    assert parse_compiled(text) == (LockedPackage("mp @ file:///a.whl"), SIX)


def test_versions_are_by_canonical_name():
    assert Lock("3.11.7", "", (LockedPackage("Ruamel.YAML==0.17"),)).versions == {"ruamel-yaml": "0.17"}


def test_hashes_are_limited_to_those_that_the_input_demands():
    asked = Dependency("six==1.17.0 --hash=sha256:bb --hash=sha256:cc")
    assert checked_against((SIX,), (asked,))[0].hashes == ("sha256:bb",)


def test_hashes_that_the_index_does_not_have_are_refused():
    with pytest.raises(ResolutionError) as caught:
        checked_against((SIX,), (Dependency("six --hash=sha256:cc", "r.txt:4"),))
    assert caught.value.code == "hash-mismatch"
    assert caught.value.message.startswith("r.txt:4: ")
