"""One client connection: HTTP/1.1 in by httptools, answers out in order, every limit kept before it is overrun.

Our own protocol, not uvicorn's, because the contract asks for what that one cannot do: 431 and 408 with their limits,
413 before the body is read, and an explanation for every malformed request.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, cast

from modelport.server import response
from modelport.server.exchange import Exchange
from modelport.server.handler import Shared
from modelport.server.problem import CONTENT_TYPE, Problem
from modelport.server.receiver import Receiver
from modelport.server.turns import IN_TURN_FROM_BYTES
from modelport.worker.wire import COPIED_BYTES_MAX

if TYPE_CHECKING:
    from modelport.worker.wire import Bytes

BODY_PAUSE_SECONDS_MAX = 30.0  # a body that stops arriving for so long is given up
KEEP_ALIVE_SECONDS = 75.0  # as nginx; longer than the 60 s of common load balancers, so that they close first
READER_PAUSE_SECONDS_MAX = 30.0
PIPELINE_DEPTH_MAX = 16
LINGER_SECONDS = 2.0
_READ_BYTES_PLAIN = 16 * 1024  # a larger read is fed in pieces
_PIECE_BYTES = 4 * 1024
_NOTHING = memoryview(b"")


class Connection(asyncio.Protocol):
    """The state of one client connection; one request at a time is being answered, pipelined ones wait."""

    receiver_type: type[Receiver] = Receiver

    def __init__(self, shared: Shared, loop: asyncio.AbstractEventLoop) -> None:
        self._shared = shared
        self._loop = loop
        self._receiver = self.receiver_type(self, shared)
        self._transport: asyncio.Transport = cast(asyncio.Transport, None)
        self._active: Exchange | None = None
        self._waiting: deque[Exchange] = deque()
        self._refused = False
        self._deadline = 0.0  # monotonic, 0 = none; one sweep looks at all: a timer each costs 3 µs a request
        self._on_deadline: Callable[[], None] = self._head_too_slow
        self._write_paused = False
        self._backlog = _NOTHING  # what was read and not yet given to the parser
        self._burst = 0  # requests that were answered at once since the last read
        self._unsent_bytes = 0  # what the client had not taken when its reading was last looked at

    # -- the transport's side ------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Start the clock of the first head."""
        self._transport = cast(asyncio.Transport, transport)
        self._shared.connections.add(self)
        self._set_timer(self._shared.limits.header_timeout_seconds, self._head_too_slow)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's signature
        """Tell the server that whoever waited here has left."""
        self._shared.connections.discard(self)
        self._clear_timer()
        for exchange in (self._active, self._receiver.exchange, *self._waiting):
            if exchange is not None and not exchange.gone:
                exchange.gone = True
                self._shared.handler.leave(exchange)
        self._active = None
        self._waiting.clear()
        self._backlog = _NOTHING
        # Connection, receiver and parser know each other. Left so, each connection that ends would stay, with its
        # buffers, until the collector of circles looks at the oldest objects: 12 MB after 10,000 of them.
        self._receiver.close()
        self._on_deadline = _nothing_is_late

    def data_received(self, data: bytes) -> None:
        """Feed the parser; a refusal made by a callback has been sent when this returns."""
        if self._refused:
            self._wait_for_turn(time.monotonic())
            return
        if not self._receiver.head_bytes and self._active is None and self._receiver.exchange is None:
            self._set_timer(self._shared.limits.header_timeout_seconds, self._head_too_slow)
        self._burst = 0
        if len(data) > _READ_BYTES_PLAIN or self._backlog:
            self._backlog = memoryview(bytes(self._backlog) + data if self._backlog else data)
            self._feed_backlog()
        else:
            self._receiver.feed(data)
        if self._receiver.exchange is not None and self._receiver.body_bytes > IN_TURN_FROM_BYTES:
            self._clear_timer()  # until its turn comes the client is not the one that pauses
            self._wait_for_turn(self._receiver.began)

    def _wait_for_turn(self, since: float) -> None:
        self._transport.pause_reading()
        self._shared.turns.wait(since, self._take_turn)

    def _take_turn(self) -> None:
        if self._transport.is_closing():
            return
        if self._receiver.exchange is not None:
            self._set_timer(BODY_PAUSE_SECONDS_MAX, self._body_too_slow)
        self._resume_reading()

    def _feed_backlog(self) -> None:
        """Feed a large read in pieces, and stop while enough requests wait: one read can hold thousands."""
        self._burst = 0
        receiver = self._receiver
        while self._backlog and not self._refused and not self._is_full():
            size = max(_PIECE_BYTES, receiver.body_left)
            piece, self._backlog = self._backlog[:size], self._backlog[size:]
            receiver.feed(piece)
        if self._refused or self._transport.is_closing():
            self._backlog = _NOTHING
        elif self._backlog:
            self._transport.pause_reading()
        else:
            self._backlog = _NOTHING
            self._resume_reading()

    def _is_full(self) -> bool:
        return len(self._waiting) >= PIPELINE_DEPTH_MAX or self._write_paused

    def _resume_reading(self) -> None:
        """Take more requests if there is room for them: first those that have been read."""
        if self._is_full():
            return
        if self._backlog:
            self._loop.call_soon(self._feed_backlog)
        else:
            self._transport.resume_reading()

    def eof_received(self) -> bool:
        """A client that closes its side has left: nobody can tell a half-closed client from one that is gone."""
        return False

    def pause_writing(self) -> None:
        """The client takes its answers slower than they come: ask for no more requests, and do not wait for ever."""
        self._write_paused = True
        if self._active is None or not self._active.streaming:  # a stream holds itself back, by its credit
            self._transport.pause_reading()
        self._watch_reader()

    def resume_writing(self) -> None:
        """The client has caught up: the script may go on."""
        self._write_paused = False
        self._resume_reading()
        exchange = self._active
        if exchange is None:
            self._expect_more()
            return
        self._clear_timer()
        if exchange.streaming:
            self._give_credit(exchange)

    # -- the receiver's side -------------------------------------------------------------------------------------

    def body_arrives(self, invite: bool = False) -> None:
        """Something of a body has come, or is about to; `invite` a client that waits for permission to send it."""
        self._set_timer(BODY_PAUSE_SECONDS_MAX, self._body_too_slow)
        if invite and self._active is None:
            self._transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def complete(self, exchange: Exchange) -> None:
        """A request is whole: answer it, or let it wait behind the one before it."""
        self._clear_timer()
        if self._active is None:
            self._active = exchange
            self._burst += 1
            if self._burst <= PIPELINE_DEPTH_MAX:
                self._hand_on(exchange)
            else:  # others have a right to the loop, too
                self._loop.call_soon(self._handle_waiting, exchange)
            return
        if self._write_paused:
            self._watch_reader()
        self._waiting.append(exchange)
        if len(self._waiting) >= PIPELINE_DEPTH_MAX:
            self._transport.pause_reading()

    # -- refusing ------------------------------------------------------------------------------------------------

    def refuse(self, problem: Problem, exchange: Exchange | None = None) -> None:
        """Answer with a problem and close: what follows on this connection cannot be trusted to be a request."""
        self._refused = True
        self._clear_timer()
        if exchange is None:
            exchange = Exchange(self, "", b"", [])
            exchange.request_id = self._shared.new_request_id()
        exchange.keep_alive = False
        exchange.release()
        if self._active is not None:  # the answer to an earlier request is still owed, and goes first
            exchange.answered = True
            for waiting in self._waiting:
                waiting.release()
            self._waiting.clear()
            self._active.keep_alive = False
            return
        self._active = exchange
        self._shared.handler.refused(exchange, problem)
        answer_problem(exchange, problem)

    def _head_too_slow(self) -> None:
        if self._active is None and self._receiver.head_bytes:
            limit = self._shared.limits.header_timeout_seconds
            self.refuse(Problem("headers-too-slow", f"The headers were not complete after {limit:g} s."))
        elif self._active is None:
            self._transport.close()

    def _body_too_slow(self) -> None:
        self.refuse(
            Problem("headers-too-slow", f"Nothing of the body arrived for {BODY_PAUSE_SECONDS_MAX:g} s."),
            self._receiver.exchange,
        )

    def _watch_reader(self) -> None:
        self._unsent_bytes = self._transport.get_write_buffer_size()
        self._set_timer(READER_PAUSE_SECONDS_MAX, self._reader_too_slow)

    def _reader_too_slow(self) -> None:
        """Cut the client off, unless it is taking a large whole answer, however slowly."""
        streaming = self._active is not None and self._active.streaming
        if streaming or self._transport.get_write_buffer_size() >= self._unsent_bytes:
            self._transport.abort()
        else:
            self._watch_reader()

    def _idle_too_long(self) -> None:
        if self._write_paused:
            self._reader_too_slow()
        else:
            self._close()

    def _close(self) -> None:
        """Close when the client has taken what was written, and do not wait for ever for that."""
        self._transport.close()
        self._watch_reader()

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

    def answer(self, exchange: Exchange, status: int, headers: response.Headers, body: Bytes) -> None:
        """Send a whole answer and go on to the next request."""
        if exchange is not self._active:
            return
        head = response.head(exchange, status, headers, len(body))
        if len(body) > COPIED_BYTES_MAX and exchange.method != "HEAD":
            self._transport.write(head)
            self._transport.write(body)
        else:
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
            if self._write_paused:  # what comes now are whole answers, which nothing else holds back
                self._transport.pause_reading()
            self._finish(exchange, 200)

    def abort_stream(self, exchange: Exchange) -> None:
        """Reset the connection: a chunked answer without its end cannot be taken for a whole one."""
        if exchange is self._active:
            exchange.gone = True
            exchange.release()
            self._shared.handler.finished(502)
            self._transport.abort()

    def _give_credit(self, exchange: Exchange) -> None:
        size, exchange.unsent_bytes = exchange.unsent_bytes, 0
        if size:
            self._shared.handler.drained(exchange, size)

    def _finish(self, exchange: Exchange, status: int) -> None:
        exchange.answered = True
        exchange.release()
        self._active = None
        self._shared.handler.finished(status)
        if self._refused:
            self._linger()
        elif not exchange.keep_alive:
            self._close()
        elif self._waiting:
            self._active = self._waiting.popleft()
            self._resume_reading()
            self._loop.call_soon(self._handle_waiting, self._active)
        elif self._receiver.exchange is None and not self._receiver.head_bytes:
            self._set_timer(KEEP_ALIVE_SECONDS, self._idle_too_long)
        else:
            self._expect_more()

    def _expect_more(self) -> None:
        """Start the clock of whatever the client has to send next."""
        if self._receiver.exchange is not None:
            self._set_timer(BODY_PAUSE_SECONDS_MAX, self._body_too_slow)
        elif self._receiver.head_bytes:
            self._set_timer(self._shared.limits.header_timeout_seconds, self._head_too_slow)
        else:
            self._set_timer(KEEP_ALIVE_SECONDS, self._idle_too_long)

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
            self._hand_on(exchange)

    def _hand_on(self, exchange: Exchange) -> None:
        try:
            self._shared.handler.handle(exchange)
        except Exception as error:  # a fault of ours: whoever asks must hear of it, and others be served
            request_id = exchange.request_id.decode("latin-1")
            self._loop.call_exception_handler({"message": f"request {request_id} failed", "exception": error})
            if not exchange.answered and not exchange.gone:
                answer_problem(exchange, Problem("internal-error", "The log of the service has the traceback."))

    def close_when_idle(self) -> None:
        """Close now if nothing is being answered or received, else after the present answer (the server drains)."""
        if self._active is not None:
            self._active.keep_alive = False
        elif self._receiver.exchange is None:
            self._transport.close()


def _nothing_is_late() -> None:
    """The clock of a connection that has ended."""


def answer_problem(exchange: Exchange, problem: Problem, headers: tuple[tuple[bytes, bytes], ...] = ()) -> None:
    """Answer an exchange with a problem document; `headers` come on top of the usual ones."""
    exchange.answered = True
    lines = [(b"content-type", CONTENT_TYPE.encode()), *headers, *problem.headers]
    if problem.retry_after_seconds is not None:
        lines.append((b"retry-after", b"%d" % problem.retry_after_seconds))
    body = problem.body(exchange.request_id.decode("latin-1"))
    exchange.connection.answer(exchange, problem.status, lines, body)
