"""Finds the stack that a worker printed because it was asked to (pure)."""

from __future__ import annotations

from collections.abc import Sequence

_THREAD = ("Thread 0x", "Current thread 0x")


def stack_in(lines: Sequence[str]) -> str:
    """The stack of the main thread, which is the last one printed, the innermost call first; empty if there is none.

    >>> print(stack_in(["ready", "Current thread 0x7f (most recent call first):", '  File "score.py", line 7 in init']))
    Current thread 0x7f (most recent call first):
      File "score.py", line 7 in init
    """
    heads = [number for number, line in enumerate(lines) if line.startswith(_THREAD)]
    if not heads:
        return ""
    calls = list(lines[heads[-1] + 1 :])
    end = next((number for number, line in enumerate(calls) if not line.startswith("  ")), len(calls))
    return "\n".join([lines[heads[-1]], *calls[:end]])
