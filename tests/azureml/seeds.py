"""Reads the deployment guides that the product was asked for, and makes a program of the Python blocks of each.

The texts are other people's and lie beside the checkout, not in it: `../shared/seeds`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[2].parent / "shared" / "seeds"
HOW_TO_GET = f"lay the five guides (000….txt to 004….txt) into {FOLDER}"
_FENCE = re.compile(r"^ *```")


@dataclass(frozen=True)
class Row:
    """What one block is, what the page leaves out before it, and what must hold after it.

    Roles: `client`, run in the program; `score`, a part of score.py; `inside`, run by Python in the container;
    `transcript`, what a console showed, which asserts nothing.
    """

    role: str
    before: str = ""
    after: str = ""


def blocks_of(seed: Path, language: str = "python") -> list[str]:
    """The text of each fenced block of a language, byte for byte."""
    lines = seed.read_bytes().decode("utf-8").splitlines(keepends=True)
    blocks: list[str] = []
    inside, kept = False, False
    for line in lines:
        if _FENCE.match(line):
            inside, kept = not inside, not inside and line.strip().lower() == f"```{language}"
            if kept:
                blocks.append("")
        elif kept:
            blocks[-1] += line
    return blocks


def runnable(block: str) -> str:
    """A block as Python accepts it, without a changed byte: one that a list has indented gets a line in front."""
    first = next(line for line in block.splitlines() if line.strip())
    return f"if True:\n{block}" if first.startswith(" ") else block


def program(head: str, blocks: Sequence[str], rows: Sequence[Row], tail: str) -> str:
    """One program of all blocks in their order, each between what its row says."""
    parts = [head]
    for number, (block, row) in enumerate(zip(blocks, rows, strict=True), start=1):
        parts.append(f"print('### block {number}', flush=True)\n{row.before}")
        if row.role == "client":
            parts.append(runnable(block))
        elif row.role == "inside":
            parts.append(f"print_in_container({runnable(block)!r})")
        parts.append(row.after)
    return "\n".join([*parts, tail])
