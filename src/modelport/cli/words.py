"""Words of the command line that become values: key=value pairs, name:version, files."""

from __future__ import annotations

import sys
from pathlib import Path

from modelport.errors import UserError


def pairs(words: tuple[str, ...], option: str) -> dict[str, str]:
    """`key=value` words as a dictionary; a later one wins. Raises `UserError` (`pair-invalid`).

    >>> pairs(("area=health", "note=a=b"), "--tag")
    {'area': 'health', 'note': 'a=b'}
    """
    found = {}
    for word in words:
        key, equals, value = word.partition("=")
        if not equals or not key:
            raise UserError(
                "pair-invalid",
                f"The value {word!r} of {option} is not valid: it must be KEY=VALUE.",
                f"For example: {option} area=health",
            )
        found[key] = value
    return found


def conditions(words: tuple[str, ...]) -> dict[str, str | None]:
    """`key` or `key=value` words as conditions: a key alone asks for any value.

    >>> conditions(("area", "stage=test"))
    {'area': None, 'stage': 'test'}
    """
    split = (word.partition("=") for word in words)
    return {key: value if equals else None for key, equals, value in split}


def body(data: str | None) -> bytes:
    """What `--data` names: the text itself, the content of `@file`, or standard input for `-` and for nothing.

    Raises `UserError` (`data-missing`, `data-file-missing`).
    """
    if data is None and sys.stdin.isatty():
        raise UserError(
            "data-missing",
            "There is no data to send: neither --data nor a pipe.",
            "Use --data '{\"data\": [[1, 2]]}', --data @request.json, or: modelport service run NAME < request.json",
        )
    if data is None or data == "-":
        return sys.stdin.buffer.read()
    if not data.startswith("@"):
        return data.encode()
    try:
        return Path(data[1:]).read_bytes()
    except OSError as error:
        raise UserError(
            "data-file-missing",
            f"The file '{data[1:]}' of --data cannot be read: {error.strerror or error}.",
            "Name an existing file behind the @, or leave the @ out to send the text itself.",
        ) from error
