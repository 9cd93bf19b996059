"""One client connection: HTTP/1.1 in by httptools, answers out in order, every limit kept before it is overrun.

Our own protocol, not uvicorn's, because the contract asks for what that one cannot do: 431 and 408 with their limits,
413 before the body is read, and an explanation for every malformed request.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, cast

import httptools

from modelport.manifest import Limits
from modelport.server import response
from modelport.server.bodies import SPOOL_FROM_BYTES, BodyBudget, Spool
from modelport.server.exchange import Exchange
from modelport.server.problem import CONTENT_TYPE, Problem

REQUEST_ID_LENGTH_MAX = 100
BODY_PAUSE_SECONDS_MAX = 30.0  # a body that stops arriving for so long is given up
KEEP_ALIVE_SECONDS = 75.0  # as nginx; longer than the 60 s of common load balancers, so that they close first
READER_PAUSE_SECONDS_MAX = 30.0
PIPELINE_DEPTH_MAX = 16
LINGER_SECONDS = 2.0
_NO_BODY_METHODS = frozenset(("GET", "HEAD", "OPTIONS", "DELETE", "TRACE", "CONNECT"))


class Handler(Protocol):
    """What a connection needs of the rest of the server."""

    def begin(self, exchange: Exchange) -> Problem | None:
        """Look at a request whose headers are complete; a problem refuses it before its body is read."""

    def handle(self, exchange: Exchange) -> None:
        """Take on a complete request; the answer comes by `exchange.connection`."""

    def leave(self, exchange: Exchange) -> None:
        """The client of this request has gone."""

    def drained(self, exchange: Exchange, size: int) -> None:
        """The client has taken `size` bytes of a streamed answer."""

    def finished(self, exchange: Exchange, status: int) -> None:
        """The answer was given to the connection whole."""


@dataclass
class Shared:
    """What all connections of one server share."""

    handler: Handler
    limits: Limits
    budget: BodyBudget
    new_request_id: Callable[[], bytes]
    connections: set[Connection]


class Connection(asyncio.Protocol):
    """The state of one client connection; one request at a time is being answered, pipelined ones wait."""

    def __init__(self, shared: Shared, loop: asyncio.AbstractEventLoop) -> None:
        self._shared = shared
        self._loop = loop
        self._parser = httptools.HttpRequestParser(self)
        self._transport: asyncio.Transport = cast(asyncio.Transport, None)
        self._url = b""
        self._headers: list[tuple[bytes, bytes]] = []
        self._head_bytes = 0
        self._in_head = True
        self._receiving: Exchange | None = None
        self._body: list[bytes] = []
        self._body_bytes = 0
        self._active: Exchange | None = None
        self._waiting: deque[Exchange] = deque()
        self._refused = False
        self._deadline = 0.0  # monotonic; 0 = none. One sweep looks at all connections: a timer each costs 3 µs a request
        self._on_deadline: Callable[[], None] = self._head_too_slow
        self._write_paused = False

    # -- the transport's side ------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Start the clock of the first head."""
        self._transport = cast(asyncio.Transport, transport)
        self._shared.connections.add(self)
        self._set_timer(self._shared.limits.header_timeout_seconds, self._head_too_slow)

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell the server that whoever waited here has left."""
        self._shared.connections.discard(self)
        self._clear_timer()
        for exchange in (self._active, self._receiving, *self._waiting):
            if exchange is not None and not exchange.gone:
                exchange.gone = True
                self._shared.handler.leave(exchange)
        self._active = self._receiving = None
        self._waiting.clear()

    def data_received(self, data: bytes) -> None:
        """Feed the parser; a refusal made by a callback has been sent when this returns."""
        if self._refused:
            return
        if self._in_head:
            if not self._head_bytes and self._active is None:
                self._set_timer(self._shared.limits.header_timeout_seconds, self._head_too_slow)
            self._head_bytes += len(data)
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            self._refuse(Problem("malformed-request", "The request asks for another protocol (Upgrade); send it plain."))
        except httptools.HttpParserCallbackError:
            if not self._refused:
                raise
        except httptools.HttpParserError as error:
            self._refuse(Problem("malformed-request", f"It cannot be parsed as HTTP/1.1: {error}."))
        if self._in_head and self._head_bytes > self._shared.limits.max_header_bytes and not self._refused:
            self._refuse_large_head()

    def eof_received(self) -> bool:
        """A client that closes its side has left: nobody can tell a half-closed client from one that is gone."""
        return False

    def pause_writing(self) -> None:
        """The client reads slower than the script writes."""
        self._write_paused = True
        if self._active is not None and self._active.streaming:
            self._set_timer(READER_PAUSE_SECONDS_MAX, self._reader_too_slow)

    def resume_writing(self) -> None:
        """The client has caught up: the script may go on."""
        self._write_paused = False
        exchange = self._active
        if exchange is not None and exchange.streaming:
            self._clear_timer()
            self._give_credit(exchange)

    # -- the parser's side ---------------------------------------------------------------------------------------

    def on_message_begin(self) -> None:
        """A new request begins."""
        self._url = b""
        self._headers = []
        self._body = []
        self._body_bytes = 0
        self._in_head = True

    def on_url(self, url: bytes) -> None:
        """The target, maybe in pieces."""
        self._url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        """One header."""
        self._headers.append((name, value))

    def on_headers_complete(self) -> None:
        """Decide, before a byte of the body is read, whether the request is welcome."""
        if self._refused:
            return
        size = len(self._url) + sum(len(name) + len(value) + 4 for name, value in self._headers)
        self._in_head = False
        self._head_bytes = 0
        if size > self._shared.limits.max_header_bytes:
            self._refuse_large_head()
            return
        method = self._parser.get_method().decode("ascii", "replace")
        exchange = Exchange(self, method, self._url, self._headers)
        exchange.keep_alive = self._parser.should_keep_alive() and self._parser.get_http_version() == "1.1"
        self._receiving = exchange
        self._read_headers(exchange)

    def on_body(self, data: bytes) -> None:
        """A piece of the body: kept in memory while it is small, spooled to a file from then on."""
        exchange = self._receiving
        if exchange is None or self._refused:
            return
        self._body_bytes += len(data)
        if self._body_bytes > self._shared.limits.max_body_bytes:
            self._refuse(self._too_large(self._body_bytes), exchange)
        elif exchange.spool is not None:
            self._spool(exchange, data)
        else:
            self._body.append(data)
            if self._body_bytes > SPOOL_FROM_BYTES:
                exchange.spool = Spool(self._shared.budget)
                self._spool(exchange, b"".join(self._body))
                self._body = []
        if self._deadline:
            self._set_timer(BODY_PAUSE_SECONDS_MAX, self._body_too_slow)

    def on_message_complete(self) -> None:
        """The request is whole: answer it, or let it wait behind the one before it."""
        exchange = self._receiving
        if exchange is None or self._refused:
            return
        self._receiving = None
        self._in_head = True
        self._head_bytes = 0
        body = self._body
        exchange.body = body[0] if len(body) == 1 else b"".join(body)
        if self._active is None:
            self._clear_timer()
            self._active = exchange
            self._shared.handler.handle(exchange)
            return
        self._waiting.append(exchange)
        if len(self._waiting) >= PIPELINE_DEPTH_MAX:
            self._transport.pause_reading()

    # -- reading -------------------------------------------------------------------------------------------------

    def _read_headers(self, exchange: Exchange) -> None:
        length: int | None = None
        chunked = expects_continue = False
        for name, value in exchange.headers:
            key = name.lower()
            if key == b"content-length":
                length = int(value)
            elif key == b"content-type":
                exchange.content_type = value
            elif key == b"transfer-encoding":
                chunked = True
            elif key == b"expect":
                expects_continue = value.lower() == b"100-continue"
            elif key == b"x-request-id" or (key == b"x-ms-request-id" and not exchange.request_id):
                exchange.request_id = value
            elif key == b"x-ms-client-request-id":
                exchange.client_request_id = value
        problem = self._check_ids(exchange)
        if problem is None and length is None and not chunked and exchange.method not in _NO_BODY_METHODS:
            problem = Problem("length-missing", f"{exchange.method} needs a Content-Length or chunked encoding.")
        if problem is None and length is not None and length > self._shared.limits.max_body_bytes:
            problem = self._too_large(length)
        problem = problem or self._shared.handler.begin(exchange)
        if problem is not None:
            self._refuse(problem, exchange)
        elif length or chunked:
            self._set_timer(BODY_PAUSE_SECONDS_MAX, self._body_too_slow)
            if expects_continue and self._active is None:
                self._transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def _check_ids(self, exchange: Exchange) -> Problem | None:
        for name, value in (("x-request-id", exchange.request_id), ("x-ms-client-request-id", exchange.client_request_id)):
            if len(value) > REQUEST_ID_LENGTH_MAX:
                exchange.request_id = self._shared.new_request_id()
                exchange.client_request_id = b""
                return Problem(
                    "headers-too-large",
                    f"The header {name} has {len(value)} characters; {REQUEST_ID_LENGTH_MAX} are accepted.",
                )
        if not exchange.request_id:
            exchange.request_id = self._shared.new_request_id()
        return None

    def _spool(self, exchange: Exchange, data: bytes) -> None:
        if exchange.spool is not None and not exchange.spool.write(data):
            budget = self._shared.budget
            self._refuse(
                Problem(
                    "body-budget",
                    f"Bodies in flight take {budget.used_bytes} of {budget.limit_bytes} bytes; this one does not fit.",
                    retry_after_seconds=1,
                ),
                exchange,
            )

    def _too_large(self, length: int) -> Problem:
        limit = self._shared.limits.max_body_bytes
        return Problem("body-too-large", f"The body has {length} bytes or more; the limit is {limit}.")

    def _refuse_large_head(self) -> None:
        limit = self._shared.limits.max_header_bytes
        self._refuse(Problem("headers-too-large", f"Request line and headers together exceed {limit} bytes."))

    # -- refusing ------------------------------------------------------------------------------------------------

    def _refuse(self, problem: Problem, exchange: Exchange | None = None) -> None:
        """Answer with a problem and close: what follows on this connection cannot be trusted to be a request."""
        self._refused = True
        self._clear_timer()
        if exchange is None:
            exchange = Exchange(self, "", b"", [])
            exchange.request_id = self._shared.new_request_id()
        exchange.keep_alive = False
        exchange.release()
        self._receiving = None
        if self._active is not None:  # the answer to an earlier request is still owed, and goes first
            exchange.answered = True
            self._waiting.clear()
            self._active.keep_alive = False
            return
        self._active = exchange
        answer_problem(exchange, problem)

    def _head_too_slow(self) -> None:
        if self._active is None and self._head_bytes:
            limit = self._shared.limits.header_timeout_seconds
            self._refuse(Problem("headers-too-slow", f"The headers were not complete after {limit:g} s."))
        elif self._active is None:
            self._transport.close()

    def _body_too_slow(self) -> None:
        self._refuse(
            Problem("headers-too-slow", f"Nothing of the body arrived for {BODY_PAUSE_SECONDS_MAX:g} s."),
            self._receiving,
        )

    def _reader_too_slow(self) -> None:
        self._transport.abort()

    def check_time(self, now: float) -> None:
        """Act if something did not happen in time; called a few times a second for every connection."""
        if self._deadline and now > self._deadline:
            self._deadline = 0.0
            self._on_deadline()

    def _set_timer(self, seconds: float, action: Callable[[], None]) -> None:
        self._deadline = time.monotonic() + seconds
        self._on_deadline = action

    def _clear_timer(self) -> None:
        self._deadline = 0.0

    # -- answering -----------------------------------------------------------------------------------------------

    def answer(self, exchange: Exchange, status: int, headers: response.Headers, body: bytes) -> None:
        """Send a whole answer and go on to the next request."""
        if exchange is not self._active:
            return
        head = response.head(exchange, status, headers, len(body))
        self._transport.write(head if exchange.method == "HEAD" else head + body)
        self._finish(exchange, status)

    def begin_stream(self, exchange: Exchange, status: int, headers: response.Headers) -> None:
        """Send the head of an answer whose length is not known."""
        if exchange is self._active:
            exchange.streaming = True
            self._transport.write(response.head(exchange, status, headers, None))

    def send_chunk(self, exchange: Exchange, chunk: bytes) -> None:
        """Send one piece; its bytes count as unsent until the client has taken them."""
        if exchange is not self._active or not chunk:
            return
        exchange.unsent_bytes += len(chunk)
        self._transport.write(b"%x\r\n%s\r\n" % (len(chunk), chunk) if exchange.keep_alive else chunk)
        if not self._write_paused:
            self._give_credit(exchange)

    def end_stream(self, exchange: Exchange) -> None:
        """Send the end of a streamed answer and go on to the next request."""
        if exchange is self._active:
            if exchange.keep_alive:
                self._transport.write(b"0\r\n\r\n")
            self._finish(exchange, 200)

    def abort_stream(self, exchange: Exchange) -> None:
        """Reset the connection: a chunked answer without its end cannot be taken for a whole one."""
        if exchange is self._active:
            exchange.gone = True
            self._shared.handler.finished(exchange, 502)
            self._transport.abort()

    def _give_credit(self, exchange: Exchange) -> None:
        size, exchange.unsent_bytes = exchange.unsent_bytes, 0
        if size:
            self._shared.handler.drained(exchange, size)

    def _finish(self, exchange: Exchange, status: int) -> None:
        exchange.answered = True
        exchange.release()
        self._active = None
        self._shared.handler.finished(exchange, status)
        if self._refused:
            self._linger()
        elif not exchange.keep_alive:
            self._transport.close()
        elif self._waiting:
            self._active = self._waiting.popleft()
            self._transport.resume_reading()
            self._loop.call_soon(self._handle_waiting, self._active)
        elif self._receiving is None and not self._head_bytes:
            self._set_timer(KEEP_ALIVE_SECONDS, self._transport.close)

    def _linger(self) -> None:
        """Discard what still comes before closing: closing at once would reset the connection, and the client could
        lose the answer that says why."""
        if self._transport.can_write_eof():
            self._transport.write_eof()
            self._set_timer(LINGER_SECONDS, self._transport.abort)
        else:
            self._transport.close()

    def _handle_waiting(self, exchange: Exchange) -> None:
        if exchange is self._active and not exchange.gone:
            self._shared.handler.handle(exchange)

    def close_when_idle(self) -> None:
        """Close now if nothing is being answered or received, else after the present answer (the server drains)."""
        if self._active is not None:
            self._active.keep_alive = False
        elif self._receiving is None:
            self._transport.close()


def answer_problem(exchange: Exchange, problem: Problem, headers: tuple[tuple[bytes, bytes], ...] = ()) -> None:
    """Answer an exchange with a problem document; `headers` come on top of the usual ones."""
    exchange.answered = True
    lines = [(b"content-type", CONTENT_TYPE.encode()), *headers]
    if problem.retry_after_seconds is not None:
        lines.append((b"retry-after", b"%d" % problem.retry_after_seconds))
    body = problem.body(exchange.request_id.decode("latin-1"))
    exchange.connection.answer(exchange, problem.status, lines, body)
