"""Turns what workers answer into HTTP answers: v1's headers, timings, problems, streams."""

from __future__ import annotations

import json
import time
from typing import Any

from modelport.server.connection import answer_problem
from modelport.server.exchange import Exchange
from modelport.server.problem import PROBLEMS, Problem
from modelport.server.response import BODILESS, JSON_TYPE, clean
from modelport.worker import wire

_HOP_HEADERS = frozenset(
    ("connection", "keep-alive", "transfer-encoding", "content-length", "upgrade", "trailer", "date", "server",
     "x-request-id", "x-ms-request-id", "x-ms-client-request-id", "x-ms-server-version")
)  # fmt: skip
_FAILED = (b"x-ms-run-function-failed", b"True")
_NOT_FAILED = (b"x-ms-run-function-failed", b"False")
_TELLS_NO_DATA = frozenset(("answer-too-large",))  # its words are the worker's own: two numbers and a remedy
_HIDDEN = "run() raised an exception; its traceback is in the service's log under this request id."
_HIDDEN_RESULT = "What run() returned cannot be sent; why is in the service's log under this request id."


class AnswerWriter:
    """Writes answers. `debug` puts the text of exceptions into them; `cors_headers` finds what an origin is allowed."""

    def __init__(self, debug: bool, cors_origins: tuple[str, ...]) -> None:
        self.debug = debug
        self.cors_origins = cors_origins

    def cors_headers(self, exchange: Exchange) -> tuple[tuple[bytes, bytes], ...]:
        """The headers that let a browser at a configured origin read the answer; none for others."""
        if not self.cors_origins:
            return ()
        for name, value in exchange.headers:
            if name.lower() == b"origin":
                origin = value.decode("latin-1")
                if origin in self.cors_origins or "*" in self.cors_origins:
                    return (
                        (b"access-control-allow-origin", value),
                        (b"access-control-expose-headers", b"x-request-id, x-ms-run-function-failed"),
                        (b"vary", b"Origin"),
                    )
        return ()

    def whole(self, exchange: Exchange, flags: int, payload: wire.Bytes) -> tuple[float, Problem | None]:
        """Send a whole answer; returns the seconds that run() took and the problem that it told. Raises `WireError`."""
        status, seconds, head, body = wire.unpack_answer(payload)
        if flags & wire.FLAG_PROBLEM:
            problem = _problem_of(wire.unpack_object(head))
            hidden = problem.status >= 500 and not self.debug and problem.code not in _TELLS_NO_DATA
            self.problem(exchange, _without_detail(problem) if hidden else problem, failed=True)
            return seconds, problem
        if status in BODILESS:
            body = b""  # a client would take it for the answer to its next request
        if not (exchange.answered or exchange.gone):
            headers = self._headers(exchange, flags, seconds, head)
            exchange.answered = True
            exchange.connection.answer(exchange, status, headers, body)
        return seconds, None

    def problem(self, exchange: Exchange, problem: Problem, failed: bool = False) -> None:
        """Answer with a problem, readable for browsers of configured origins."""
        if exchange.answered or exchange.gone:
            return
        headers = (_FAILED if failed else _NOT_FAILED, *self.cors_headers(exchange))
        answer_problem(exchange, problem, headers)

    def begin_stream(self, exchange: Exchange, flags: int, payload: wire.Bytes) -> None:
        """Send the head and the first chunk of a stream. Raises `WireError`."""
        status, seconds, head, chunk = wire.unpack_answer(payload)
        if exchange.streaming or status in BODILESS:
            raise wire.WireError("a stream began twice, or with a status that has no body")
        if exchange.answered or exchange.gone:
            return
        headers = self._headers(exchange, flags, seconds, head)
        exchange.answered = True
        exchange.connection.begin_stream(exchange, status, headers)
        exchange.connection.send_chunk(exchange, bytes(chunk))

    def chunk(self, exchange: Exchange, chunk: wire.Bytes) -> None:
        """Send one more chunk. Raises `WireError` where no stream has begun, or more comes than was lent."""
        if exchange.streaming and not exchange.gone:
            if exchange.unsent_bytes + len(chunk) > wire.STREAM_WINDOW_BYTES:
                raise wire.WireError("a stream ran further ahead of its reader than it was allowed to")
            exchange.connection.send_chunk(exchange, bytes(chunk))
        elif not (exchange.answered or exchange.gone):
            raise wire.WireError("a chunk came before the head of its stream")

    def end_stream(self, exchange: Exchange) -> None:
        """Send the end of a stream."""
        if exchange.streaming and not exchange.gone:
            exchange.connection.end_stream(exchange)

    def abort_stream(self, exchange: Exchange) -> None:
        """Break a stream off."""
        if exchange.streaming and not exchange.gone:
            exchange.connection.abort_stream(exchange)

    def _headers(self, exchange: Exchange, flags: int, seconds: float, head: wire.Bytes) -> list[tuple[bytes, bytes]]:
        milliseconds = seconds * 1000
        waited = max(0.0, time.monotonic() - exchange.arrived - seconds) * 1000
        headers = [
            _FAILED if flags & wire.FLAG_RUN_FAILED else _NOT_FAILED,
            (b"x-ms-run-fn-exec-ms", b"%.3f" % milliseconds),
            (b"server-timing", b"queue;dur=%.3f, run;dur=%.3f" % (waited, milliseconds)),
        ]
        if self.cors_origins:
            headers.extend(self.cors_headers(exchange))
        if not head:
            headers.append(JSON_TYPE)
            return headers
        headers.extend(_headers_of(wire.unpack_object(head)))
        return headers


def _headers_of(words: dict[str, Any]) -> list[tuple[bytes, bytes]]:
    """The content type and the headers that the script chose. Raises `WireError`."""
    headers = [(b"content-type", clean(str(words.get("c") or "application/octet-stream")))]
    try:
        for name, value in words.get("h", ()):
            if str(name).lower() not in _HOP_HEADERS:
                headers.append((clean(str(name)).replace(b" ", b"-").lower(), clean(str(value))))
    except (TypeError, ValueError) as error:
        raise wire.WireError(f"the headers of an answer are not pairs: {error}") from error
    return headers


def _without_detail(problem: Problem) -> Problem:
    return Problem(problem.code, _HIDDEN_RESULT if problem.code == "result-not-serialisable" else _HIDDEN)


def _problem_of(words: dict[str, Any]) -> Problem:
    """The problem that an answer tells of. Raises `WireError`."""
    code, detail = words.get("code", "run-failed"), words.get("detail", "")
    if not isinstance(code, str) or code not in PROBLEMS or not isinstance(detail, str):
        raise wire.WireError(f"an answer has the unknown problem {code!r:.100}")
    return Problem(code, detail)


def dumps(value: object) -> bytes:
    """JSON as the non-scoring paths answer it."""
    return json.dumps(value).encode()
