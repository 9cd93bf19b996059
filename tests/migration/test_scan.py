"""`scan` as a whole: our own programs of the shape that public examples have, and what is told of each use."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from modelport.cli.ml.judge import judge
from modelport.errors import NotFoundError
from modelport.migration.scan import scan

PROGRAMS = Path(__file__).parent / "programs"


def look(path):
    return scan(path, judge)


def test_programs_of_the_usual_shape_are_covered():
    report = look(PROGRAMS)
    assert [(str(each.use.place), each.use.name) for each in report.findings if each.verdict == "not covered"] == []
    assert [(str(each.use.place), each.use.name) for each in report.findings if each.verdict == "unknown"] == []
    assert report.is_covered
    assert len(report.files) == len(list(PROGRAMS.iterdir()))


@pytest.mark.parametrize("path", sorted(PROGRAMS.iterdir()), ids=lambda path: path.name)
def test_every_call_that_a_reader_sees_is_found(path):
    """Counts the calls with a regular expression, which knows nothing of names: no fewer may be found."""
    text = path.read_text()
    if path.suffix == ".ipynb":
        text = "".join("".join(cell["source"]) + "\n" for cell in json.loads(text)["cells"])
    names = (
        r"(?:Workspace|Model|Webservice|AciWebservice|AksWebservice|Image|ContainerImage|Environment|ComputeTarget|"
        r"AksCompute|CondaDependencies|InferenceConfig|ModelDataCollector|ResourceConfiguration)"
    )
    seen = len(re.findall(rf"(?<![\w.]){names}(?:\.\w+)?\(", text)) + len(re.findall(r"\baz ml\b", text))
    found = [each for each in look(path).findings if each.use.kind in ("call", "command")]
    assert len(found) >= seen > 0


def test_lines_are_those_of_the_file():
    found = {each.use.name: each.use.place.line for each in look(PROGRAMS / "images.py").findings}
    lines = (PROGRAMS / "images.py").read_text().splitlines()
    assert "Image.create(" in lines[found["Image.create"] - 1]
    assert "image.delete()" in lines[found["Image.delete"] - 1]


def test_command_of_a_cell_has_its_cell_and_line():
    found = look(PROGRAMS / "cluster.ipynb").findings
    assert [str(each.use.place).rpartition("/")[2] for each in found if each.use.kind == "command"] == [
        "cluster.ipynb:cell 3:5"
    ]


def write(folder, name, text):
    (folder / name).write_text(text)
    return folder / name


def test_argument_that_ours_does_not_take_is_not_covered(tmp_path):
    text = "from azureml.core import Model\nModel.register(workspace=None, model_path='a', model_name='b', colour=1)"
    (found,) = [each for each in look(write(tmp_path, "a.py", text)).findings if each.verdict == "not covered"]
    assert "no argument 'colour'" in found.why


def test_import_of_what_is_absent_alone_stops_nothing(tmp_path):
    report = look(write(tmp_path, "a.py", "from azureml.core import Dataset\n"))
    assert [each.verdict for each in report.findings] == ["difference"]
    assert report.is_covered


def test_training_does_not_count_for_the_half_that_deploys(tmp_path):
    text = (
        "from azureml.core import Dataset, Workspace\nws = Workspace.from_config()\n"
        "Dataset.get_by_name(ws, 'x')\n"
    )
    report = look(write(tmp_path, "a.py", text))
    assert not report.is_covered
    assert report.share() == 1


def test_share_of_nothing_is_none(tmp_path):
    report = look(write(tmp_path, "a.py", "print('hello')\n"))
    assert (report.share(), report.is_covered, report.findings) == (None, True, [])


def test_unknown_object_is_told_and_not_called_covered(tmp_path):
    text = "import azureml.core\n\ndef see(service):\n    print(service.get_logs())\n    service.run('x')\n"
    report = look(write(tmp_path, "a.py", text))
    assert [(each.use.name, each.verdict) for each in report.findings][1:] == [("get_logs", "unknown")]
    assert not report.is_covered


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("az ml model deploy --nmae x", "no option '--nmae'. Did you mean '--name'?"),
        ("az ml job create -f job.yml", "CLI v2"),
        ("az ml model create -f model.yml", "CLI v2"),
        ("az ml run submit-script train.py", "does not train"),
        ("az ml service shwo", "There is no command 'az ml service shwo' here."),
    ],
)
def test_command_that_is_not_understood(tmp_path, line, words):
    (found,) = look(write(tmp_path, "a.sh", line)).findings
    assert found.verdict == "not covered"
    assert words in found.why


@pytest.mark.parametrize("line", ["az ml $VERB", "az ml model --help", "az ml", "az ml model deploy -nx --name=y"])
def test_command_that_cannot_be_faulted(tmp_path, line):
    assert [each.verdict for each in look(write(tmp_path, "a.sh", line)).findings] == ["covered"]


def test_nothing_is_executed(tmp_path):
    look(write(tmp_path, "a.py", f"import azureml.core\nopen({str(tmp_path / 'made')!r}, 'w')\n"))
    assert not (tmp_path / "made").exists()


def test_broken_program_of_v1_is_told(tmp_path):
    report = look(write(tmp_path, "a.py", "import azureml.core\nprint 'two'\n"))
    assert [str(place).rpartition("/")[2] for place, _ in report.unreadable] == ["a.py:2"]
    assert not report.is_covered


@pytest.mark.parametrize("content", ["{", "[]", '{"cells": [1]}', '{"cells": 1}'])
def test_broken_notebook_is_told(tmp_path, content):
    assert len(look(write(tmp_path, "a.ipynb", content)).unreadable) == 1


def test_notebook_of_the_third_format_and_of_another_language(tmp_path):
    cell = {"cell_type": "code", "input": "from azureml.core import Workspace"}
    assert len(look(write(tmp_path, "a.ipynb", json.dumps({"worksheets": [{"cells": [cell]}]}))).findings) == 1
    content = {"metadata": {"kernelspec": {"language": "R"}}, "cells": [{"cell_type": "code", "source": "x <- 1"}]}
    assert look(write(tmp_path, "b.ipynb", json.dumps(content))).is_covered


def test_folders_of_environments_are_left_out(tmp_path):
    for name in (".venv", ".git", ".ipynb_checkpoints"):
        (tmp_path / name).mkdir()
        write(tmp_path / name, "a.py", "import azureml.core")
    assert look(tmp_path).files == set()


def test_path_at_which_there_is_nothing(tmp_path):
    with pytest.raises(NotFoundError) as raised:
        look(tmp_path / "nowhere")
    assert raised.value.code == "scan-path-missing"
