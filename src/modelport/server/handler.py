"""What a connection needs of the rest of the server, and what all connections of one server share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from modelport.manifest import Limits
from modelport.server.bodies import BodyBudget
from modelport.server.exchange import Exchange
from modelport.server.problem import Problem
from modelport.server.turns import Turns

if TYPE_CHECKING:
    from modelport.server.connection import Connection


class Handler(Protocol):
    """What a connection needs of the rest of the server."""

    def begin(self, exchange: Exchange) -> Problem | None:
        """Look at a request whose headers are complete; a problem refuses it before its body is read."""

    def refused(self, exchange: Exchange, problem: Problem) -> None:
        """A request was answered with a problem before anybody took it on."""

    def handle(self, exchange: Exchange) -> None:
        """Take on a complete request; the answer comes by `exchange.connection`."""

    def leave(self, exchange: Exchange) -> None:
        """The client of this request has gone."""

    def drained(self, exchange: Exchange, size: int) -> None:
        """The client has taken `size` bytes of a streamed answer."""

    def finished(self, status: int) -> None:
        """The answer was given to the connection whole."""


@dataclass
class Shared:
    """What all connections of one server share."""

    handler: Handler
    limits: Limits
    budget: BodyBudget
    new_request_id: Callable[[], bytes]
    connections: set[Connection]
    turns: Turns
