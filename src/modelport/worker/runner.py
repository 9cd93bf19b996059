"""Runs one request after the other on a thread: marks the slot, calls the script, sends the answer or the stream."""

import json
import time

from . import wire
from .answer import problem_answer
from .channel import ServerGone
from .request import Request
from .traces import log

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any, Union

    from .answer import Answer
    from .channel import Channel
    from .inbox import Job
    from .script import ScoringScript
    from .windows import ManyThreadStreams, OneThreadStreams

    Streams = Union[OneThreadStreams, ManyThreadStreams]

_monotonic = time.monotonic
_BODILESS = frozenset((204, 205, 304))  # a client takes what follows the head for the next answer
BODY_BYTES_MAX = wire.ANSWER_BYTES_MAX - 1024 * 1024  # the rest is for the head


class Runner(object):
    """Runs jobs on one thread: marks the slot, calls the script, sends the answer or the stream."""

    def __init__(
        self, script: "ScoringScript", channel: "Channel", slots: wire.Slots, set_request_id: "Callable[[str], None]"
    ) -> None:
        self._script = script
        self._channel = channel
        self._slots = slots
        self._set_request_id = set_request_id

    def run(self, job: "Job", thread: int, streams: "Streams") -> None:
        """Run one job to its end and send what it answers; `streams` lends the window of a streamed answer."""
        request = job.request
        started = _monotonic()
        self._slots.begin(thread, request, started)
        self._set_request_id(job.request_id)
        try:
            answer = self._script.handle(_request_of(job))
            if answer.status in _BODILESS:
                _close(answer.chunks)
                answer.body, answer.chunks = b"", None
            if answer.chunks is None:
                self._send_whole(request, answer, _monotonic() - started)
            else:
                self._send_stream(request, answer, started, thread, streams)
        finally:
            self._set_request_id("")
            self._slots.clear(thread)

    def _send_whole(self, request: int, answer: "Answer", seconds: float) -> None:
        if len(answer.body) > BODY_BYTES_MAX:
            answer = _too_large(len(answer.body))
        head, flags = _answer_head(answer)
        self._channel.send(wire.pack_answer(wire.ANSWER, request, answer.status, seconds, head, answer.body, flags))

    def _send_stream(self, request: int, answer: "Answer", started: float, thread: int, streams: "Streams") -> None:
        """Send chunk after chunk, each within the reader's window; the slot's clock runs while the script computes."""
        streams.open(request)
        kind = wire.STREAM
        cancelled = False
        try:
            for chunk in answer.chunks or ():
                for piece in _pieces(chunk):
                    self._slots.begin(thread, request, 0.0)  # what follows is the reader's time, not the script's
                    cancelled = not streams.wait_for_room(request, len(piece))
                    if cancelled:
                        break
                    self._send_piece(kind, request, answer, _monotonic() - started, piece)
                    kind = wire.CHUNK
                self._slots.begin(thread, request, _monotonic())
                cancelled = cancelled or streams.is_cancelled(request)
                if cancelled:
                    break
            if kind == wire.STREAM and not cancelled:
                self._send_piece(kind, request, answer, _monotonic() - started, b"")
        except (ServerGone, wire.WireError):
            raise
        except BaseException as error:  # a generator may raise anything, SystemExit included
            self._fail_stream(kind, request, error, _monotonic() - started)
            return
        finally:
            streams.close(request)
            _close(answer.chunks)
        self._channel.send(wire.pack(wire.SKIPPED if cancelled else wire.END, request))

    def _send_piece(self, kind: int, request: int, answer: "Answer", seconds: float, piece: bytes) -> None:
        if kind == wire.STREAM:
            head, flags = _answer_head(answer)
            self._channel.send(wire.pack_answer(kind, request, answer.status, seconds, head, piece, flags))
        else:
            self._channel.send(wire.pack(kind, request, piece))

    def _fail_stream(self, kind: int, request: int, error: BaseException, seconds: float) -> None:
        """Before the first chunk a failure is an ordinary problem; after it the stream breaks off visibly."""
        answer = self._script.describe_failure(error)
        if kind == wire.STREAM:
            self._send_whole(request, answer, seconds)
        else:
            self._channel.send(wire.pack_json(wire.ABORT, request, {"code": answer.problem, "detail": answer.detail}))


def _pieces(chunk: bytes) -> "Sequence[bytes]":
    limit = wire.STREAM_WINDOW_BYTES // 4
    if len(chunk) <= limit:
        return (chunk,) if chunk else ()
    return [chunk[at : at + limit] for at in range(0, len(chunk), limit)]


def _close(chunks: "Any") -> None:
    close = getattr(chunks, "close", None)
    if close is not None:
        try:
            close()
        except Exception as error:
            import sys

            sys.stderr.write("closing the generator of run() raised %r\n" % error)


def _request_of(job: "Job") -> Request:
    if not job.head:
        return Request("POST", "/score", (), "application/json", job.body, job.request_id)
    head = wire.unpack_object(job.head)
    try:
        headers = [(name, value) for name, value in head.get("h", ())]
        return Request(head["m"], head["t"], headers, head.get("c", ""), job.body, job.request_id)
    except (KeyError, TypeError, ValueError) as error:
        raise wire.WireError("the head of a request is not complete: %r" % error) from error


def _too_large(size: int) -> "Answer":
    words = "run() returned %d bytes; an answer that is sent whole may have %d. Return a generator to stream it."
    detail = words % (size, BODY_BYTES_MAX)
    log(detail)
    return problem_answer("answer-too-large", 502, detail)


def _answer_head(answer: "Answer") -> "tuple[bytes, int]":
    """(head bytes, flags) of an answer; the common one, plain JSON, has no head."""
    flags = wire.FLAG_RUN_FAILED if answer.run_failed else 0
    if answer.problem:
        problem = {"code": answer.problem, "detail": answer.detail}
        return json.dumps(problem).encode("utf-8"), flags | wire.FLAG_PROBLEM
    if answer.content_type == "application/json" and not answer.headers:
        return b"", flags
    head = {"c": answer.content_type, "h": [[name, value] for name, value in answer.headers]}
    return json.dumps(head).encode("utf-8"), flags
