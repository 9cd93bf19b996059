"""The wish: its JSON form, and the manifest that follows from it."""

from __future__ import annotations

import json

import pytest

from modelport.errors import ProtocolError, UserError
from modelport.manifest import Limits, Listen, Manifest, Places
from modelport.services.spec import ModelPlacement, RevisionPlan, ScriptSpec, ServiceSpec, manifest_of

SPEC = ServiceSpec(
    "mysvc", "local", ScriptSpec("score.py", "/home/me/src"),
    (ModelPlacement("m", 2), ModelPlacement("f", 0, "/tmp/f")),
    {"name": "env"}, Limits(workers=2), Listen(port=8890, cors_origins=("https://example.org",)), True,
    tags={"a": "b"}, description="words",
)  # fmt: skip
PLAN = RevisionPlan(
    "0001", 3, "op", "/usr/bin/python3", "/srv/app", {"NAME": "value"}, 0, Places("/srv", "/run/mp", "/srv/keys.json")
)


def test_spec_survives_json():
    assert ServiceSpec.from_json(json.loads(json.dumps(SPEC.to_json()))) == SPEC


@pytest.mark.parametrize("place", [(), ("script",), ("limits",), ("listen",)])
def test_unknown_key_is_refused(place):
    words = json.loads(json.dumps(SPEC.to_json()))
    inner = words
    for key in place:
        inner = inner[key]
    inner["surprise"] = 1
    with pytest.raises(ProtocolError, match="surprise"):
        ServiceSpec.from_json(words)


def test_other_schema_is_refused():
    with pytest.raises(ProtocolError, match="schema"):
        ServiceSpec.from_json({**SPEC.to_json(), "schema": 99})


@pytest.mark.parametrize("words", [None, [], "spec", {}])
def test_rubbish_is_refused(words):
    with pytest.raises(ProtocolError):
        ServiceSpec.from_json(words)


def test_manifest_follows_from_spec_and_plan():
    manifest = manifest_of(SPEC, PLAN)
    assert manifest.program.entry_script == "src/score.py"
    assert manifest.program.model_directory == "/srv/app/azureml-models"
    assert manifest.program.models == ("m:2", "f:0")
    assert (manifest.listen.port, manifest.limits.workers, manifest.revision) == (8890, 2, 3)
    assert Manifest.from_json(manifest.to_json()) == manifest


def test_manifest_names_no_key():
    assert "secret" not in manifest_of(SPEC, PLAN).to_json()


def test_invalid_limit_makes_no_spec():
    with pytest.raises(UserError, match="workers"):
        ServiceSpec("mysvc", "local", ScriptSpec("score.py"), limits=Limits(workers=0))


def test_invalid_name_makes_no_spec():
    with pytest.raises(UserError, match="MySvc"):
        ServiceSpec("MySvc", "local", ScriptSpec("score.py"))
