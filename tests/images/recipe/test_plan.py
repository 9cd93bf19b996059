"""From a request to an image that a real engine builds and runs."""

from __future__ import annotations

import dataclasses
import json
import os
import sys
from pathlib import Path

import pytest
from tests.engine import base_name

from modelport.environments.environment import EnvironmentDefinition
from modelport.environments.options import RealisationOptions
from modelport.environments.specification import Dependency
from modelport.errors import ResolutionError
from modelport.images.build.builder import BuildRequest, build
from modelport.images.engine_search import find_engine
from modelport.images.recipe.context import ContextFile, text_file
from modelport.images.recipe.plan import ImageRequest, lay_out, plan_image
from modelport.images.recipe.planned_base import make_workbench
from modelport.images.recipe.recipe import ModelLayer
from modelport.manifest import Manifest, Program
from modelport.settings import package_index

SCRIPT = "def init():\n    pass\n\n\ndef run(data):\n    return 1\n"
LOOK = (
    "import json, os, sys, ssl, sqlite3, ctypes, mp_six; "
    "print(json.dumps({'version': sys.version.split()[0], 'six': mp_six.VERSION, 'prefix': sys.prefix, "
    "'libraries': os.environ.get('LD_LIBRARY_PATH'), "
    "'marks': [name for name in ('base', 'steps') if os.path.exists('/' + name)]}))"
)


@pytest.fixture
def wheels(tmp_path):
    """A folder with one package, mp-six 1.0, that no index has."""
    import zipfile

    folder = tmp_path / "wheels"
    folder.mkdir()
    with zipfile.ZipFile(folder / "mp_six-1.0-py3-none-any.whl", "w") as archive:
        archive.writestr("mp_six.py", "VERSION = '1.0'\n")
        archive.writestr("mp_six-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: mp-six\nVersion: 1.0\n\n")
        archive.writestr("mp_six-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr("mp_six-1.0.dist-info/RECORD", "")
    return folder


@pytest.fixture
def bench_of(engine, base_image, tmp_path, wheels):
    """`bench_of("classic")`: a workbench on this machine's engine with that builder, and what it says."""
    for python in ("3.9", "3.11", "3.13"):
        base_image(python)

    def of(builder="buildkit", told=None):
        environ = {**os.environ, "DOCKER_BUILDKIT": "0"} if builder == "classic" else dict(os.environ)
        host = package_index(environ)
        index = dataclasses.replace(host, find_links=(*host.find_links, str(wheels)))
        options = RealisationOptions(tmp_path / "home", Path(sys.executable), environ, index)
        report = (told if told is not None else []).append
        return make_workbench(find_engine(environ), options, report, base_name("{python}"))

    return of


def request_of(*requirements, python="", container=None, interpreter=None, **more):
    conda = (Dependency(f"python={python}", "env.yml:2"),) if python else ()
    pip = tuple(Dependency(each, "req.txt:1") for each in requirements)
    environment = EnvironmentDefinition(
        "test", conda=conda, pip=pip, container=container or {}, interpreter_path=interpreter
    )
    models = (ModelLayer("iris", 1, (ContextFile("iris.txt", b"model"),)),)
    manifest = Manifest("test-service", Program("", "", ""))
    return ImageRequest(manifest, environment, "score.py", (text_file("score.py", SCRIPT),), models, **more)


def build_it(request, bench, tmp_path, scratch, word="image"):
    """Plan, lay out and build; the name of the image and its plan."""
    planned = plan_image(request, bench, bench_report)
    folder = tmp_path / f"context-{word}"
    lay_out(planned, folder)
    secrets = planned.secrets.write(tmp_path)
    labels = {**planned.labels, **scratch.labels}
    wanted = BuildRequest(folder, (scratch.name(word),), labels, secrets=secrets, build_args=planned.build_args)
    return build(bench.engine, wanted, tmp_path / f"{word}.log", bench_report), planned


def bench_report(_line):
    """Nobody looks at the progress."""


def look(scratch, planned, word="image"):
    options = ["--rm", "--label", scratch.label, "--read-only", "--cap-drop", "ALL", "--network", "none"]
    shown = scratch.docker("run", *options, "--entrypoint", planned.python, scratch.name(word), "-c", LOOK)
    return json.loads(shown)


@pytest.mark.parametrize("builder", ["buildkit", "classic"])
def test_an_image_with_a_local_package_is_built_and_runs(builder, bench_of, tmp_path, scratch):
    built, planned = build_it(request_of("mp-six"), bench_of(builder), tmp_path, scratch)
    seen = look(scratch, planned)
    assert (seen["six"], seen["prefix"], seen["version"][:4]) == ("1.0", "/opt/modelport/env", "3.11")
    assert built.facts.labels["dev.modelport.models"] == "iris:1"
    assert built.facts.labels["dev.modelport.lock-digest"] == planned.lock.digest


def test_an_older_python_is_copied_with_its_libraries_and_hides_them_from_what_it_starts(bench_of, tmp_path, scratch):
    _, planned = build_it(request_of("mp-six", python="3.9"), bench_of(), tmp_path, scratch)
    seen = look(scratch, planned)
    assert (seen["version"][:3], seen["libraries"], seen["prefix"]) == ("3.9", None, "/opt/modelport/env")


def test_a_dockerfile_of_the_user_with_steps_is_the_base(bench_of, tmp_path, scratch):
    dockerfile = f"FROM {base_name('3.11')}\nLABEL {scratch.label}\nRUN touch /base"
    told = []
    request = request_of("mp-six", container={"base_dockerfile": dockerfile}, steps="RUN touch /steps")
    bench = bench_of(told=told)
    _, planned = build_it(request, bench, tmp_path, scratch)
    assert look(scratch, planned)["marks"] == ["base", "steps"]
    scratch.docker("image", "rm", "--force", planned.pythons.base.reference)


def test_a_base_of_the_original_is_replaced_with_a_line_in_the_log(bench_of):
    told = []
    container = {"base_image": "mcr.microsoft.com/azureml/base:intelmpi2018.3-ubuntu16.04"}
    planned = plan_image(request_of("mp-six", container=container), bench_of(), told.append)
    assert planned.pythons.base.reference == base_name("3.11")
    assert any("belongs to the original service" in line for line in told)


def test_a_newer_python_is_not_copied_into_an_older_base(bench_of):
    request = request_of(python="3.13", container={"base_image": base_name("3.11")})
    with pytest.raises(ResolutionError, match=r"glibc 2\.41.*glibc 2\.36"):
        plan_image(request, bench_of(), bench_report)


def test_an_interpreter_that_the_user_keeps_is_used_as_it_is(bench_of):
    request = request_of(container={"base_image": base_name("3.11")}, interpreter="/usr/bin/python3")
    planned = plan_image(request, bench_of(), bench_report)
    assert planned.python == "/usr/bin/python3"
    assert "six" in planned.lock.versions
    assert "modelport-env" not in planned.recipe.dockerfile


def test_an_interpreter_that_the_base_does_not_have_is_refused(bench_of):
    request = request_of(container={"base_image": base_name("3.11")}, interpreter="/opt/none/bin/python")
    with pytest.raises(ResolutionError, match=r"/opt/none/bin/python.*there is: /usr/bin/python3"):
        plan_image(request, bench_of(), bench_report)


def test_the_same_request_planned_twice_in_other_homes_is_the_same_image(bench_of, tmp_path):
    first = plan_image(request_of("mp-six"), bench_of(), bench_report)
    bench = bench_of()
    options = dataclasses.replace(bench.options, home=tmp_path / "other-home")
    second = plan_image(request_of("mp-six"), dataclasses.replace(bench, options=options), bench_report)
    assert (first.recipe.dockerfile, first.labels) == (second.recipe.dockerfile, second.labels)
    assert lay_out(first, tmp_path / "a") == lay_out(second, tmp_path / "b") == first.digest


def test_only_the_layer_of_what_changed_is_new(bench_of, tmp_path, scratch):
    first = request_of("mp-six")
    both = (*first.models, ModelLayer("zoo", 1, (ContextFile("zoo.txt", b"zoo"),)))
    first = dataclasses.replace(first, models=both)
    new_model = ModelLayer("iris", 2, (ContextFile("iris.txt", b"another"),))
    other_model = dataclasses.replace(first, models=(new_model, both[1]))
    other_script = dataclasses.replace(first, app=(text_file("score.py", SCRIPT.replace("1", "2")),))
    layers = [
        build_it(request, bench_of(), tmp_path, scratch, f"i{number}")[0].facts.layers
        for number, request in enumerate((first, other_model, other_script))
    ]
    assert [len(set(other) - set(layers[0])) for other in layers[1:]] == [1, 1]
