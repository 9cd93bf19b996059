"""The gateway's side towards clients: the replica's own connection, but a body is passed on while it still arrives."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, cast

from modelport.server.connection import BODY_PAUSE_SECONDS_MAX, Connection, answer_problem
from modelport.server.exchange import Answering, Exchange
from modelport.server.gateway_heads import LAST_CHUNK, chunk, framing
from modelport.server.problem import Problem
from modelport.server.receiver import Receiver

if TYPE_CHECKING:
    from modelport.server.gateway_forwarding import Forwarding

WINDOW_BYTES = 256 * 1024  # of a body may wait here for a backend that takes it slowly; then the client has to wait
_WRITE_FROM_BYTES = 64 * 1024


class ForwardedExchange(Exchange):
    """A request that is passed on. `complete` is true once its body has arrived whole."""

    __slots__ = ("_pieces", "chunked", "complete", "forwarding", "waiting_bytes")

    def __init__(self, connection: Answering, method: str, target: bytes, headers: list[tuple[bytes, bytes]]) -> None:
        super().__init__(connection, method, target, headers)
        self.chunked = False
        self.complete = False
        self.forwarding: Forwarding | None = None
        self.waiting_bytes = 0
        self._pieces: list[bytes] = []

    def put(self, data: bytes) -> None:
        """Keep a piece of the body until the backend takes it."""
        self._pieces.append(chunk(data) if self.chunked else data)
        self.waiting_bytes += len(data)

    def close_body(self) -> None:
        """The body has arrived whole."""
        self.complete = True
        if self.chunked:
            self._pieces.append(LAST_CHUNK)

    def take(self) -> bytes:
        """What of the body waits here, framed for the backend."""
        data = self._pieces[0] if len(self._pieces) == 1 else b"".join(self._pieces)
        self._pieces.clear()
        self.waiting_bytes = 0
        return data

    @property
    def waits(self) -> bool:
        """Whether anything of the body waits here."""
        return bool(self._pieces)

    def release(self) -> None:
        """Let go of the body."""
        super().release()
        self._pieces.clear()
        self.waiting_bytes = 0


class PassingReceiver(Receiver):
    """Tells of a request when its head is complete, and then of each piece of its body."""

    exchange_type = ForwardedExchange

    def _keep(self, exchange: Exchange, data: bytes) -> None:
        cast(ClientConnection, self._connection).take_body(cast(ForwardedExchange, exchange), data)

    def _end_body(self, exchange: Exchange) -> None:
        cast(ForwardedExchange, exchange).close_body()

    def _read_headers(self, exchange: Exchange) -> None:
        _, codings = framing(exchange.headers)
        if codings not in (b"", b"chunked"):  # what two servers may read differently is passed on to none
            self._refuse(Problem("malformed-request", "The only transfer coding that is understood is 'chunked'."))
            return
        super()._read_headers(exchange)
        if not self._refused:
            forwarded = cast(ForwardedExchange, exchange)
            forwarded.chunked = bool(codings)
            cast(ClientConnection, self._connection).begin(forwarded)


class ClientConnection(Connection):
    """One client of the gateway; one request at a time is passed on."""

    receiver_type = PassingReceiver

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Look at who it is, once for all requests."""
        super().connection_made(transport)
        peer = transport.get_extra_info("peername")
        self.client_address = str(peer[0]).encode() if isinstance(peer, tuple) else b"unknown"
        self.scheme = b"https" if transport.get_extra_info("sslcontext") is not None else b"http"

    @property
    def is_choked(self) -> bool:
        """Whether the client has not taken what was sent to it already."""
        return self._write_paused

    # -- a request comes -----------------------------------------------------------------------------------------

    def begin(self, exchange: ForwardedExchange) -> None:
        """A head is complete: it is passed on as soon as what was read with it is known, too."""
        if self._active is None:
            self._active = exchange
        else:
            self._waiting.append(exchange)

    def take_body(self, exchange: ForwardedExchange, data: bytes) -> None:
        """Hand a piece of the body to the backend, if it takes it."""
        exchange.put(data)
        if exchange.waiting_bytes >= _WRITE_FROM_BYTES and exchange is self._active:
            self._pass_on(exchange)

    def complete(self, exchange: Exchange) -> None:  # noqa: ARG002 - whose end it is does not matter here
        """A request is whole."""
        self._clear_timer()
        if self._write_paused:
            self._watch_reader()

    def data_received(self, data: bytes) -> None:
        """Take in bytes and pass on what they complete."""
        super().data_received(data)
        self._pump()

    def _feed_backlog(self) -> None:
        super()._feed_backlog()
        self._pump()

    def _pump(self) -> None:
        exchange = self._active
        if isinstance(exchange, ForwardedExchange):
            self._pass_on(exchange)
        if self._is_full() and not self._transport.is_closing():
            self._transport.pause_reading()

    def _pass_on(self, exchange: ForwardedExchange) -> None:
        if exchange.forwarding is None:
            self._shared.handler.handle(exchange)
        else:
            exchange.forwarding.send_body()

    def _is_full(self) -> bool:
        receiving = cast("ForwardedExchange | None", self._receiver.exchange)
        blocked = receiving is not None and receiving.waiting_bytes >= WINDOW_BYTES
        return bool(self._waiting) or self._write_paused or blocked

    def window_opened(self) -> None:
        """The backend has taken what waited of a body."""
        if not self._transport.is_closing() and not self._refused:
            self._resume_reading()

    def _body_too_slow(self) -> None:
        exchange = cast("ForwardedExchange | None", self._receiver.exchange)
        if exchange is not None and exchange.waiting_bytes and exchange.forwarding is not None:
            exchange.forwarding.fail(f"it took nothing of the body for {BODY_PAUSE_SECONDS_MAX:g} s")
        else:
            super()._body_too_slow()

    def refuse(self, problem: Problem, exchange: Exchange | None = None) -> None:
        """Answer with a problem and close; a request that is being passed on is broken off at the backend."""
        active = cast("ForwardedExchange | None", self._active)
        if active is None or active.complete:
            super().refuse(problem, exchange)
            return
        self._refused = True
        self._clear_timer()
        self._shared.handler.leave(active)
        if active.answered:
            self.abort_stream(active)
        else:
            active.keep_alive = False
            answer_problem(active, problem)

    # -- its answer comes ----------------------------------------------------------------------------------------

    def pass_back(self, exchange: ForwardedExchange, data: bytes) -> None:
        """Send bytes of an answer as they are."""
        if exchange is self._active:
            self._transport.write(data)

    def end_answer(self, exchange: ForwardedExchange, status: int) -> None:
        """The answer has been sent whole; what still comes of a request that was answered early is discarded."""
        if exchange is self._active:
            self.stop_receiving(exchange)
            self._finish(exchange, status)

    def stop_receiving(self, exchange: ForwardedExchange) -> None:
        """Discard what still comes of a request that is not whole: it has its answer."""
        if not exchange.complete:
            self._refused = True
            self._receiver.exchange = None
            exchange.keep_alive = False

    def pause_writing(self) -> None:
        """The client takes its answer slower than it comes: let the backend wait, too."""
        super().pause_writing()
        forwarding = self._active.forwarding if isinstance(self._active, ForwardedExchange) else None
        if forwarding is not None:
            forwarding.hold_answer(True)

    def resume_writing(self) -> None:
        """The client has caught up."""
        super().resume_writing()
        forwarding = self._active.forwarding if isinstance(self._active, ForwardedExchange) else None
        if forwarding is not None:
            forwarding.hold_answer(False)
