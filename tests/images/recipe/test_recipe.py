"""The text of a Dockerfile: golden files for both dialects and every kind of user Python.

After a change that is meant, write the golden files anew and read the difference:

    WRITE_GOLDEN=1 .venv/bin/pytest tests/images/recipe/test_recipe.py && git diff tests/images/recipe/golden
"""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from modelport.images.recipe.context import ContextFile, text_file, write_context
from modelport.images.recipe.dockerfile import base_from_image
from modelport.images.recipe.recipe import BASE_STAGE, Dialect, ModelLayer, RecipeInput, make_recipe
from modelport.images.recipe.user_python import BaseFacts, BasePython, PythonInImage, PythonPlan

GOLDEN = Path(__file__).with_name("golden")
DIALECTS = {"buildkit": Dialect(has_mounts=True), "classic": Dialect(has_mounts=False)}
OWN = PythonInImage("own", "3.11.2", "/usr/bin/python3")
COPIED = PythonInImage("copied", "3.9.2", "/opt/modelport/python-3.9/bin/python3.9", "python:3.9", "/usr/bin/python3")
PYTHONS = {
    "own": OWN,
    "copied": COPIED,
    "uv": PythonInImage("uv", "3.12.0", "/opt/modelport/python-3.12/bin/python3.12"),
    "conda": PythonInImage("conda", "3.10", "/opt/modelport/env/bin/python"),
    "kept": PythonInImage("kept", "3.11.2", "/opt/venv/bin/python"),
}
BASE = BaseFacts("python:3.11", "sha256:00", "x86_64", "glibc 2.36", (BasePython("/usr/bin/python3", "3.11.2"),))


def given(user=OWN, server=OWN):
    return RecipeInput(
        base_text=base_from_image("python:3.11", "RUN true", BASE_STAGE).text,
        pythons=PythonPlan(BASE, server, user, notes=("a note",)),
        models=(
            ModelLayer("iris", 2, (ContextFile("iris.pkl", b"2"),)),
            ModelLayer("deep", 10, (ContextFile("net/weights.bin", b"10"), ContextFile("net/run.sh", executable=True))),
        ),
        app=(text_file("score.py", "def init(): ...\n"),),
        service_json="{}\n",
        files=(text_file("modelport/env/lock.txt", "six==1.17.0\n"), text_file("modelport/tools/install.sh", "")),
        labels={"dev.modelport.models": "deep:10,iris:2", "org.opencontainers.image.title": 'a "quoted" $NAME\n\\'},
    )  # fmt: skip


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("python", PYTHONS)
def test_the_text_is_the_golden_one(python, dialect):
    recipe = make_recipe(given(PYTHONS[python]), DIALECTS[dialect])
    path = GOLDEN / f"{python}-{dialect}.Dockerfile"
    if os.environ.get("WRITE_GOLDEN"):
        path.write_text(recipe.dockerfile)
    assert recipe.dockerfile == path.read_text()


def test_the_same_input_makes_the_same_recipe():
    first, second = (make_recipe(given(COPIED), DIALECTS["buildkit"]) for _ in range(2))
    assert (first, first.digest) == (second, second.digest)


def test_the_order_of_models_and_files_makes_no_other_recipe():
    one = given()
    other = replace(one, models=one.models[::-1], files=one.files[::-1])
    recipes = [make_recipe(each, DIALECTS["buildkit"]) for each in (one, other)]
    assert recipes[0] == recipes[1]


def test_every_part_of_an_image_has_a_part_in_the_digest():
    one = given()
    others = [
        replace(one, app=(text_file("score.py", "def init(): pass\n"),)),
        replace(one, models=one.models[:1]),
        replace(one, service_json="[]\n"),
        replace(one, files=one.files[:1]),
        replace(one, labels={}),
        replace(one, base_text=one.base_text + "ENV A=1\n"),
        given(COPIED),
    ]
    digests = {make_recipe(each, DIALECTS["buildkit"]).digest for each in (one, *others)}
    assert len(digests) == len(others) + 1


def test_every_source_of_a_copy_is_in_the_context(tmp_path):
    for dialect in DIALECTS.values():
        recipe = make_recipe(given(), dialect)
        folder = tmp_path / str(dialect.has_mounts)
        write_context(folder, recipe.dockerfile, (*recipe.files, text_file("modelport/server/lock.txt", "")))
        words = recipe.dockerfile.split()
        named = [word for word in words if word.startswith("modelport/")]
        named += [word.partition("source=")[2].partition(",")[0] for word in words if "source=" in word]
        assert [name for name in named if not (folder / name).exists()] == []


def test_models_lie_where_scripts_look_for_them():
    paths = {file.path for file in make_recipe(given(), DIALECTS["buildkit"]).files}
    assert "modelport/models/deep-10/deep/10/net/weights.bin" in paths


def test_nothing_of_the_builder_stages_is_copied_as_a_whole_and_no_secret_is_named_in_the_final_stage():
    text = make_recipe(given(COPIED), DIALECTS["buildkit"]).dockerfile
    final = text.rpartition("\nFROM ")[2]
    copies = [line.split()[2] for line in final.splitlines() if line.startswith("COPY --from")]
    assert copies == ["/opt/modelport/python-3.9", "/opt/modelport/server", "/opt/modelport/env"]
    assert "secret" not in final
    assert "tools" not in final


def test_certificates_of_the_machine_that_builds_are_no_part_of_the_digest():
    recipe = make_recipe(given(), DIALECTS["classic"])
    with_certificates = replace(recipe, host_files=(text_file("modelport/tools/ca.crt", "certificate"),))
    assert with_certificates.digest == recipe.digest


def test_server_and_user_share_a_copied_python():
    text = make_recipe(given(COPIED, COPIED), DIALECTS["buildkit"]).dockerfile
    assert text.count("AS modelport-python-3.9") == 1
