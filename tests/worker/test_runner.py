"""What the runner sends of an answer, on a real channel."""

from __future__ import annotations

import mmap
import socket
from pathlib import Path

import pytest

from modelport.worker import wire
from modelport.worker.channel import Channel
from modelport.worker.inbox import Inbox, Job
from modelport.worker.runner import Runner
from modelport.worker.script import load_script
from modelport.worker.windows import OneThreadStreams

SCRIPT = """
from azureml.contrib.services.aml_request import rawhttp
from azureml.contrib.services.aml_response import AMLResponse
closed = []
def parts():
    try:
        yield "a"
    finally:
        closed.append(True)
def init(): pass
@rawhttp
def run(request):
    status, body = request.data.decode().split()
    return AMLResponse(parts() if body == "stream" else body, int(status))
"""


@pytest.mark.parametrize("status", [204, 205, 304])
@pytest.mark.parametrize("body", ["text", "stream"])
def test_status_without_a_body_takes_none_along(tmp_path: Path, status: int, body: str) -> None:
    (tmp_path / "score.py").write_text(SCRIPT)
    ours, theirs = socket.socketpair()
    with ours, theirs:
        channel = Channel(theirs)
        script = load_script(str(tmp_path / "score.py"), str(tmp_path))
        runner = Runner(script, channel, wire.Slots(mmap.mmap(-1, wire.SLOT_BYTES), 1), lambda _: None)
        runner.run(Job(1, 0.0, "id", b"", b"%d %s" % (status, body.encode())), 0, OneThreadStreams(Inbox(channel)))
        (kind, _, request, payload), *more = wire.FrameReader(wire.WORKER_KINDS).feed(ours.recv(65536))
    told, _, _, sent = wire.unpack_answer(payload)
    assert (kind, request, told, bytes(sent), more) == (wire.ANSWER, 1, status, b"", [])
