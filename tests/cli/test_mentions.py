"""Every command line that a message, an explanation or the documentation tells someone to type does exist."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from modelport.cli.commands import COMMANDS
from modelport.cli.program import root

CHECKOUT = Path(__file__).resolve().parents[2]
MENTION = re.compile(rf"(?<![\w/.-])modelport ((?:{'|'.join(COMMANDS)})\b[^\n`\"|;#>)]*)")


def texts() -> Iterator[Path]:
    yield from (CHECKOUT / "src").rglob("*.md")
    yield from (CHECKOUT / "src").rglob("*.py")
    yield from (CHECKOUT / "docs").rglob("*.md")
    yield from CHECKOUT.glob("*.md")


def complaint(line: str) -> str:
    """What is wrong with a command line, empty if its commands and options exist."""
    words = re.split(r"[{\\]", line)[0].split()  # what is filled in at run time, and an escaped line end, end it
    command: click.Command = root
    while isinstance(command, click.Group) and words and re.fullmatch(r"[a-z][a-z0-9-]*", words[0]):
        found = command.get_command(click.Context(command), words[0])
        if found is None:
            return f"no command {words[0]!r}"
        command = found
        words.pop(0)
    if any(parameter.type is click.UNPROCESSED for parameter in command.params):
        return ""  # the words behind it belong to another program
    options = {name for parameter in command.params for name in (*parameter.opts, *parameter.secondary_opts)}
    asked = {word.rstrip(".,:'").partition("=")[0] for word in words if re.match(r"--?[a-z]", word)}
    unknown = sorted(asked - options - {"--help", "-h"})
    return f"no option {unknown}" if unknown else ""


MENTIONS = sorted({
    (path.relative_to(CHECKOUT).as_posix(), line) for path in texts() for line in MENTION.findall(path.read_text())
})  # fmt: skip


def test_mentions_are_found():
    assert len(MENTIONS) > 100


@pytest.mark.parametrize("place", sorted({place for place, _ in MENTIONS}))
def test_every_command_that_is_mentioned_exists(place):
    assert [(line, complaint(line)) for where, line in MENTIONS if where == place and complaint(line)] == []


def test_command_that_does_not_exist_is_found():
    assert complaint("model lst") == "no command 'lst'"
    assert complaint("model list --latst") == "no option ['--latst']"
