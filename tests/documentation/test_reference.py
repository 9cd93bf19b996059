"""The reference says what the code has: names, variables, codes, fields, kinds, metrics, stand-ins."""

from __future__ import annotations

import ast
import dataclasses
import importlib.util
import re
from pathlib import Path

import pytest

from modelport import events, manifest, settings
from modelport.server.metrics import Metrics, render
from modelport.server.pool import Pool, PoolEvents
from modelport.server.problem import PROBLEMS
from modelport.worker.shims.finder import SHIMS

ROOT = Path(__file__).resolve().parents[2]


def page(name):
    return (ROOT / "docs" / "reference" / name).read_text(encoding="utf-8")


def test_the_python_page_is_what_the_docstrings_say():
    path = ROOT / "docs" / "generate_python_reference.py"
    spec = importlib.util.spec_from_file_location("generate_python_reference", path)
    generator = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(generator)
    assert page("python.md") == generator.text(), "run: python docs/generate_python_reference.py"


def test_every_environment_variable_is_told():
    text = page("settings.md")
    assert [name for name in settings.ENVIRONMENT_VARIABLES if f"`{name}`" not in text] == []


def test_every_variable_that_the_worker_reads_is_told():
    tree = ast.parse((ROOT / "src/modelport/worker/environment.py").read_text(encoding="utf-8"))
    words = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    names = {word for word in words if re.fullmatch(r"(AML|AZUREML|SERVICE|WORKSPACE)_[A-Z_]+", word)}
    text = page("settings.md")
    assert len(names) > 8
    assert sorted(name for name in names if f"`{name}`" not in text) == []


@pytest.mark.parametrize("code", PROBLEMS)
def test_every_problem_is_told_with_its_status(code):
    assert f"| {PROBLEMS[code].status} | `{code}` |" in page("http.md")


@pytest.mark.parametrize("code", PROBLEMS)
def test_the_page_of_every_problem_tells_its_status(code):
    text = (ROOT / "src/modelport/explanations" / f"{code}.md").read_text(encoding="utf-8")
    assert f"status {PROBLEMS[code].status}" in text


def test_every_path_is_told():
    source = (ROOT / "src/modelport/server/app.py").read_text(encoding="utf-8")
    paths = re.findall(r'^            b"(/[^"]*)":', source, re.MULTILINE)
    text = page("http.md")
    assert len(paths) >= 8
    assert [path for path in paths if f"{path}`" not in text and f"{path}?" not in text] == []


def test_every_metric_is_told():
    nothing = PoolEvents(lambda *_: None, lambda *_: None, lambda *_: None, lambda *_: None)
    pool = Pool(manifest.Limits(), nothing, Metrics(), answers=None)
    names = re.findall(r"^# HELP (\S+)", render(Metrics(), pool, 0).decode(), re.MULTILINE)
    text = page("http.md")
    assert len(names) > 8
    assert [name for name in names if f"`{name}" not in text] == []


@pytest.mark.parametrize(
    "kind", [manifest.Manifest, manifest.Program, manifest.Limits, manifest.Listen, manifest.Places]
)
def test_every_field_of_the_manifest_is_told(kind):
    text = page("manifest.md")
    groups = {"program", "limits", "listen", "places"}
    names = [entry.name for entry in dataclasses.fields(kind)]
    missing = [name for name in names if f"| `{name}`" not in text and f"`{name}`" not in text]
    assert missing == []
    assert all(f"### `{name}`" in text for name in names if name in groups)


def test_the_defaults_of_limits_are_told():
    text = page("manifest.md")
    rows = {entry.name: f"| `{entry.name}` | {entry.default:g} |" for entry in dataclasses.fields(manifest.Limits)}
    exact = {name: f"| `{name}` | {getattr(manifest.Limits(), name)} |" for name in rows}
    assert [name for name in rows if rows[name] not in text and exact[name] not in text] == []


def test_every_kind_and_field_of_an_event_is_told():
    text = page("events.md")
    words = [*events.KINDS, *events.STATUSES, *(entry.name for entry in dataclasses.fields(events.Event))]
    assert sorted(word for word in words if f"`{word}`" not in text) == []


def test_every_stand_in_is_told():
    text = page("entry-script.md")
    tops = {name.partition(".")[0] for name in SHIMS}
    assert sorted(top for top in tops if top not in text) == []
