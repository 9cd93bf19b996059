"""The rule of the original's front end: replicas by how busy they are, up at once, down slowly (pure).

Documented: utilisation = (replicas busy + requests queued) / replicas, compared with the target (70 %); replicas are
added within about a second and taken away after about a minute. The size of a step is not documented; here it is the
one that brings the utilisation to the target.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

REMOVE_AFTER_SECONDS = 60.0


@dataclass(frozen=True)
class UtilizationRule:
    """The settings of a service, with the original's defaults."""

    min_replicas: int = 1
    max_replicas: int = 10
    target_utilization: float = 0.7
    refresh_seconds: float = 1.0
    concurrent_per_replica: int = 1


@dataclass(frozen=True)
class Quiet:
    """Since when fewer replicas would do (None: they would not), and the most that were needed since."""

    since: float | None = None
    most_replicas: int = 0


def utilization(in_service: int, replicas: int, concurrent_per_replica: int = 1) -> float:
    """How busy replicas are, waiting requests counted: 1.0 is all of them busy and nobody waiting.

    >>> utilization(3, 2)
    1.5
    """
    return in_service / max(1, replicas * concurrent_per_replica)


def decide(
    rule: UtilizationRule, memory: Quiet, in_service: int, replicas: int, now_seconds: float
) -> tuple[int, Quiet]:
    """How many replicas there should be, with `in_service` requests running or waiting, and what is remembered.

    >>> decide(UtilizationRule(), Quiet(), in_service=7, replicas=1, now_seconds=0.0)[0]
    10
    """
    per_replica = rule.concurrent_per_replica * rule.target_utilization
    needed = min(max(math.ceil(in_service / per_replica - 1e-9), rule.min_replicas), rule.max_replicas)
    if needed >= replicas:
        return needed, Quiet()
    if memory.since is None:
        return replicas, Quiet(now_seconds, needed)
    most = max(memory.most_replicas, needed)
    if now_seconds - memory.since < REMOVE_AFTER_SECONDS:
        return replicas, Quiet(memory.since, most)
    return most, Quiet(now_seconds, needed)
