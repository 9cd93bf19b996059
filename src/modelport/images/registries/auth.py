"""The challenge of a registry, and what is asked of its token service (pure)."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

from modelport.images.registries.credentials import Credentials

_CLIENT = "modelport"
_PARAMETER = re.compile(r'([A-Za-z_]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))')


@dataclass(frozen=True)
class Challenge:
    """What a 401 asks for: `scheme` is "basic", "bearer" or another word; the rest belongs to bearer."""

    scheme: str
    realm: str = ""
    service: str = ""
    scope: str = ""


@dataclass(frozen=True)
class TokenRequest:
    """One call of a token service; headers and body hold secrets and do not show."""

    method: str
    url: str
    headers: tuple[tuple[str, str], ...]
    body: str

    def __repr__(self) -> str:
        return f"TokenRequest({self.method} {self.url.partition('?')[0]})"


def parse_challenge(header: str) -> Challenge:
    """The challenge in a `WWW-Authenticate` header.

    >>> parse_challenge('Bearer realm="https://auth.example/token",service="r.example",scope="repository:a:pull"')
    Challenge(scheme='bearer', realm='https://auth.example/token', service='r.example', scope='repository:a:pull')
    """
    scheme, _, rest = header.strip().partition(" ")
    found = {
        match[1].lower(): re.sub(r"\\(.)", r"\1", match[2]) if match[2] is not None else match[3]
        for match in _PARAMETER.finditer(rest)
    }
    return Challenge(scheme.lower(), found.get("realm", ""), found.get("service", ""), found.get("scope", ""))


def may_send_secrets(realm: str, *, over_https: bool) -> bool:
    """Whether a token service may be given a password: over HTTPS, or if the registry itself came without it.

    >>> may_send_secrets("http://auth.example/token", over_https=True)
    False
    """
    parts = urlsplit(realm)
    return bool(parts.hostname) and (parts.scheme == "https" or (parts.scheme == "http" and not over_https))


def token_request(challenge: Challenge, scope: str, credentials: Credentials | None) -> TokenRequest:
    """The call that gets a token for `scope`: with an identity token if there is one, else name and password."""
    words = {"service": challenge.service, "scope": scope or challenge.scope}
    words = {key: value for key, value in words.items() if value}
    if credentials is not None and credentials.identity_token:
        form = {
            **words,
            "grant_type": "refresh_token",
            "client_id": _CLIENT,
            "refresh_token": credentials.identity_token,
        }
        content_type = ("Content-Type", "application/x-www-form-urlencoded")
        return TokenRequest("POST", challenge.realm, (content_type,), urlencode(form))
    headers = (("Authorization", credentials.basic),) if credentials else ()
    separator = "&" if "?" in challenge.realm else "?"
    query = f"{separator}{urlencode({**words, 'client_id': _CLIENT})}"
    return TokenRequest("GET", challenge.realm + query, headers, "")


def token_of(body: bytes) -> str:
    """The token in the answer of a token service, "" if there is none."""
    try:
        words = json.loads(body)
    except ValueError:
        return ""
    found = (words.get("token") or words.get("access_token")) if isinstance(words, dict) else ""
    return found if isinstance(found, str) else ""
