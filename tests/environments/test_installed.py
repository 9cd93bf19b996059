"""Whether what an interpreter has installed satisfies an environment."""

from __future__ import annotations

from pathlib import Path

import pytest

from modelport.environments.installed import satisfies
from modelport.environments.interpreters import InstalledPackage, Interpreter
from modelport.environments.specification import Dependency
from modelport.environments.wish import Wish

MARKERS = {"sys_platform": "linux", "platform_machine": "x86_64", "python_version": "3.11"}
PYTHON = Interpreter(Path("/python"), "3.11.7", Path("/"), markers=MARKERS)
INSTALLED = (
    InstalledPackage("Alpha", "1.5", ("beta>=1", 'gamma; extra == "more"', 'winonly; sys_platform == "win32"')),
    InstalledPackage("beta", "1.2", ("alpha",)),  # a circle
    InstalledPackage("broken", "1.0", ("beta>=9",)),
    InstalledPackage("linked", "1.0", url="https://x.example/linked.whl"),
    InstalledPackage("old", "1.0", ("not a requirement ((",)),
    InstalledPackage("newest", "2.0rc1"),
)


def judge(*lines, constraints=()):
    wish = Wish(tuple(Dependency(line) for line in lines), tuple(Dependency(line) for line in constraints))
    return satisfies(wish, PYTHON, INSTALLED)


def test_the_lock_is_what_is_needed_of_what_is_installed():
    lock = judge("ALPHA>=1").lock
    assert lock.versions == {"alpha": "1.5", "beta": "1.2"}
    assert (lock.python_version, lock.platform) == ("3.11.7", "linux-x86_64")


def test_nothing_is_satisfied_by_anything():
    assert judge().lock.packages == ()


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("alpha>=2", "alpha>=2 is asked for, 1.5 is installed"),
        ("delta", "delta is not installed"),
        ("alpha[more]", "gamma (needed by Alpha) is not installed"),
        ("broken", "beta>=9 (needed by broken) is asked for, 1.2 is installed"),
        ("alpha==1.5 --hash=sha256:00", "with hashes"),
        ("/some/wheel.whl", "file or URL"),
        ("linked @ https://x.example/other.whl", "not installed from the URL"),
    ],
)
def test_what_does_not_hold_is_told(line, reason):
    judged = judge(line)
    assert judged.lock is None
    assert reason in judged.reason


@pytest.mark.parametrize(
    "line",
    ['delta; sys_platform == "win32"', "linked @ https://x.example/linked.whl", "old", "newest>=1", "alpha[unknown]"],
)
def test_what_does_hold(line):
    assert judge(line).lock is not None


def test_constraints_limit_only_what_is_needed():
    assert judge("beta", constraints=["alpha<1"]).lock is None
    assert judge("old", constraints=["alpha<1"]).lock is not None
