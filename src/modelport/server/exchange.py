"""One request and its answer, from the first byte of the one to the last byte of the other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from modelport.server.bodies import Spool
    from modelport.server.response import Headers
    from modelport.worker.wire import Bytes


class Answering(Protocol):
    """The connection as the rest of the server sees it: where answers go."""

    def answer(self, exchange: Exchange, status: int, headers: Headers, body: Bytes) -> None:
        """Send a whole answer."""

    def begin_stream(self, exchange: Exchange, status: int, headers: Headers) -> None:
        """Send the head of an answer whose length is not known."""

    def send_chunk(self, exchange: Exchange, chunk: bytes) -> None:
        """Send one piece of a streamed answer."""

    def end_stream(self, exchange: Exchange) -> None:
        """Send the end of a streamed answer."""

    def abort_stream(self, exchange: Exchange) -> None:
        """Break a streamed answer off so that the client cannot take it for a whole one."""


class Exchange:
    """A request on its way. Plain slots, because there is one for each request of the hot path.

    Times are monotonic seconds. `answered` is true once an answer has begun (or the client has left): whatever comes
    after that is discarded.
    """

    __slots__ = (
        "answered", "arrived", "begin_before", "body", "client_request_id", "connection", "content_type", "gone",
        "headers", "keep_alive", "late_since", "method", "path", "query", "request_id", "sent_at", "spool",
        "streaming", "trace_id", "unsent_bytes", "wire_id",
    )  # fmt: skip

    def __init__(self, connection: Answering, method: str, target: bytes, headers: list[tuple[bytes, bytes]]) -> None:
        path, _, query = target.partition(b"?")
        self.connection = connection
        self.method = method
        self.path = path
        self.query = query
        self.headers = headers
        self.body = b""
        self.spool: Spool | None = None
        self.content_type = b""
        self.request_id = b""
        self.client_request_id = b""
        self.trace_id = b""
        self.keep_alive = True
        self.arrived = 0.0
        self.begin_before = 0.0
        self.sent_at = 0.0
        self.late_since = 0.0
        self.wire_id = 0
        self.answered = False
        self.gone = False
        self.streaming = False
        self.unsent_bytes = 0

    def release(self) -> None:
        """Let go of the body: its memory and its share of the budget."""
        self.body = b""
        if self.spool is not None:
            self.spool.close()
            self.spool = None

    @property
    def target(self) -> str:
        """The path with its query, as text."""
        raw = self.path + b"?" + self.query if self.query else self.path
        return raw.decode("latin-1")
