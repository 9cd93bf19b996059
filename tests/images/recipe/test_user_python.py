"""Whose Python runs the server, and whose the user's code."""

from __future__ import annotations

import pytest

from modelport.environments.python_wish import PythonWish
from modelport.errors import ResolutionError
from modelport.images.recipe.user_python import (
    BaseFacts,
    BasePython,
    DefaultBases,
    PythonRequest,
    minor_of,
    plan_pythons,
)

GLIBC = {"3.9": "2.31", "3.11": "2.36", "3.13": "2.41"}


def base(python, name="", libc=""):
    """A base with one Python: of Debian 11, 12 or 13 like the tests' own ones, or without any."""
    pythons = (BasePython("/usr/bin/python3", f"{python}.2"),) if python else ()
    return BaseFacts(name or f"base:{python}", f"sha256:{python}", "x86_64", f"glibc {libc or GLIBC[python]}", pythons)


def plan(python="", given=None, kept="", managed_by=""):
    wish = PythonWish(python, f"=={python}.*") if python else None
    return plan_pythons(PythonRequest(wish, kept, given, managed_by), DefaultBases(base))


def chosen(made):
    return made.base.reference, made.server.how, made.user.how, made.user.version


def test_without_a_wish_the_default_base_serves_both():
    assert chosen(plan()) == ("base:3.11", "own", "own", "3.11.2")


def test_a_newer_python_has_a_default_base_of_its_own():
    assert chosen(plan("3.13")) == ("base:3.13", "own", "own", "3.13.2")


def test_an_older_python_is_copied_into_the_default_base():
    made = plan("3.9")
    assert chosen(made) == ("base:3.11", "own", "copied", "3.9.2")
    assert (made.user.source, made.user.home) == ("base:3.9", "/opt/modelport/python-3.9")


def test_a_given_base_with_a_python_of_today_serves_both():
    made = plan(given=base("3.13", "mine"))
    assert (chosen(made), made.is_given_base) == (("mine", "own", "own", "3.13.2"), True)


def test_a_given_base_gets_the_older_python_that_is_asked_for():
    assert chosen(plan("3.9", given=base("3.11", "mine"))) == ("mine", "own", "copied", "3.9.2")


def test_the_python_of_an_older_given_base_moves_into_the_default_base_and_the_log_says_so():
    made = plan(given=base("3.9", "mine"))
    assert chosen(made) == ("base:3.11", "own", "copied", "3.9.2")
    assert (made.user.source, made.is_given_base) == ("mine", False)
    assert "'mine' cannot run the server" in made.notes[0]


def test_a_newer_python_is_not_copied_into_an_older_base_and_both_c_libraries_are_named():
    with pytest.raises(ResolutionError, match=r"glibc 2\.41 .* glibc 2\.36") as caught:
        plan("3.13", given=base("3.11", "mine"))
    assert caught.value.code == "c-library-too-new"


def test_another_machine_or_c_library_is_never_mixed():
    with pytest.raises(ResolutionError, match=r"musl 1\.2"):
        plan("3.9", given=BaseFacts("mine", "", "x86_64", "musl 1.2", (BasePython("/usr/bin/python3", "3.12.1"),)))


def test_a_base_without_python_gets_one_that_serves_both():
    made = plan(given=base("", "plain", "2.36"))
    assert (made.base.reference, made.server.how, made.server.source) == ("plain", "copied", "base:3.11")
    assert made.user == made.server


def test_a_python_that_the_user_keeps_is_taken_as_it_is():
    made = plan("3.9", given=base("3.11", "mine"), kept="python3")
    assert (made.user.how, made.user.path, made.user.home) == ("kept", "/usr/bin/python3", "")


def test_a_kept_python_that_is_old_gets_the_server_python_beside_it_where_the_c_library_allows():
    old = BaseFacts("mine", "", "x86_64", "glibc 2.36", (BasePython("/opt/venv/bin/python", "3.8.1"),))
    made = plan(given=old, kept="/opt/venv/bin/python")
    assert (made.base.reference, made.server.how, made.user.path) == ("mine", "copied", "/opt/venv/bin/python")
    with pytest.raises(ResolutionError, match="c-library-too-new"):
        plan(given=base("3.9", "mine"), kept="python3")


def test_a_python_managed_by_uv_stands_in_a_folder_of_its_own():
    made = plan("3.12", managed_by="uv")
    assert (made.base.reference, made.user.how, made.user.home) == ("base:3.11", "uv", "/opt/modelport/python-3.12")


@pytest.mark.parametrize(
    ("words", "minor"), [("==3.6.2.*", "3.6"), (">=3.8", "3.11"), ("<3.9", "3.8"), (">3.11.5", "3.11")]
)
def test_a_wish_means_one_minor_version(words, minor):
    assert minor_of(PythonWish(words, words)) == minor


def test_a_python_without_a_base_is_refused_with_those_that_have_one():
    with pytest.raises(ResolutionError, match=r"3\.5 is asked for.*3\.6 to 3\.15"):
        plan("3.5")


def test_a_default_base_that_is_not_what_its_name_says_is_refused():
    with pytest.raises(ResolutionError, match="MODELPORT_BASE_IMAGE"):
        plan_pythons(PythonRequest(), DefaultBases(lambda _: base("3.9", "wrong:3.11")))
