"""Means of how many requests were in a service over the last seconds, as Knative's autoscaler takes them."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

BUCKET_SECONDS = 1.0
_DIGITS = 6  # Knative rounds its means to them


@dataclass
class Window:
    """Values of the last `seconds`, one bucket a second; values of the same second are added up.

    >>> window = Window(6)
    >>> for second in range(4):
    ...     window.record(second, 2.0)
    >>> window.mean(3.5)
    2.0
    """

    seconds: int
    _buckets: dict[int, float] = field(default_factory=dict, repr=False)
    _first: int | None = None
    _last: int = 0

    def record(self, now_seconds: float, value: float) -> None:
        """Add a value to the bucket of its second. A silence as long as the window forgets what was before it."""
        bucket = math.floor(now_seconds / BUCKET_SECONDS)
        if self._first is None or bucket - self._last >= self.seconds:
            self._buckets.clear()
            self._first = bucket
        self._buckets[bucket] = self._buckets.get(bucket, 0.0) + value
        self._last = max(self._last, bucket)
        for old in [each for each in self._buckets if each <= self._last - self.seconds]:
            del self._buckets[old]

    def mean(self, now_seconds: float) -> float | None:
        """The mean over the window, or None without data. Seconds without a value count as 0, except those since the
        last value: they shorten what is divided by."""
        now = math.floor(now_seconds / BUCKET_SECONDS)
        if self._first is None or now - self._last >= self.seconds:
            return None
        within = [value for bucket, value in self._buckets.items() if bucket > now - self.seconds]
        silent = now - self._last
        seconds = min(self._last - self._first + 1, self.seconds - silent)
        return round(sum(within) / seconds, _DIGITS)
