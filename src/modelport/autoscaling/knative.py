"""The rule by which Knative Serving scales a revision (its pod autoscaler), as a function of what was seen (pure).

The rule and its defaults: knative.dev/docs/serving/autoscaling, and the source of `pkg/autoscaler/scaling`. The tests
hold it against every figure of Knative's own tests of it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

TICK_SECONDS = 2.0
_TARGET_MIN = 0.01
_CONCURRENCY_WHERE_UNLIMITED = 100.0


@dataclass(frozen=True)
class KnativeRule:
    """The settings of a revision, with Knative's defaults; times in seconds.

    `target` is how many requests at once a replica is meant to have, `total` how many it takes at most.
    """

    target: float
    total: float
    stable_window_seconds: float = 60.0
    panic_window_share: float = 0.1
    panic_threshold: float = 2.0
    max_scale_up_rate: float = 1000.0
    max_scale_down_rate: float = 2.0
    target_burst_capacity: float = 211.0
    activation_scale: int = 1
    scale_down_delay_seconds: float = 0.0
    reachable: bool = True

    @property
    def panic_window_seconds(self) -> float:
        """How far back the quick look goes; never less than a second."""
        return max(1.0, round(self.stable_window_seconds * self.panic_window_share))


def knative_rule(container_concurrency: int, target_utilization: float = 0.7, target: float = 0.0) -> KnativeRule:
    """The rule for a revision whose replicas run so many requests at once (0: no limit).

    >>> knative_rule(1).target
    0.7
    """
    total = float(container_concurrency) or _CONCURRENCY_WHERE_UNLIMITED
    if target:
        total = min(target, total) if container_concurrency else target
    return KnativeRule(target=max(_TARGET_MIN, total * target_utilization), total=total)


@dataclass(frozen=True)
class Panic:
    """What the rule remembers: since when it panics (None: it does not), the most replicas it asked for meanwhile, and
    what it asked for lately where scaling down is delayed, as (tick, replicas)."""

    since: float | None = None
    most_replicas: int = 0
    lately: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True)
class Seen:
    """What was seen: mean requests at once over both windows, and the replicas that are ready."""

    stable: float
    panic: float
    ready: int


@dataclass(frozen=True)
class Wish:
    """What the rule asks for. Below zero, `excess_burst_capacity` puts Knative's activator in the way of requests."""

    replicas: int
    excess_burst_capacity: int


def at_start(ready: int, now_seconds: float) -> Panic:
    """What an autoscaler remembers that has just started: with several replicas it panics, until it knows more.

    >>> at_start(2, 100.0)
    Panic(since=100.0, most_replicas=2, lately=())
    """
    return Panic(now_seconds if ready > 1 else None, ready)


def decide(rule: KnativeRule, memory: Panic, seen: Seen, now_seconds: float) -> tuple[Wish, Panic]:
    """What the rule asks for now, before the bounds of the service, and what it remembers.

    >>> wish, _ = decide(knative_rule(1), Panic(), Seen(stable=0.5, panic=3.67, ready=1), 2.0)
    >>> wish.replicas
    6
    """
    ready = max(1, seen.ready)
    highest = math.ceil(rule.max_scale_up_rate * ready)
    lowest = math.floor(ready / rule.max_scale_down_rate) if rule.reachable else 0
    for_panic = math.ceil(seen.panic / rule.target)
    by_stable = _activated(rule, math.ceil(seen.stable / rule.target), lowest, highest)
    by_panic = _activated(rule, for_panic, lowest, highest)
    memory = _panicking(rule, memory, for_panic / ready >= rule.panic_threshold, now_seconds)
    wanted = by_stable
    if memory.since is not None:
        wanted = max(memory.most_replicas, by_stable, by_panic)
        memory = replace(memory, most_replicas=wanted)
    wanted, memory = _delayed(rule, memory, wanted, now_seconds)
    return Wish(wanted, _excess(rule, seen)), memory


def _activated(rule: KnativeRule, wanted: int, lowest: int, highest: int) -> int:
    bounded = min(max(wanted, lowest), highest)
    return max(bounded, rule.activation_scale) if wanted > 0 and rule.activation_scale > 1 else bounded


def _panicking(rule: KnativeRule, memory: Panic, is_over: bool, now_seconds: float) -> Panic:
    if is_over:
        return replace(memory, since=now_seconds)
    if memory.since is not None and memory.since + rule.stable_window_seconds < now_seconds:
        return replace(memory, since=None, most_replicas=0)
    return memory


def _delayed(rule: KnativeRule, memory: Panic, wanted: int, now_seconds: float) -> tuple[int, Panic]:
    """The most that was wanted within the delay, where scaling down is delayed."""
    if rule.scale_down_delay_seconds <= 0 or not rule.reachable:
        return wanted, memory
    tick = math.floor(now_seconds / TICK_SECONDS)
    oldest = tick - math.ceil(rule.scale_down_delay_seconds / TICK_SECONDS)
    lately = (*((at, replicas) for at, replicas in memory.lately if at > oldest and replicas > wanted), (tick, wanted))
    return max(replicas for _, replicas in lately), replace(memory, lately=lately)


def _excess(rule: KnativeRule, seen: Seen) -> int:
    if rule.target_burst_capacity == 0:
        return 0
    if rule.target_burst_capacity < 0:
        return -1
    return math.floor(seen.ready * rule.total - rule.target_burst_capacity - seen.panic)
