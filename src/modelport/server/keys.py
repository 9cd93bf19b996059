"""The keys that a service accepts: a 0600 file of their own, read anew when it changes, compared in constant time."""

from __future__ import annotations

import hmac
import json
import os
from pathlib import Path

from modelport.server.exchange import Exchange


class KeyRing:
    """The accepted keys of one service; an unreadable file accepts none."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._stamp: tuple[int, int] | None = None
        self._keys: list[bytes] = []

    def accepts(self, exchange: Exchange) -> bool:
        """Whether the request carries `Authorization: Bearer <key>` with one of the keys."""
        self._refresh()
        given = b""
        for name, value in exchange.headers:
            if name.lower() == b"authorization":
                scheme, _, credentials = value.partition(b" ")
                given = credentials.strip() if scheme.lower() == b"bearer" else b""
        # Every key is compared, so that the time does not tell which one came close.
        return any([hmac.compare_digest(given, key) for key in self._keys])  # noqa: C419

    def _refresh(self) -> None:
        try:
            status = os.stat(self._path)  # noqa: PTH116
            stamp = (status.st_mtime_ns, status.st_ino)
            if stamp != self._stamp:
                words = json.loads(self._path.read_text())
                self._keys = [str(words[name]).encode() for name in ("primary", "secondary") if words.get(name)]
                self._stamp = stamp
        except (OSError, ValueError, AttributeError):
            self._keys, self._stamp = [], None
