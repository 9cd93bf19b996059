"""One connection of the gateway to a backend: requests out as they are given, answers parsed and handed back."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, cast

import httptools

from modelport.server.gateway_heads import LAST_CHUNK, answer_head, chunk, framing

if TYPE_CHECKING:
    from modelport.server.gateway_backend import Backend
    from modelport.server.gateway_forwarding import Forwarding

HEAD_BYTES_MAX = 64 * 1024
_BODILESS = frozenset((204, 304))


class Upstream(asyncio.Protocol):
    """Carries one request at a time. `writable` is false while the backend takes nothing more."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self._transport: asyncio.Transport = cast(asyncio.Transport, None)
        self._forwarding: Forwarding | None = None
        self.writable = True
        self.idle_since = 0.0
        self._reset()

    def _reset(self) -> None:
        """Be ready for the next answer, by a new parser: one cannot be told that an answer to HEAD has no body."""
        self._parser = httptools.HttpResponseParser(self)
        self._reason = b""
        self._headers: list[tuple[bytes, bytes]] = []
        self._status = 0
        self._head_bytes = 0
        self._received = False
        self._chunked = False
        self._until_close = False
        self._whole = False
        self._reusable = False
        self._out: list[bytes] = []

    # -- the request ---------------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self._transport = cast(asyncio.Transport, transport)

    def is_open(self) -> bool:
        """Whether it can carry a request."""
        return not self._transport.is_closing()

    def carry(self, forwarding: Forwarding) -> None:
        """Belong to this request until it is answered."""
        self._forwarding = forwarding

    def write(self, data: bytes) -> None:
        """Send bytes of the request."""
        self._transport.write(data)

    def pause_writing(self) -> None:
        """The backend takes the body slower than it comes."""
        self.writable = False

    def resume_writing(self) -> None:
        """The backend has caught up."""
        self.writable = True
        if self._forwarding is not None:
            self._forwarding.send_body()

    def hold(self, hold: bool) -> None:
        """Stop or go on reading."""
        if not self._transport.is_closing():
            (self._transport.pause_reading if hold else self._transport.resume_reading)()

    def close(self) -> None:
        """Close a connection that carries nothing."""
        self._forwarding = None
        self._transport.close()

    def abort(self) -> None:
        """Break it off: the backend sees that its client has left."""
        self._forwarding = None
        self._transport.abort()

    # -- the answer ----------------------------------------------------------------------------------------------

    def data_received(self, data: bytes) -> None:
        """Parse, and hand back what was understood in one piece."""
        forwarding = self._forwarding
        if forwarding is None:
            self._transport.abort()  # it speaks without having been asked
            return
        self._received = True
        try:
            self._head_bytes += 0 if self._status >= 200 else len(data)
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            self._whole = False
            self._flush(forwarding)
            forwarding.fail(f"what it sent is not an answer in HTTP/1.1 ({error})")
            return
        if self._status < 200 and self._head_bytes > HEAD_BYTES_MAX:
            forwarding.fail(f"the headers of its answer exceed {HEAD_BYTES_MAX} bytes")
            return
        self._flush(forwarding)
        if self._whole:
            self._end(forwarding)

    def _flush(self, forwarding: Forwarding) -> None:
        if self._out:
            forwarding.client.pass_back(forwarding.exchange, b"".join(self._out))
            self._out.clear()

    def _end(self, forwarding: Forwarding) -> None:
        status, reusable = self._status, self._reusable and forwarding.exchange.complete
        self._forwarding = None
        if reusable and self.writable and self.is_open():
            self._reset()
            self.idle_since = time.monotonic()
            self._transport.resume_reading()
            self._backend.give_back(self)
        else:
            self._transport.close()
        forwarding.done(status)

    def connection_lost(self, exc: Exception | None) -> None:
        """The backend has closed: that ends an answer without a length, and breaks every other."""
        forwarding, self._forwarding = self._forwarding, None
        self._backend.forget(self)
        del self._parser  # they know each other
        if forwarding is None:
            return
        if self._until_close and exc is None:
            if self._chunked:
                forwarding.client.pass_back(forwarding.exchange, LAST_CHUNK)
            forwarding.done(self._status)
            return
        when = "in the middle of its answer" if self._received else "before it answered"
        forwarding.lost(f"it closed the connection {when}" + (f" ({exc})" if exc else ""), not self._received)

    # -- what the parser tells -----------------------------------------------------------------------------------

    def on_message_begin(self) -> None:
        """An answer begins; one of the 1xx may have gone before it."""
        self._headers = []
        self._reason = b""
        if self._whole:
            self._reusable = False  # nobody asked for another one

    def on_status(self, reason: bytes) -> None:
        """The words behind the status, maybe in pieces."""
        self._reason += reason

    def on_header(self, name: bytes, value: bytes) -> None:
        """One header; trailers are not passed on."""
        if self._status < 200:
            self._headers.append((name, value))

    def on_headers_complete(self) -> None:
        """Write the client's head: framed as the client understands it."""
        status = self._parser.get_status_code()
        forwarding = self._forwarding
        if status < 200 or forwarding is None or self._whole:
            return
        self._status = status
        exchange = forwarding.exchange
        length, codings = framing(self._headers)
        if codings not in (b"", b"chunked"):
            raise ValueError(f"a transfer coding that is not understood, {codings!r}")
        bodiless = exchange.method == "HEAD" or status in _BODILESS
        framed = b""
        if length is not None and not codings and status != 204:
            framed = b"content-length: %d\r\n" % length
        elif not bodiless:
            self._until_close = not codings
            self._chunked = exchange.keep_alive  # for HTTP/1.0 the end of the connection is the end
            framed = b"transfer-encoding: chunked\r\n" if self._chunked else b""
        self._reusable = self._parser.should_keep_alive() and not self._until_close
        exchange.keep_alive = exchange.keep_alive and exchange.complete
        self._out.append(answer_head(status, self._reason, self._headers, framed, exchange.keep_alive))
        exchange.answered = True
        exchange.streaming = not bodiless and length is None
        self._whole = exchange.method == "HEAD"

    def on_body(self, data: bytes) -> None:
        """A piece of the body."""
        if self._whole:
            self._reusable = False  # a body where there can be none: whatever follows is not to be trusted
        else:
            self._out.append(chunk(data) if self._chunked else data)

    def on_message_complete(self) -> None:
        """The answer is whole."""
        if self._status >= 200 and not self._whole and not self._until_close:
            self._whole = True
            if self._chunked:
                self._out.append(LAST_CHUNK)
