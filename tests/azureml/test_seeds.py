"""Every Python block of the five deployment guides runs on Modelport, text byte for byte, in the order of the page."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from tests.azureml.seed_table import HEAD, PRESENT_ENVIRONMENT, SCORE_HEAD, TABLE, TAIL
from tests.azureml.seeds import FOLDER, HOW_TO_GET, blocks_of, program, runnable
from tests.conftest import kill_servers
from tests.engine import machine_lock

from modelport import Workspace
from modelport.sdk.arguments import opened


@pytest.fixture
def seed(need):
    """`seed("000")`: the guide whose file begins with this number."""
    found = {path.name[:3]: path for path in FOLDER.glob("00*.txt")}
    need("the five deployment guides", sorted(found) == sorted(TABLE), HOW_TO_GET)
    return found.__getitem__


@pytest.fixture
def project(tmp_path, monkeypatch, service_home, scratch, base_image):
    """A folder of the test's own; the services and images of its workspace are gone afterwards."""
    monkeypatch.setenv("MODELPORT_BASE_IMAGE", base_image("3.11").replace("3.11", "{python}"))
    (tmp_path / "project").mkdir()
    monkeypatch.chdir(tmp_path / "project")
    yield f"ws-{scratch.key}"
    if f"ws-{scratch.key}" in Workspace.list():
        workspace = Workspace.get(f"ws-{scratch.key}")
        for service in workspace.webservices.values():
            service.delete()
        opened(workspace).images.forget_all()
    kill_servers(service_home)


def constants(seed_path, name):
    """The texts that the program has from the page and from the table."""
    blocks, rows = blocks_of(seed_path), TABLE[seed_path.name[:3]]
    run_block, top_block = (block for block, row in zip(blocks, rows, strict=True) if row.role == "score")
    steps = next((block for block in blocks_of(seed_path, "text") if "vim" in block), "").replace("    RUN", "RUN")
    values = {
        "NAME": name, "ENVIRONMENT": PRESENT_ENVIRONMENT, "SCORE": SCORE_HEAD + runnable(run_block),
        "BLOCK": run_block, "TOP": runnable(top_block), "STEPS": steps,
    }  # fmt: skip
    return "".join(f"{word} = {value!r}\n" for word, value in values.items())


@pytest.mark.parametrize("number", TABLE)
def test_every_block_has_a_row_and_no_byte_is_changed(seed, number):
    path = seed(number)
    blocks, rows = blocks_of(path), TABLE[number]
    text, page = program("", blocks, rows, ""), path.read_bytes()
    assert len(blocks) == len(rows)
    assert all(block.encode() in page for block in blocks)
    assert all(block in text for block, row in zip(blocks, rows, strict=True) if row.role == "client")
    assert [row.role for row in rows].count("transcript") == ("Traceback" in path.read_text(encoding="utf-8"))


@pytest.mark.timeout(1500)
@pytest.mark.parametrize("number", TABLE)
def test_the_blocks_run_in_their_order(seed, project, number):
    text = program(constants(seed(number), project) + HEAD, blocks_of(seed(number)), TABLE[number], TAIL)
    Path("guide.py").write_text(text, encoding="utf-8")
    with machine_lock("port-8890"):  # the guides name this port
        done = subprocess.run(
            [sys.executable, "-m", "modelport", "run-v1", "guide.py"],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=1400, check=False,
        )  # fmt: skip
    assert (done.returncode, done.stdout.splitlines()[-1:]) == (0, ["### done"]), done.stdout[-6000:]
