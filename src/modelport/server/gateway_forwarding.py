"""One request on its way to a backend, and its answer on the way back.

When a connection turns out to be closed, a request is sent again on a new one only if nothing of it can have been
worked on (RFC 9110, 9.2.2; RFC 9112, 9.3.1):

* a pooled connection that is known to be closed is never used, so nothing was written: any request;
* a pooled connection that closes before the first byte of an answer: a GET, HEAD or OPTIONS without a body, once;
* everything else is answered 502: a POST may have been run, and to run it twice is the client's decision.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from typing import Any, cast

from modelport.server.connection import answer_problem
from modelport.server.gateway_backend import Backend
from modelport.server.gateway_client import ClientConnection, ForwardedExchange
from modelport.server.gateway_heads import request_head
from modelport.server.gateway_upstream import Upstream
from modelport.server.problem import Problem

CONNECT_SECONDS_MAX = 5.0
_SENT_AGAIN = frozenset(("GET", "HEAD", "OPTIONS"))


class Forwarding:
    """One request on its way to a backend, and its answer on the way back."""

    def __init__(self, exchange: ForwardedExchange, backend: Backend) -> None:
        self.exchange = exchange
        self.backend = backend
        self.client = cast(ClientConnection, exchange.connection)
        self.reused = False
        self.ended = False
        self._sent_again = False
        self._upstream: Upstream | None = None
        self._connecting: asyncio.Task[None] | None = None
        exchange.forwarding = self
        backend.enter(self)

    def start(self) -> None:
        """Send the request by an idle connection, or by a new one."""
        upstream = None if self._sent_again else self.backend.take_idle()
        if upstream is not None:
            self.reused = True
            self._send_by(upstream)
        else:
            self.reused = False
            self._connecting = asyncio.get_running_loop().create_task(self._connect())

    async def _connect(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            connecting = loop.create_connection(lambda: Upstream(self.backend), self.backend.host, self.backend.port)
            transport, upstream = await asyncio.wait_for(connecting, CONNECT_SECONDS_MAX)
        except (OSError, asyncio.TimeoutError) as error:
            told = str(error) or f"{CONNECT_SECONDS_MAX:g} s passed"  # a time limit has no words of its own
            self.fail(f"it cannot be connected to: {told}")
            return
        _notice_dead_peer(transport.get_extra_info("socket"))
        if self.ended:
            upstream.close()
        else:
            self._send_by(upstream)

    def _send_by(self, upstream: Upstream) -> None:
        self._upstream = upstream
        upstream.carry(self)
        if self.client.is_choked:
            upstream.hold(True)
        exchange = self.exchange
        head = request_head(exchange, str(self.backend).encode(), self.client.client_address, self.client.scheme)
        upstream.write(head + exchange.take())
        self.client.window_opened()

    def send_body(self) -> None:
        """Send what has come of the body, if the backend takes it."""
        if self._upstream is not None and self._upstream.writable and self.exchange.waits:
            self._upstream.write(self.exchange.take())
            self.client.window_opened()

    def hold_answer(self, hold: bool) -> None:
        """Stop or go on reading the answer."""
        if self._upstream is not None:
            self._upstream.hold(hold)

    # -- how it ends ---------------------------------------------------------------------------------------------

    def done(self, status: int) -> None:
        """The answer has come whole and was sent on."""
        if self.end():
            self.client.end_answer(self.exchange, status)

    def end(self) -> bool:
        """Nothing more is to come; False if that is known already."""
        if self.ended:
            return False
        self.ended = True
        self._upstream = None
        self._connecting = None
        self.backend.leave(self)
        return True

    def cancel(self) -> None:
        """The client has left, or its request turned out to be broken: the backend need not go on."""
        upstream, connecting = self._upstream, self._connecting
        if self.end():
            if upstream is not None:
                upstream.abort()
            elif connecting is not None:
                connecting.cancel()

    def lost(self, what: str, nothing_came: bool) -> None:
        """The connection is of no use any more; `nothing_came` of an answer."""
        exchange = self.exchange
        repeatable = exchange.method in _SENT_AGAIN and exchange.complete and not _has_body(exchange)
        if self.reused and nothing_came and repeatable and not self._sent_again and not self.ended:
            self._sent_again = True
            self._upstream = None
            self.start()
        else:
            self.fail(what)

    def fail(self, what: str) -> None:
        """Tell the client that no (whole) answer can be had."""
        upstream = self._upstream
        if not self.end():
            return
        if upstream is not None:
            upstream.abort()
        exchange = self.exchange
        if exchange.gone:
            return
        if exchange.answered:
            self.client.abort_stream(exchange)
            return
        self.client.stop_receiving(exchange)
        detail = f"The container behind the gateway ({self.backend}) gave no answer: {what}."
        answer_problem(exchange, Problem("backend-unreachable", detail))


def _has_body(exchange: ForwardedExchange) -> bool:
    lengths = [value for name, value in exchange.headers if name.lower() == b"content-length"]
    return exchange.chunked or any(value.strip(b"0 ") for value in lengths)


def _notice_dead_peer(plain: Any) -> None:
    """Let the kernel look whether the peer's machine still lives while we wait for an answer, for as long as it takes:
    the deadlines of scoring are the backend's own."""
    with contextlib.suppress(OSError, AttributeError):
        plain.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 10)
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 5)
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT, 3)
