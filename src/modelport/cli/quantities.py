"""Quantities with their units as the command line takes them: durations, shares, factors."""

from __future__ import annotations

import math
import re
from typing import Any

import click

from modelport.errors import UserError

_NUMBER = r"\d+(?:\.\d+)?"
_SECONDS = {"ms": 0.001, "s": 1.0, "": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0}


class Duration(click.ParamType):  # type: ignore[type-arg]  # generic since click 8.4 only
    """A duration in seconds: "500ms", "2s", "1.5", "5m", "1h"."""

    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """The seconds; refuses what has no number or an unknown unit."""
        match = re.fullmatch(rf"({_NUMBER})\s*([a-z]*)", str(value).strip().lower())
        if match is None or match[2] not in _SECONDS:
            self.fail(f"{value!r} is not a duration; for example 500ms, 2s, 5m.", param, ctx)
        return float(match[1]) * _SECONDS[match[2]]


class Share(click.ParamType):  # type: ignore[type-arg]  # generic since click 8.4 only
    """A share of a whole, above 0 and below 1: "0.1%" or "0.001"."""

    name = "share"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """The share; refuses what is not between nothing and all."""
        match = re.fullmatch(rf"({_NUMBER})\s*(%?)", str(value).strip())
        share = float(match[1]) / (100 if match[2] else 1) if match else 0.0
        if not 0 < share < 1:
            self.fail(f"{value!r} is not a share between 0 and 1; for example 0.1% or 0.001.", param, ctx)
        return share


class Factor(click.ParamType):  # type: ignore[type-arg]  # generic since click 8.4 only
    """How many times as much, 1 or more: "10x" or "10"."""

    name = "factor"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """The factor; refuses what is below 1."""
        match = re.fullmatch(rf"({_NUMBER})\s*x?", str(value).strip().lower())
        if match is None or float(match[1]) < 1:
            self.fail(f"{value!r} is not a factor of 1 or more; for example 10x.", param, ctx)
        return float(match[1])


class Positive(click.FloatRange):
    """A number above 0, and not endless."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """The number; refuses 0, what is below it, and "inf" and "nan"."""
        number = float(super().convert(value, param, ctx))
        if not math.isfinite(number):
            self.fail(f"{value!r} is not a number above 0.", param, ctx)
        return number


DURATION = Duration()
SHARE = Share()
FACTOR = Factor()
POSITIVE = Positive(min=0, min_open=True)


def load_too_large(what: str) -> UserError:
    """The error for a load that nobody would wait for."""
    return UserError(
        "load-too-large", f"The load is too large: {what}.", "Give fewer requests per second, or a shorter time."
    )


def percent(share: float) -> str:
    """A share as people read it, with as many digits as tell something.

    >>> percent(0.7), percent(0.0662), percent(0.00096), percent(2e-11), percent(0.0)
    ('70 %', '6.6 %', '0.096 %', '< 0.001 %', '0 %')
    """
    if 0 < share < 1e-5:
        return "< 0.001 %"
    return f"{100 * share:.2g} %" if share < 0.1 else f"{100 * share:.0f} %"
