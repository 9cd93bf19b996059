"""Tells how the build of an image goes on, as v1 did: a state, and dots while it lasts."""

from __future__ import annotations

import time

from modelport.images.record import ImageRecord
from modelport.sdk.arguments import show

_DOT_SECONDS = 5.0


class StateWatch:
    """Prints the state of a build, a dot for each five seconds, and on a new line each change."""

    def __init__(self) -> None:
        self._state = ""
        self._next_dot = 0.0

    def look(self, record: ImageRecord) -> None:
        """Print what is new."""
        if record.state != self._state:
            show(f"\n{record.state}" if self._state else record.state)
            self._state, self._next_dot = record.state, time.monotonic() + _DOT_SECONDS
        elif time.monotonic() >= self._next_dot:
            show(".")
            self._next_dot += _DOT_SECONDS

    def end(self) -> None:
        """End the line."""
        show("\n")
