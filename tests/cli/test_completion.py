"""Shell completion: the scripts, and what they are answered."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest


def completed(*words):
    line = ["modelport", *words]
    environ = {
        **os.environ,
        "_MODELPORT_COMPLETE": "bash_complete",
        "COMP_WORDS": " ".join(line),
        "COMP_CWORD": str(len(line) - 1),
    }
    done = subprocess.run([sys.executable, "-m", "modelport"], env=environ, capture_output=True, text=True, timeout=30)
    return [answer.partition(",")[2] for answer in done.stdout.splitlines() if answer]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_script_of_a_shell_asks_the_program(cli, shell):
    assert f"_MODELPORT_COMPLETE={shell}_complete" in cli("completion", shell).stdout


def test_unknown_shell_is_refused(cli):
    assert cli("completion", "tcsh").exit_code == 2


def test_commands_are_completed(home):
    assert completed("ser") == ["service", "serve"]


def test_options_are_completed(home):
    assert completed("model", "list", "--la") == ["--latest"]


def test_names_of_models_are_completed(cli, model_file):
    cli("model", "register", "-n", "diabetes", str(model_file))
    assert completed("model", "show", "dia") == ["diabetes:1"]


def test_no_workspace_is_made_to_complete_a_name(home):
    assert completed("model", "show", "dia") == []
    assert not home.exists()
