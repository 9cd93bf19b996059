"""Takes secrets out of what a builder prints, before anybody sees or keeps it (pure)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import unquote

HIDDEN = "***"
_CREDENTIALS = re.compile(r"(?<=://)(?P<user>[^/@\s:'\"]*)(?::(?P<password>[^/@\s'\"]*))?@")
_SHORTEST = 4  # to hide "a" wherever it stands would hide the log


class Masker:
    """Hides user names and passwords of URLs, and the secrets that it was told of, wherever they stand."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        words = {form for secret in secrets for form in (secret, unquote(secret)) if len(form) >= _SHORTEST}
        longest_first = sorted(words, key=len, reverse=True)
        self._known = re.compile("|".join(map(re.escape, longest_first))) if longest_first else None

    def __call__(self, text: str) -> str:
        """The text without secrets."""
        text = _CREDENTIALS.sub(f"{HIDDEN}@", text)
        return self._known.sub(HIDDEN, text) if self._known else text


def passwords_in(text: str) -> tuple[str, ...]:
    """The passwords (or, alone, the tokens) of the URLs in a text.

    >>> passwords_in("UV_INDEX=https://me:s3cret@host/simple")
    ('s3cret',)
    """
    found = (match["password"] or match["user"] for match in _CREDENTIALS.finditer(text))
    return tuple(word for word in found if word)
