"""A lock for a Python that is not on this machine."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from modelport.environments.foreign_python import ForeignPython
from modelport.environments.solve import solve
from modelport.environments.wish import wish_of
from modelport.errors import ResolutionError

HELPER = Path(sys.executable)


def quiet(_line):
    """Nobody looks at the progress."""


@pytest.mark.parametrize(
    ("libc", "platform"),
    [("glibc 2.36", "manylinux_2_36"), ("glibc 2.41", "manylinux_2_40"), ("glibc 2.30", "manylinux_2_28"),
     ("musl 1.2", "musl"), ("", "manylinux_2_17")],
)  # fmt: skip
def test_the_platform_follows_the_c_library(libc, platform):
    assert ForeignPython("3.9.2", "x86_64", libc, HELPER).platform == f"linux-x86_64-{platform}"


def test_a_lock_is_solved_for_the_foreign_version(wheels, options, define):
    wheels.add("mp-new", "1.0", python=">=3.8")
    wheels.add("mp-new", "2.0", python=">=3.12")
    wish = wish_of(define("mp-new"))
    locks = [solve(wish, ForeignPython(v, "x86_64", "glibc 2.36", HELPER), options, quiet) for v in ("3.9.2", "3.13.5")]
    assert [lock.versions["mp-new"] for lock in locks] == ["1.0", "2.0"]
    assert [lock.python_version for lock in locks] == ["3.9.2", "3.13.5"]


def test_the_c_library_makes_another_lock(wheels, options, define):
    places = [ForeignPython("3.11.2", "x86_64", libc, HELPER) for libc in ("glibc 2.31", "glibc 2.36")]
    assert len({solve(wish_of(define("mp-alpha")), place, options, quiet).digest for place in places}) == 2


def test_what_cannot_be_had_names_the_foreign_python(wheels, options, define):
    wheels.add("mp-new", "2.0", python=">=3.12")
    place = ForeignPython("3.9.2", "x86_64", "glibc 2.36", HELPER)
    with pytest.raises(ResolutionError, match=r"Python 3\.9\.2") as caught:
        solve(wish_of(define("mp-new")), place, options, quiet)
    assert caught.value.code == "package-not-for-python"


def test_pins_that_are_older_than_the_foreign_python_name_the_one_they_were_made_for(wheels, options, define):
    wheels.add("mp-old", "0.1").rename(wheels.path / "mp_old-0.1-cp36-none-any.whl")
    place = ForeignPython("3.11.2", "x86_64", "glibc 2.36", HELPER)
    with pytest.raises(ResolutionError, match=r"was made for Python 3\.6:"):
        solve(wish_of(define("mp-old==0.1")), place, options, quiet)
