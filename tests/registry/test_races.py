"""Many writers at once, each a process of its own: no version is lost, doubled or left out."""

from __future__ import annotations

import subprocess
import sys

import pytest

WRITER = """
import sys
from pathlib import Path
from modelport.registry.model import Registration
from modelport.settings import read_settings
from modelport.workspace import Home
home, number, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
workspace = Home(read_settings({"MODELPORT_HOME": home})).create("race", exist_ok=True)
source = Path(home).parent / f"{number}.bin"
print("ready", flush=True)
sys.stdin.readline()
for turn in range(count):
    source.write_text(f"{number} {turn}")
    print(workspace.models.register(source, Registration("m", tags={"writer": f"{number} {turn}"})).version)
"""


def versions_of_programs(home, writers, turns):
    """Each writer a program of its own, from the first import on."""
    programs = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER, str(home), str(number), str(turns)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )
        for number in range(writers)
    ]
    assert [program.stdout.readline() for program in programs] == ["ready\n"] * writers
    for program in programs:
        program.stdin.write("go\n")
        program.stdin.flush()
    printed = [[int(line) for line in program.communicate()[0].split()] for program in programs]
    assert [program.returncode for program in programs] == [0] * writers
    return printed


FORKS = """
import os, sys
home, writers, turns, program = sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4]
import modelport.registry.catalog  # once for all: fifty imports would take longer than what is measured
children = []
for number in range(writers):
    child = os.fork()
    if not child:
        sys.argv[1:] = [home, str(number), turns]
        sys.stdin = open(os.devnull)
        sys.stdout = open(os.path.join(os.path.dirname(home), f"{number}.out"), "w")
        exec(program)
        sys.stdout.close()
        os._exit(0)
    children.append(child)
sys.exit(any(os.waitpid(child, 0)[1] for child in children))
"""


def versions_of_forks(home, writers, turns):
    """Each writer a process that inherits the imported modules."""
    words = [sys.executable, "-c", FORKS, str(home), str(writers), str(turns), WRITER]
    subprocess.run(words, check=True, timeout=150)
    outputs = [(home.parent / f"{number}.out").read_text().split() for number in range(writers)]
    return [[int(word) for word in words[1:]] for words in outputs]


@pytest.mark.parametrize(
    ("start", "writers", "turns"),
    [(versions_of_programs, 6, 5), pytest.param(versions_of_forks, 50, 20, marks=pytest.mark.timeout(180))],
    ids=["programs", "fifty"],
)
def test_concurrent_writers_count_without_gaps(tmp_path, start, writers, turns):
    home = tmp_path / "home"
    printed = start(home, writers, turns)
    versions = sorted(version for own in printed for version in own)
    assert versions == list(range(1, writers * turns + 1))
    assert all(own == sorted(own) and len(own) == turns for own in printed)
    check_catalogue(home, writers, turns)


def check_catalogue(home, writers, turns):
    from modelport.settings import read_settings
    from modelport.workspace import Home

    workspace = Home(read_settings({"MODELPORT_HOME": str(home)})).get("race")
    models = workspace.models.find()
    assert sorted(model.version for model in models) == list(range(1, writers * turns + 1))
    assert len({model.tags["writer"] for model in models}) == writers * turns
    assert len({model.digest for model in models}) == writers * turns
    report = workspace.fsck()
    assert report.is_sound and report.contents == writers * turns and not report.orphans and not report.unfinished


def test_one_process_with_many_threads_counts_without_gaps(registry, make_file):
    from concurrent.futures import ThreadPoolExecutor

    from modelport.registry.model import Registration

    path = make_file("m.bin")
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: registry.register(path, Registration("m")).version, range(40)))
    assert sorted(found) == list(range(1, 41))


def test_a_delete_beside_writers_takes_no_content_away_from_them(tmp_path):
    home = tmp_path / "home"
    program = """
import sys
from pathlib import Path
from modelport.registry.model import Registration
from modelport.settings import read_settings
from modelport.workspace import Home
home, name = sys.argv[1:]
workspace = Home(read_settings({"MODELPORT_HOME": home})).create("race", exist_ok=True)
source = Path(home).parent / f"{name}.bin"
source.write_text("the same content for all")
for turn in range(20):
    model = workspace.models.register(source, Registration(name))
    if turn % 2:
        workspace.models.delete(model)
"""
    programs = [subprocess.Popen([sys.executable, "-c", program, str(home), f"m{n}"]) for n in range(4)]
    assert [started.wait() for started in programs] == [0] * 4
    from modelport.settings import read_settings
    from modelport.workspace import Home

    report = Home(read_settings({"MODELPORT_HOME": str(home)})).get("race").fsck()
    assert report.is_sound and report.contents == 1
