"""The lines of `docs/migrating-from-azureml.md` run: both columns of its tables, as the page says they are run."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from modelport.cli.ml.deployment_file import KEYS
from modelport.migration.differences import explained
from modelport.sdk.absent import REASONS

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "migrating-from-azureml.md").read_text(encoding="utf-8")
pytestmark = pytest.mark.timeout(600)  # many programs, one after the other, on whatever machine
SCORE = "def init():\n    print('ready')\n\ndef run(data):\n    return len(data)\n"


def rows(heading):
    """The code in the first two columns of the table below a heading."""
    table = PAGE.split(f"\n{heading}\n")[1].split("|\n\n")[0] + "|"
    return re.findall(r"^\| `(.+?)` \| `(.+?)` \|$", table, re.MULTILINE)


@pytest.fixture
def project(tmp_path):
    """A project with what the lines name; `project(words)` runs a program in it."""
    environ = {**os.environ, "MODELPORT_HOME": str(tmp_path / "home")}
    for name in ("MODELPORT_WORKSPACE", "MODELPORT_OUTPUT"):
        environ.pop(name, None)
    folder = tmp_path / "project"
    folder.mkdir()
    inference, deployment = re.findall(r"^```json\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    files = {
        "score.py": SCORE, "model.pkl": "a model", "requirements.txt": "", "inferenceconfig.json": inference,
        "deploymentconfig.json": deployment,
    }  # fmt: skip
    for name, text in files.items():
        (folder / name).write_text(text)

    def run(*words):
        return subprocess.run(
            words, cwd=folder, env=environ, capture_output=True, text=True, timeout=500, check=False
        )

    run.folder = folder
    run.modelport = lambda *words: run(sys.executable, "-m", "modelport", *words)
    return run


def test_lines_are_found():
    assert len(rows("### In Python")) > 15
    assert len(rows("### On the command line")) == 10


@pytest.mark.parametrize("column", [0, 1], ids=["v1", "modelport"])
def test_python(project, column):
    project.modelport("workspace", "create", "shop", "--write-config")
    lines = [row[column] for row in rows("### In Python")]
    (project.folder / "deploy.py").write_text("\n".join([*lines, "print(answer)"]) + "\n")
    done = project.modelport("run-v1", "deploy.py") if column == 0 else project(sys.executable, "deploy.py")
    assert done.returncode == 0, done.stderr
    assert done.stdout.endswith("16\n")


def test_az_ml_as_a_script(project):
    lines = [row[0] for row in rows("### On the command line")]
    (project.folder / "deploy.sh").write_text("set -e\n" + "\n".join(lines) + "\n")
    done = project.modelport("run-v1", "deploy.sh")
    assert done.returncode == 0, done.stderr
    assert "\nbasket:1\n" in done.stdout


def test_modelport_of_the_same(project):
    for _, line in rows("### On the command line"):
        done = project.modelport(*shlex.split(line)[1:])
        assert done.returncode == 0, f"{line}\n{done.stderr}"


def test_every_key_of_the_files_is_told():
    table = PAGE.split("| computeType | read |")[1].split("\n\n")[0]
    for compute_type, keys in KEYS.items():
        (line,) = [each for each in table.splitlines() if f"`{compute_type}`" in each.partition(" | ")[0]]
        told = line if compute_type in ("local", "aci") else table
        for path in keys:
            *section, last = path.split(".")
            assert f"{last}" in told or f"{section[-1]}{{…}}" in told, path


def test_what_the_page_says_is_explained_is():
    for name in re.findall(r"`(\w+)`", PAGE.split("prints the same for")[1]):
        assert REASONS[name].why in explained(name)
