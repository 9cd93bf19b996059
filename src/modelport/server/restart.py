"""When the next worker may start after one has died: the pause belongs to the service, not to the worker."""

from __future__ import annotations

PAUSE_SECONDS_MAX = 60.0
LIFE_SECONDS_THAT_RESET = 10.0


class RestartPause:
    """0, 1, 2, 4 … 60 seconds: doubled by each death, reset by an answered request or ten seconds of life.

    >>> pause = RestartPause()
    >>> [pause.after_death(life_seconds=0.1) for _ in range(4)]
    [0.0, 1.0, 2.0, 4.0]
    >>> pause.reset(); pause.after_death(life_seconds=0.1)
    0.0
    """

    def __init__(self) -> None:
        self._next_seconds = 0.0

    def after_death(self, life_seconds: float) -> float:
        """The pause that this death costs."""
        if life_seconds >= LIFE_SECONDS_THAT_RESET:
            self.reset()
        pause = self._next_seconds
        self._next_seconds = min(PAUSE_SECONDS_MAX, pause * 2 or 1.0)
        return pause

    def reset(self) -> None:
        """Forget the deaths: the service works."""
        self._next_seconds = 0.0
