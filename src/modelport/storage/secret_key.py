"""Where the key of the workspace secrets comes from: the environment, a file of the home, or the system's keyring."""

from __future__ import annotations

import importlib
import os
from pathlib import Path
from typing import Any

from cryptography.fernet import Fernet

from modelport.errors import UserError
from modelport.storage.files import locked, make_private_directory, storage_failures, write_durably

KEY_FILE = "secret.key"
_SERVICE = "modelport"


def load_key(home: Path, given: str | None) -> bytes:
    """The key of the home's secrets: `given` (MODELPORT_SECRET_KEY), else the one kept before, else a new one.

    A new key goes to the keyring of the operating system where `modelport[keyring]` is installed and works, else into
    a file that its owner alone may read (`secret.key`, 0600): whoever can read that file can read the secrets.
    Raises `UserError` (`secret-key-invalid`), `StorageError`.
    """
    if given is not None:
        return _checked(given.encode(), "MODELPORT_SECRET_KEY")
    path = home / KEY_FILE
    if path.exists():
        return _read(path)
    make_private_directory(home)
    with locked(home / f"{KEY_FILE}.lock"):
        return _read(path) if path.exists() else _from_keyring(home) or _new_file(path)


def _read(path: Path) -> bytes:
    with storage_failures(path):
        return _checked(path.read_bytes().strip(), str(path))


def _new_file(path: Path) -> bytes:
    key = Fernet.generate_key()
    write_durably(path, key + b"\n")
    return key


def _from_keyring(home: Path) -> bytes | None:
    """The key in the keyring, made if there is none; None where there is no keyring that works."""
    try:
        keyring: Any = importlib.import_module("keyring")
        account = os.fspath(home)
        kept = keyring.get_password(_SERVICE, account)
        if kept is None:
            kept = Fernet.generate_key().decode()
            keyring.set_password(_SERVICE, account, kept)
            if keyring.get_password(_SERVICE, account) != kept:
                return None
    except Exception:
        # Back ends fail in many ways (no session bus, locked, none at all); each means: keep the key in the file.
        return None
    return _checked(str(kept).encode(), "the keyring")


def _checked(key: bytes, place: str) -> bytes:
    try:
        Fernet(key)
    except (ValueError, TypeError) as error:
        raise UserError(
            "secret-key-invalid",
            f"The secret key in {place} is not a Fernet key: 32 bytes in URL-safe base64 (44 characters) are needed.",
            "Make one: python -c 'from cryptography.fernet import Fernet; print(Fernet.generate_key().decode())'",
        ) from error
    return key
