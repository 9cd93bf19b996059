"""Starting programs: what is said when one cannot be started."""

from __future__ import annotations

import os
import sys

import pytest

from modelport import process
from modelport.errors import UserError


def start(program, directory):
    process.spawn([program], environ=os.environ, directory=directory, stdout=1, stderr=2, die_with_parent=True)


def test_program_that_is_not_there_is_named(tmp_path):
    with pytest.raises(UserError, match="program '/nowhere/python' cannot be started") as caught:
        start("/nowhere/python", tmp_path)
    assert caught.value.code == "program-missing"


def test_working_directory_that_is_gone_is_not_blamed_on_the_program(tmp_path):
    with pytest.raises(UserError, match=r"gone', where .* cannot be entered: No such file") as caught:
        start(sys.executable, tmp_path / "gone")
    assert caught.value.code == "working-directory-missing"
