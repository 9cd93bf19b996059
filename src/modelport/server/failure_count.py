"""Request failures for the event record: the first of a minute one by one, a flood only as a number."""

from __future__ import annotations

import time
from collections.abc import Mapping
from types import MappingProxyType

from modelport.events import Event

RECORDED_PER_MINUTE_MAX = 20
_NO_NUMBERS: Mapping[str, float | int | str] = MappingProxyType({})


class FailureCount:
    """Decides which failures become events of their own.

    >>> failures = FailureCount()
    >>> events = [failures.event("id", "run-failed", "text") for _ in range(100)]
    >>> sum(event is not None for event in events)
    20
    """

    def __init__(self) -> None:
        self._moments: list[float] = []
        self._left_out = 0

    def event(
        self, request_id: str, code: str, detail: str, numbers: Mapping[str, float | int | str] = _NO_NUMBERS
    ) -> Event | None:
        """The event for one failure, with its `numbers` and the number of those left out before it; None if it is only
        counted."""
        now = time.monotonic()
        self._moments = [moment for moment in self._moments if now - moment < 60]
        if len(self._moments) >= RECORDED_PER_MINUTE_MAX:
            self._left_out += 1
            return None
        self._moments.append(now)
        left_out, self._left_out = self._left_out, 0
        data = {**numbers, **({"left_out_before": left_out} if left_out else {})}
        return Event("request-failure", "failed", detail, request=request_id, code=code, data=data)
