"""Finds the line of a Dockerfile that a builder speaks of (pure)."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass

_HEREDOC = re.compile(r"<<-?\s*[\"']?(?P<end>\w+)[\"']?")
_ALIKE = 0.6  # a step's name has its variables replaced, which the Dockerfile has not


@dataclass(frozen=True)
class Instruction:
    """One instruction of a Dockerfile: the line on which it begins (from 1), and its text on one line."""

    line: int
    text: str

    @property
    def keyword(self) -> str:
        return self.text.partition(" ")[0].upper()


def instructions(dockerfile: str) -> tuple[Instruction, ...]:
    """The instructions of a Dockerfile; continued lines are joined, comments left out.

    >>> instructions("FROM a\\n# why\\nRUN one && \\\\\\n    two\\n")
    (Instruction(line=1, text='FROM a'), Instruction(line=3, text='RUN one && two'))
    """
    found: list[Instruction] = []
    begun, parts, end = 0, list[str](), ""
    for number, line in enumerate(dockerfile.splitlines(), 1):
        if end:  # inside a heredoc
            end = "" if line.strip() == end else end
            continue
        if not line.strip() or line.lstrip().startswith("#"):
            continue  # a comment inside a continued instruction does not end it
        begun = begun if parts else number
        parts.append(line.strip().removesuffix("\\").strip())
        heredoc = _HEREDOC.search(line)
        end = heredoc["end"] if heredoc else ""
        if not line.rstrip().endswith("\\"):
            found.append(Instruction(begun, _plain(" ".join(parts))))
            parts = []
    return (*found, Instruction(begun, _plain(" ".join(parts)))) if parts else tuple(found)


def locate(dockerfile: str, step: str) -> Instruction | None:
    """The instruction that a step's name shows, as a builder prints it; None if none is like it."""
    wanted = _plain(step)
    known = instructions(dockerfile)
    for each in known:
        if each.text == wanted:
            return each
    keyword = wanted.partition(" ")[0].upper()
    texts = {each.text: each for each in known if each.keyword == keyword}
    close = difflib.get_close_matches(wanted, texts, n=1, cutoff=_ALIKE)
    return texts[close[0]] if close else None


def _plain(text: str) -> str:
    return " ".join(text.split())
