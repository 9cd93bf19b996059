"""The crowd of the benchmarks: the same load that Modelport measures services with, at a target of ours."""

from __future__ import annotations

from benchmarks.load import Target
from modelport.measuring.open_loop import Arrival, Due, evenly, send_when_due

__all__ = ["Arrival", "Due", "open_loop", "send_when_due"]


def open_loop(target: Target, per_second: float, seconds: float) -> list[Arrival]:
    """Send `per_second` requests each second, each on a free connection, and wait for the last answers."""
    return send_when_due(target, evenly([target.body], per_second, seconds))
