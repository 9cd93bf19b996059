"""Reads the text of a file that describes an environment."""

from __future__ import annotations

import codecs
import difflib
from pathlib import Path

from modelport.errors import UserError, nearest

_NAMES_SHOWN = 5
MAXIMUM_FILE_BYTES = 16_000_000
"""A larger file is not a list of requirements (a lock with the hashes of a thousand packages has a few MB)."""


def read_text(path: Path, shown: str) -> str:
    """The text of the file: UTF-8, or UTF-16 with its mark, as PowerShell writes it; `shown` names it in messages.

    Raises `UserError`: `environment-file-missing`, `environment-file-unreadable`.
    """
    try:
        if path.stat().st_size > MAXIMUM_FILE_BYTES:
            raise _unreadable(shown, f"it is larger than {MAXIMUM_FILE_BYTES} bytes")
        data = path.read_bytes()
    except FileNotFoundError as error:
        where = f"looked for {path.absolute()}"
        raise UserError(
            "environment-file-missing", f"The file '{shown}' does not exist ({where}).", near(path)
        ) from error
    except (OSError, ValueError) as error:
        raise _unreadable(shown, getattr(error, "strerror", None) or str(error)) from error
    return _decode(data, shown)


def _decode(data: bytes, shown: str) -> str:
    encoding = "utf-16" if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "utf-8-sig"
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        line, name = data[: error.start].count(b"\n") + 1, "UTF-16" if encoding == "utf-16" else "UTF-8"
        raise _unreadable(f"{shown}:{line}", f"byte 0x{data[error.start]:02x} there is not {name} text") from error


def near(path: Path) -> str:
    """A sentence that names the file nearest to a missing `path`."""
    folder = path.absolute().parent
    try:
        names = sorted(entry.name for entry in folder.iterdir() if entry.is_file())
    except OSError:
        return f"The folder {folder} does not exist either."
    if not names:
        return f"The folder {folder} holds no file."
    close = sorted(names, key=lambda name: difflib.SequenceMatcher(None, path.name, name).ratio(), reverse=True)
    hint = nearest(path.name, close[:1])
    return hint if hint.startswith("Did") else f"Nearest there: {', '.join(close[:_NAMES_SHOWN])}."


def _unreadable(shown: str, reason: str) -> UserError:
    return UserError(
        "environment-file-unreadable", f"The file '{shown}' cannot be read: {reason}.", "Save it as UTF-8 text."
    )
