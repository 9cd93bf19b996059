"""The rules as the simulator and a target ask them: with their memory, their windows and the bounds of a service."""

from __future__ import annotations

from modelport.autoscaling import knative, utilization
from modelport.autoscaling.concurrency import Window
from modelport.autoscaling.simulation import Load


class ByUtilization:
    """The rule of the original's front end, with what it remembers."""

    def __init__(self, rule: utilization.UtilizationRule) -> None:
        self._rule = rule
        self._memory = utilization.Quiet()
        self.refresh_seconds = rule.refresh_seconds

    def replicas(self, now_seconds: float, seen: Load) -> int:
        """How many replicas there should be; those on their way count as there, or it would ask for them again."""
        there = seen.ready + seen.starting
        wanted, self._memory = utilization.decide(
            self._rule, self._memory, seen.running + seen.waiting, there, now_seconds
        )
        return wanted


class ByKnative:
    """Knative's rule, with its windows and what it remembers: looks at the load each second, decides every other."""

    refresh_seconds = 1.0

    def __init__(self, rule: knative.KnativeRule, min_replicas: int, max_replicas: int) -> None:
        self._rule = rule
        self._bounds = (min_replicas, max_replicas)
        self._stable = Window(round(rule.stable_window_seconds))
        self._panic = Window(round(rule.panic_window_seconds))
        self._memory = knative.Panic()
        self._wanted: int | None = None

    def replicas(self, now_seconds: float, seen: Load) -> int:
        """How many replicas there should be; between its decisions, what it decided last."""
        for window in (self._stable, self._panic):
            window.record(now_seconds - 1.0, seen.mean_in_service)
        lowest, highest = self._bounds
        if self._wanted is None:
            self._wanted = max(lowest, seen.ready + seen.starting)
        if now_seconds % knative.TICK_SECONDS < self.refresh_seconds:
            stable, panic = self._stable.mean(now_seconds - 1.0), self._panic.mean(now_seconds - 1.0)
            if stable is not None and panic is not None:
                load = knative.Seen(stable, panic, seen.ready)
                wish, self._memory = knative.decide(self._rule, self._memory, load, now_seconds)
                self._wanted = min(max(wish.replicas, lowest), highest)
        return self._wanted
