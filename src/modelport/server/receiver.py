"""Takes a request in: the parser's callbacks, and every limit that can be kept before the request is whole."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import httptools

from modelport.server.bodies import SPOOL_FROM_BYTES, Spool
from modelport.server.exchange import Exchange
from modelport.server.problem import Problem

if TYPE_CHECKING:
    from modelport.server.connection import Connection
    from modelport.server.handler import Shared

REQUEST_ID_LENGTH_MAX = 100
_VERSIONS = ("1.1", "1.0")
_NO_BODY_METHODS = frozenset(("GET", "HEAD", "OPTIONS", "DELETE", "TRACE", "CONNECT"))


class Receiver:
    """Parses what one connection sends and tells it of complete requests and of those to refuse.

    `head_bytes` counts what has come of a head that is not complete; it is 0 between requests and within a body.
    `body_bytes` counts what has come of the body that is arriving, `began` is when that began, in monotonic seconds.
    """

    exchange_type: type[Exchange] = Exchange

    def __init__(self, connection: Connection, shared: Shared) -> None:
        self._connection = connection
        self._shared = shared
        self._limits = shared.limits
        self._parser = httptools.HttpRequestParser(self)
        self._url = b""
        self._headers: list[tuple[bytes, bytes]] = []
        self._in_head = True
        self._body: list[bytes] = []
        self.body_bytes = 0
        self.began = 0.0
        self._length = 0
        self._between_bytes = 0  # what came since the last piece of a body, and is none: trailers, chunk extensions
        self._refused = False
        self.head_bytes = 0
        self.exchange: Exchange | None = None

    def feed(self, data: bytes | memoryview) -> None:
        """Take in bytes; whatever they complete or break is told to the connection before this returns."""
        if self._in_head:
            self.head_bytes += len(data)
        else:
            self._between_bytes += len(data)
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            return  # refused when its head was complete
        except httptools.HttpParserError as error:
            self._refuse(Problem("malformed-request", f"It cannot be parsed as HTTP/1.1: {error}."))
        if (self.head_bytes if self._in_head else self._between_bytes) > self._limits.max_header_bytes:
            self._refuse_large_head()

    def close(self) -> None:
        """Let go of the connection and of the parser, which knows this receiver: nothing is fed any more."""
        self.exchange = None
        self._headers = []
        self._body = []
        del self._connection, self._parser

    @property
    def body_left(self) -> int:
        """How many bytes are certain to belong to the body that is arriving."""
        return self._length - self.body_bytes if self.exchange is not None else 0

    def _refuse(self, problem: Problem, exchange: Exchange | None = None) -> None:
        if not self._refused:
            self._refused = True
            self.exchange = None
            self._connection.refuse(problem, exchange)

    def on_message_begin(self) -> None:
        """A new request begins."""
        self._url = b""
        self._headers = []
        self._body = []
        self.body_bytes = self._length = self._between_bytes = 0
        self.head_bytes = self.head_bytes or 1  # a head that begins behind a body was not counted when it was fed

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
        self.head_bytes = 0
        if size > self._limits.max_header_bytes:
            self._refuse_large_head()
            return
        version = self._parser.get_http_version()
        if version not in _VERSIONS:
            self._refuse(Problem("malformed-request", f"It is of HTTP/{version}; this is a server for HTTP/1.1."))
            return
        if self._parser.should_upgrade():  # the parser would take the body for words of the other protocol
            self._refuse(Problem("malformed-request", "It asks for another protocol (Upgrade); send it plain."))
            return
        method = self._parser.get_method().decode("ascii", "replace")
        exchange = self.exchange_type(self._connection, method, _origin_form(self._url), self._headers)
        exchange.keep_alive = self._parser.should_keep_alive() and version == "1.1"
        self.exchange = exchange
        self._read_headers(exchange)

    def on_body(self, data: bytes) -> None:
        """A piece of the body."""
        exchange = self.exchange
        if exchange is None or self._refused:
            return
        self.body_bytes += len(data)
        self._between_bytes = 0
        if self.body_bytes > self._limits.max_body_bytes:
            self._refuse(self._too_large(self.body_bytes), exchange)
            return
        self._keep(exchange, data)
        if self.exchange is exchange:  # neither refused for it nor answered early
            self._connection.body_arrives()

    def _keep(self, exchange: Exchange, data: bytes) -> None:
        """A piece of the body is kept in memory while it is small, spooled to a file from then on."""
        if exchange.spool is not None:
            self._spool(exchange, data)
            return
        self._body.append(data)
        if self.body_bytes > SPOOL_FROM_BYTES:
            exchange.spool = Spool(self._shared.budget)
            self._spool(exchange, b"".join(self._body))
            self._body = []

    def on_message_complete(self) -> None:
        """The request is whole: answer it, or let it wait behind the one before it."""
        exchange = self.exchange
        if exchange is None or self._refused:
            return
        self.exchange = None
        self._in_head = True
        self.head_bytes = 0
        self._end_body(exchange)
        self._connection.complete(exchange)

    def _end_body(self, exchange: Exchange) -> None:
        """The body has come whole."""
        body = self._body
        exchange.body = body[0] if len(body) == 1 else b"".join(body)

    def _read_headers(self, exchange: Exchange) -> None:
        length: int | None = None
        chunked = expects_continue = False
        for name, value in exchange.headers:
            key = name.lower()
            if key == b"content-length":
                length = self._length = int(value)
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
            elif key == b"traceid":
                exchange.trace_id = value
        problem = self._check_ids(exchange)
        if problem is None and length is None and not chunked and exchange.method not in _NO_BODY_METHODS:
            problem = Problem("length-missing", f"{exchange.method} needs a Content-Length or chunked encoding.")
        if problem is None and length is not None and length > self._limits.max_body_bytes:
            problem = self._too_large(length)
        problem = problem or self._shared.handler.begin(exchange)
        if problem is not None:
            self._refuse(problem, exchange)
        elif length or chunked:
            self.began = time.monotonic()
            self._connection.body_arrives(invite=expects_continue)

    def _check_ids(self, exchange: Exchange) -> Problem | None:
        ids = (
            ("x-request-id", exchange.request_id),
            ("x-ms-client-request-id", exchange.client_request_id),
            ("TraceId", exchange.trace_id),
        )
        for name, value in ids:
            if len(value) > REQUEST_ID_LENGTH_MAX:
                exchange.request_id = self._shared.new_request_id()
                exchange.client_request_id = exchange.trace_id = b""
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
        limit = self._limits.max_body_bytes
        return Problem("body-too-large", f"The body has {length} bytes or more; the limit is {limit}.")

    def _refuse_large_head(self) -> None:
        limit = self._limits.max_header_bytes
        self._refuse(Problem("headers-too-large", f"Request line and headers together exceed {limit} bytes."))


def _origin_form(url: bytes) -> bytes:
    """The path and query of a target; proxies send it with scheme and host in front (RFC 9112, 3.2.2)."""
    if url.startswith(b"/"):
        return url
    scheme, found, rest = url.partition(b"://")
    if not found or scheme.lower() not in (b"http", b"https"):
        return url
    host_end = rest.find(b"/")
    return rest[host_end:] if host_end >= 0 else b"/"
