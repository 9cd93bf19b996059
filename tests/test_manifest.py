"""service.json: a manifest survives its file, and nothing that is not of it gets in."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from modelport.errors import ProtocolError, UserError
from modelport.manifest import Limits, Listen, Manifest, Program

MANIFEST = Manifest(
    "diabetes",
    Program("/usr/bin/python3", "/srv/app", "score.py", "/srv/app/azureml-models/m/1", {"A": "b"}, ("m:1",)),
    listen=Listen(port=8890, cors_origins=("https://a.example",)),
    limits=Limits(workers=3),
)


def test_survives_its_file(tmp_path: Path) -> None:
    path = tmp_path / "service.json"
    MANIFEST.write(path)
    assert Manifest.read(path) == MANIFEST
    assert path.stat().st_mode & 0o077 == 0
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"limts": {}}, "Did you mean 'limits'"),
        ({"limits": {"worker": 2}}, "Did you mean 'workers'"),
        ({"limits": 3}, "'limits' is not an object"),
        ({"program": {}}, "'program' is not complete"),
        ({"schema": 99}, "schema 99"),
    ],
)
def test_refuses_what_is_not_of_it(change: dict[str, Any], says: str) -> None:
    with pytest.raises(ProtocolError, match=says):
        Manifest.from_json(json.dumps({**json.loads(MANIFEST.to_json()), **change}))


@pytest.mark.parametrize("text", ["", "[]", "{", "null"])
def test_refuses_what_is_not_an_object(text: str) -> None:
    with pytest.raises(ProtocolError):
        Manifest.from_json(text)


@pytest.mark.parametrize(
    "limits",
    [Limits(workers=0), Limits(scoring_timeout_ms=-1), Limits(workers=True), Limits(max_body_bytes=1.5)],  # type: ignore[arg-type]
)
def test_refuses_limits_that_are_not_positive_numbers(limits: Limits) -> None:
    with pytest.raises(UserError, match="greater than zero"):
        limits.check()


def test_refuses_more_workers_than_a_machine_has_room_for() -> None:
    with pytest.raises(UserError, match="at most 1000 processes; it is 99999999999999"):
        Limits(workers=99_999_999_999_999).check()


def test_takes_the_defaults_as_they_are() -> None:
    assert Limits().check() == Limits()
