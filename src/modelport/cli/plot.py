"""Draws what was simulated, with matplotlib (extra `modelport[plot]`), into a file."""

from __future__ import annotations

from pathlib import Path

from modelport.autoscaling.simulation import Played
from modelport.errors import MissingExtraError, UserError

_KINDS = (".svg", ".png", ".pdf")


def save_plot(played: Played, path: Path) -> None:
    """Draw requests, refusals and replicas over time.

    Raises `MissingExtraError`, and `UserError` (`plot-kind`, `plot-not-written`).
    """
    if path.suffix.lower() not in _KINDS:
        raise UserError(
            "plot-kind",
            f"The plot '{path}' has the ending {path.suffix or '(none)'!r}; it must be one of {', '.join(_KINDS)}.",
            f"For example: --plot {path.with_suffix('.svg')}",
        )
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise MissingExtraError("A plot", "plot") from error
    figure = Figure(figsize=(9, 5), layout="constrained")
    above, below = figure.subplots(2, 1, sharex=True)
    seconds = range(len(played.seconds))
    above.plot(seconds, [second.arrived for second in played.seconds], label="requests per second", linewidth=0.8)
    above.plot(seconds, [second.refused for second in played.seconds], label="answered 503", linewidth=0.8)
    below.step(seconds, [second.wanted for second in played.seconds], where="post", label="replicas wanted", alpha=0.6)
    below.step(seconds, [second.ready for second in played.seconds], where="post", label="replicas ready")
    below.set_xlabel("seconds")
    for axes in (above, below):
        axes.set_ylim(bottom=0)
        axes.legend(frameon=False)
    try:
        figure.savefig(path)
    except OSError as error:
        raise UserError(
            "plot-not-written",
            f"The plot '{path}' cannot be written: {error.strerror or error}.",
            "Name a file in a folder that exists and that you may write to.",
        ) from error
