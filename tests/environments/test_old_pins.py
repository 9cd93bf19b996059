"""Pins that are older than the Python: the error names the Python that they were made for."""

from __future__ import annotations

from modelport.environments.old_pins import old_pins_error
from modelport.environments.specification import Dependency

ALPHA, BETA = Dependency("alpha==0.19.1", "old.yml:3"), Dependency("beta==1.15.4", "old.yml:4")
LOOSE = Dependency("gamma>=1", "old.yml:5")
# Which Pythons each has ready-made files for; "" is the Python of the environment, 3.11.
FILES = {ALPHA: {"3.5", "3.6"}, BETA: {"3.6", "3.7"}}


def has_files(requirements, python):
    return all(python in FILES.get(entry, {"", "3.11"}) for entry in requirements)


def test_the_python_that_all_of_them_need_is_named():
    error = old_pins_error([ALPHA, LOOSE, BETA], "3.11.7", has_files)
    assert error.code == "package-not-for-python"
    assert "alpha==0.19.1 (old.yml:3) and beta==1.15.4 (old.yml:4) were made for Python 3.6:" in error.message
    assert "Python 3.11.7" in error.message and "python=3.6" in error.remedy
    assert "gamma" not in error.message


def test_one_old_pin_names_all_its_pythons():
    assert "was made for Python 3.6 or 3.5:" in old_pins_error([ALPHA], "3.11.7", has_files).message


def test_pins_that_no_python_had_together_are_left_to_the_solver():
    files = {ALPHA: {"3.5"}, BETA: {"3.7"}}

    def has(requirements, python):
        return all(python in files[entry] for entry in requirements)

    assert old_pins_error([ALPHA, BETA], "3.11.7", has) is None


def test_what_is_not_old_is_left_to_the_solver():
    assert old_pins_error([LOOSE, Dependency("delta==2")], "3.11.7", has_files) is None
    assert old_pins_error([LOOSE], "3.11.7", has_files) is None
