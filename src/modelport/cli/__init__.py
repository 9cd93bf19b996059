"""The command line: a door that parses, calls the workspace and prints; it holds no rules.

One file per noun; `commands.py` is the table of them, from which help is printed without importing any.
"""

from __future__ import annotations

from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line with `arguments` (default: those of this process) and return the exit code."""
    from modelport.cli.program import run

    return run(arguments)
