"""Heads of messages as the gateway passes them on: everything as it came, but what belongs to one connection alone.

Pure functions of bytes. A body is framed anew on each side, so that the two sides can never disagree on where a
message ends (RFC 9112, 6.3 and 11.2).
"""

from __future__ import annotations

from collections.abc import Iterable

from modelport.server.exchange import Exchange

Header = tuple[bytes, bytes]

_HOP_BY_HOP = frozenset(
    (b"connection", b"keep-alive", b"proxy-connection", b"te", b"trailer", b"transfer-encoding", b"upgrade")
)
# Written anew, whatever came. `Expect` is answered by the gateway, which then asks for the body itself.
_OURS = _HOP_BY_HOP | {b"content-length", b"expect", b"x-request-id", b"x-forwarded-for", b"x-forwarded-proto"}
_OF_ANSWERS = _HOP_BY_HOP | {b"content-length"}
# What the next server must see to know who asks whom for what cannot be declared to be for one connection only.
_KEPT = frozenset((b"close", b"keep-alive", b"host", b"authorization", b"content-type", b""))


def framing(headers: Iterable[Header]) -> tuple[int | None, bytes]:
    """What a message says of its body: the content length (None: nothing), and all its transfer codings, lower case.

    >>> framing([(b"Content-Length", b"3")]), framing([(b"Transfer-Encoding", b"Chunked")])
    ((3, b''), (None, b'chunked'))
    """
    length, codings = None, []
    for name, value in headers:
        key = name.lower()
        if key == b"content-length":
            length = int(value)
        elif key == b"transfer-encoding":
            codings.append(value.strip().lower())
    return length, b", ".join(codings)


def request_head(exchange: Exchange, backend: bytes, client: bytes, scheme: bytes) -> bytes:
    """The head that goes to the backend; `backend` serves as `Host` where the client sent none, `client` is the
    address that it has."""
    headers = exchange.headers
    target = exchange.path + b"?" + exchange.query if exchange.query else exchange.path
    length, codings = framing(headers)
    parts = [b"%s %s HTTP/1.1\r\n" % (exchange.method.encode(), target)]
    dropped = _OURS | _named_by_connection(headers)
    seen_host, passed_by = False, []
    for name, value in headers:
        key = name.lower()
        if key == b"x-forwarded-for":
            passed_by.append(value)
        if key not in dropped:
            seen_host = seen_host or key == b"host"
            parts.append(b"%s: %s\r\n" % (name, value))
    if not seen_host:
        parts.append(b"host: %s\r\n" % backend)
    if codings:
        parts.append(b"transfer-encoding: chunked\r\n")
    elif length is not None:
        parts.append(b"content-length: %d\r\n" % length)
    parts.append(b"x-request-id: %s\r\n" % exchange.request_id)
    parts.append(b"x-forwarded-for: %s\r\nx-forwarded-proto: %s\r\n" % (b", ".join([*passed_by, client]), scheme))
    parts.append(b"via: 1.1 modelport\r\n\r\n")
    return b"".join(parts)


def answer_head(status: int, reason: bytes, headers: list[Header], framed: bytes, keep_alive: bool) -> bytes:
    """The head that goes to the client; `framed` is the line that says how its body ends, or nothing."""
    parts = [b"HTTP/1.1 %d %s\r\n" % (status, reason or b"-")]
    dropped = _OF_ANSWERS | _named_by_connection(headers)
    parts += [b"%s: %s\r\n" % header for header in headers if header[0].lower() not in dropped]
    parts.append(framed)
    parts.append(b"\r\n" if keep_alive else b"connection: close\r\n\r\n")
    return b"".join(parts)


def chunk(data: bytes) -> bytes:
    """One piece of a body of unknown length.

    >>> chunk(b"abc")
    b'3\\r\\nabc\\r\\n'
    """
    return b"%x\r\n%s\r\n" % (len(data), data)


LAST_CHUNK = b"0\r\n\r\n"


def _named_by_connection(headers: Iterable[Header]) -> frozenset[bytes]:
    """Headers that the sender says are for this connection alone."""
    named = [value for name, value in headers if name.lower() == b"connection"]
    words = frozenset(word.strip().lower() for value in named for word in value.split(b","))
    return words - _KEPT
