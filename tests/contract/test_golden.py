"""The shapes that everything else stands on, frozen: a change here breaks services that run, or images that exist.

To accept a change on purpose, raise the schema or version it belongs to, remove the golden file and run the test: it
writes the file anew.
"""

from __future__ import annotations

import inspect
import json
import struct
from pathlib import Path

from modelport import events
from modelport.events import Event
from modelport.manifest import Limits, Listen, Manifest, Places, Program
from modelport.services.target import Call, LogRequest, Observation, Reply, ServicePlace, Target
from modelport.worker import wire

GOLDEN = Path(__file__).with_name("golden")


def compare(name: str, text: str) -> None:
    """Compare with the golden file; one that is not there yet is written, and the test fails to say so."""
    path = GOLDEN / name
    if not path.exists():
        path.write_text(text)
        raise AssertionError(f"{path} was written: look at it, and commit it")
    assert text == path.read_text(), f"{name} changed: see the head of this file"


def test_manifest_is_frozen():
    program = Program(
        "/usr/bin/python3", "/srv/app", "score.py", "/srv/app/azureml-models/m/1", {"NAME": "value"}, ("m:1",)
    )
    places = Places("/srv", "/run/mp", "/srv/keys.json", "/srv/service.log")
    listen = Listen("127.0.0.1", 8890, ("https://example.org",))
    manifest = Manifest("mysvc", program, "0123456789abcdef", 3, "fedcba9876543210", Limits(), listen, places, True)
    compare("manifest.json", manifest.to_json())


def test_event_lines_are_frozen():
    full = Event(
        "init", "failed", "init() raised", "fedcba9876543210", 3, "worker-1", "request-1", "init-failed", 1.5,
        {"traceback": "Traceback…"}, "2026-11-20T21:38:01.123456Z", "0123456789abcdef",
    )  # fmt: skip
    bare = Event("ready", time="2026-11-20T21:38:01.123456Z")
    words = {"kinds": sorted(events.KINDS), "statuses": sorted(events.STATUSES), "schema": events.SCHEMA_VERSION}
    lines = [full.to_line().decode(), bare.to_line().decode(), json.dumps(words) + "\n"]
    compare("events.jsonl", "".join(lines))


def test_wire_is_frozen():
    kinds = {name: getattr(wire, name) for name in dir(wire) if name.isupper() and type(getattr(wire, name)) is int}
    formats = {
        name: value.format for name, value in sorted(vars(wire).items()) if isinstance(value, struct.Struct)
    }
    frames = {
        "hello": wire.pack_json(wire.HELLO, 0, {"version": 1}).hex(),
        "request": wire.pack_request(7, b"[1]", b"id", 1.5, b"{}").hex(),
        "answer": wire.pack_answer(wire.ANSWER, 7, 200, 0.25, b"", b"[1]", wire.FLAG_RUN_FAILED).hex(),
    }
    compare("wire.json", json.dumps({"constants": kinds, "formats": formats, "frames": frames}, indent=2) + "\n")


def test_target_protocol_is_frozen():
    methods = [
        f"{name}{inspect.signature(method)}"
        for name, method in vars(Target).items()
        if inspect.isfunction(method) and not name.startswith("_")
    ]
    kinds = (ServicePlace, Observation, LogRequest, Call, Reply)
    values = [f"{kind.__name__}{inspect.signature(kind)}" for kind in kinds]
    assert len(methods) == 6
    compare("target.txt", "\n".join([*methods, "", *values]) + "\n")
