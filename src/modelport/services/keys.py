"""The keys of one service: two random words in a 0600 file of their own, read again by the server when it changes."""

from __future__ import annotations

import json
import secrets
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from modelport.errors import StorageError, UserError, nearest
from modelport.storage.files import write_durably

_KEY_BYTES = 24
_KEY_LENGTH_MIN = 8


@dataclass(frozen=True)
class Keys:
    """Both keys are accepted; while one is made anew, clients use the other."""

    primary: str = field(repr=False)
    secondary: str = field(repr=False)


def path_in(directory: Path) -> Path:
    """Where a service keeps its keys."""
    return directory / "keys.json"


def ensure(directory: Path) -> None:
    """Make keys if there are none."""
    if not path_in(directory).exists():
        _write(directory, Keys(_new_key(), _new_key()))


def read(directory: Path) -> Keys:
    """The keys of the service in `directory`; raises `StorageError` (`keys-damaged`)."""
    try:
        words = json.loads(path_in(directory).read_text())
        return Keys(str(words["primary"]), str(words["secondary"]))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise StorageError(
            "keys-damaged",
            f"The file '{path_in(directory)}' cannot be read ({type(error).__name__}).",
            "Remove that file and update the service with auth_enabled=True: new keys are made where there are none.",
        ) from error


def regenerate(directory: Path, which: str, value: str | None = None) -> Keys:
    """Make one key anew, or set it to `value`; raises as `check` does, and then changes nothing."""
    name = check(which, value)
    made = replace(read(directory), **{name: value or _new_key()})
    _write(directory, made)
    return made


def check(which: str, value: str | None) -> str:
    """The name of a key that may be set to `value`; raises `UserError` (`key-name-invalid`, `key-value-invalid`)."""
    name = which.lower() if isinstance(which, str) else ""
    if name not in ("primary", "secondary"):
        raise UserError(
            "key-name-invalid",
            f"There is no key {which!r}. {nearest(name, ('primary', 'secondary'))}",
            "Name the key to make anew: Primary or Secondary.",
        )
    printable = value is None or (value.isascii() and value.isprintable() and " " not in value)
    if not printable or (value is not None and len(value) < _KEY_LENGTH_MIN):
        raise UserError(
            "key-value-invalid",
            f"The value for the {name} key is not valid: it needs {_KEY_LENGTH_MIN} or more visible ASCII characters.",
            "Leave the value out, and a random key is made.",
        )
    return name


def _write(directory: Path, made: Keys) -> None:
    write_durably(path_in(directory), json.dumps(asdict(made)).encode())


def _new_key() -> str:
    return secrets.token_urlsafe(_KEY_BYTES)
