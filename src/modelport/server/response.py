"""The bytes of an HTTP answer's head."""

from __future__ import annotations

import http
import time
from collections.abc import Iterable
from email.utils import formatdate

from modelport.server.exchange import Exchange

Headers = Iterable[tuple[bytes, bytes]]

SERVER_VERSION = b"modelport/0.1.0"

_REASONS = {status.value: status.phrase.encode() for status in http.HTTPStatus}
_STATUS_LINES = {
    status: b"HTTP/1.1 %d %s\r\n" % (status, _REASONS.get(status, b"Status")) for status in range(100, 600)
}
BODILESS = frozenset((204, 205, 304))  # answers that never have a body, whatever the script returned
JSON_TYPE = (b"content-type", b"application/json")


_CONTROLS = dict.fromkeys((*range(32), 127), " ")


class Clock:
    """The `Date` header, formatted once a second."""

    def __init__(self) -> None:
        self._second = 0
        self._line = b""

    def line(self) -> bytes:
        """The header line with its end, for the present second."""
        second = int(time.time())
        if second != self._second:
            self._second = second
            self._line = b"date: " + formatdate(second, usegmt=True).encode() + b"\r\n"
        return self._line


_clock = Clock()


def head(exchange: Exchange, status: int, headers: Headers, length: int | None) -> bytes:
    """The head of an answer up to and with the empty line.

    `length` None means that the length is not known: chunked to HTTP/1.1, until close to HTTP/1.0. Names and values
    in `headers` must be free of line ends (the caller cleans what came from user code).
    """
    parts = [_STATUS_LINES[status], _clock.line()]
    for name, value in headers:
        parts.append(b"%s: %s\r\n" % (name, value))
    if status in (204, 304):
        length = None  # such an answer ends with its head, and says nothing of a length
    elif length is not None:
        parts.append(b"content-length: %d\r\n" % length)
    elif exchange.keep_alive:
        parts.append(b"transfer-encoding: chunked\r\n")
    request_id = exchange.request_id
    if request_id:
        parts.append(b"x-request-id: %s\r\nx-ms-request-id: %s\r\n" % (request_id, request_id))
    if exchange.client_request_id:
        parts.append(b"x-ms-client-request-id: %s\r\n" % exchange.client_request_id)
    if exchange.trace_id:
        parts.append(b"traceid: %s\r\n" % exchange.trace_id)
    parts.append(b"x-ms-server-version: %s\r\n" % SERVER_VERSION)
    parts.append(b"\r\n" if exchange.keep_alive else b"connection: close\r\n\r\n")
    return b"".join(parts)


def clean(value: str) -> bytes:
    """A header value from user code without the line ends that would let it forge headers.

    >>> clean("a\\r\\nset-cookie: x")
    b'a set-cookie: x'
    """
    return " ".join(value.translate(_CONTROLS).split()).encode("latin-1", "replace")
