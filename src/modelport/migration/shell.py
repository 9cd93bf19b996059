"""Lines of a shell that call `az ml`, in scripts, in pipelines (YAML) and in notebooks."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator

_AZ_ML = re.compile(r"(?<![\w.$-])az(?:\.cmd)?\s+ml(?=\s|$)")
_CONTINUED = re.compile(r"[\\`^]\s*$")
_END = re.compile(r"(?<!\\)(?:\|\|?|&&|;|(?<!\d)[<>]|\d?>)")


def az_lines(text: str) -> Iterator[tuple[int, list[str]]]:
    """The words behind `az ml` of each call, with the number of its line, from 1 on.

    >>> list(az_lines("set -e\\naz ml model list -n $(NAME) \\\\\\n  -l | head"))
    [(2, ['model', 'list', '-n', '$(NAME)', '-l'])]
    """
    lines = text.split("\n")
    for number, line in enumerate(lines, 1):
        if line.lstrip().startswith("#"):
            continue
        for found in _AZ_ML.finditer(line):
            yield number, _words(_whole(lines, number - 1, line[found.end() :]))


def _whole(lines: list[str], place: int, rest: str) -> str:
    """The rest of a call, over the lines that it is continued on."""
    text = rest
    while _CONTINUED.search(text) and place + 1 < len(lines):
        place += 1
        text = _CONTINUED.sub(" ", text) + lines[place]
    return text


def _words(text: str) -> list[str]:
    """The words up to the end of the call; an unclosed quote or bracket ends it too."""
    kept, depth, quote = [], 0, ""
    for character in text:
        if quote:
            quote = "" if character == quote else quote
        elif character in "'\"":
            quote = character
        elif character in "({":
            depth += 1
        elif character in ")}":
            depth -= 1
        if depth < 0:
            break
        kept.append(character)
    bare = "".join(kept)
    end = _END.search(_hidden(bare))
    bare = bare[: end.start()] if end else bare
    try:
        return shlex.split(bare, comments=True)
    except ValueError:
        return bare.replace("'", " ").replace('"', " ").split()


def _hidden(text: str) -> str:
    """The text with what stands in quotes and brackets blotted out, character by character."""
    blot = lambda found: "x" * len(found.group())  # noqa: E731
    return re.sub(r"'[^']*'|\"[^\"]*\"|\$\([^)]*\)|\$\{\{[^}]*\}\}", blot, text)
