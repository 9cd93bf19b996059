"""Shell scripts that call `az ml` run unchanged."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from modelport.cli.ml.script import is_shell_script

SCRIPT = """#!/usr/bin/env bash
set -euo pipefail
az login --service-principal -u "$1" > /dev/null
az extension add -n azure-cli-ml
az ml workspace create -w shop -g group --exist-ok -o none
az ml folder attach -w shop -g group -o none
az ml model register -n basket -p "$2" --tag build=7 -t model.json -o none
az ml model deploy -n basket -f model.json \\
  --ic inferenceconfig.json --dc deploymentconfig.json --overwrite -v -o none
URI=$(az ml service show -n basket --query scoringUri -o tsv)
case "$URI" in http://localhost:*/score) ;; *) exit 9 ;; esac
az ml service run -n basket -d '[1, 2]' --query length
az ml service delete -n basket
exit 5
"""


def test_script_runs_as_it_stands(program, home, script, model_file):
    Path("deploy.sh").write_text(SCRIPT)
    Path("inferenceconfig.json").write_text(f'{{"entryScript": "{script}"}}')
    Path("deploymentconfig.json").write_text('{"computeType": "local"}')
    done = program("run-v1", "deploy.sh", "me", str(model_file))
    assert (done.exit_code, done.stdout) == (5, "6\n"), done.stderr
    assert "az login --service-principal: without effect" in done.stderr


def test_other_commands_go_to_the_real_az(program, home, tmp_path, monkeypatch):
    (tmp_path / "real").mkdir()
    real = tmp_path / "real" / "az"
    real.write_text('#!/bin/sh\necho "real $*"; exit 3\n')
    real.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path / 'real'}{os.pathsep}{os.environ['PATH']}")
    Path("script").write_text("#!/bin/sh\naz storage list --all\n")
    done = program("run-v1", "script")
    assert (done.exit_code, done.stdout) == (3, "real storage list --all\n")


def test_other_commands_without_a_real_az_are_told(program, home):
    Path("script.sh").write_text("az storage list\n")
    done = program("run-v1", "script.sh")
    assert done.exit_code == 127
    assert "Modelport stands in for az ml alone" in done.stderr


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("a.sh", "", True),
        ("a", "#!/bin/bash\n", True),
        ("a", "#!/usr/bin/env sh\n", True),
        ("a", "#!/usr/bin/env python3\n", False),
        ("a.py", "import x\n", False),
    ],
)
def test_what_a_shell_runs(tmp_path, name, text, expected):
    (tmp_path / name).write_text(text)
    assert is_shell_script(tmp_path / name) is expected


def test_file_that_is_not_there_is_no_script(tmp_path):
    assert not is_shell_script(tmp_path / "nowhere.sh")
