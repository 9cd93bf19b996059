"""HTTP with one registry: the way there, logging in, and logging in again once when a token has expired."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

from modelport.images.registries import errors as trouble
from modelport.images.registries.auth import (
    Challenge,
    may_send_secrets,
    parse_challenge,
    token_of,
    token_request,
)
from modelport.images.registries.credentials import Credentials, CredentialStore
from modelport.images.registries.errors import Attempt
from modelport.images.registries.reference import DEFAULT_REGISTRY, is_loopback

if TYPE_CHECKING:
    import urllib3

_CONNECT_SECONDS, _READ_SECONDS = 10.0, 60.0
_MOST_BYTES = 32 * 1024 * 1024
_CERTIFICATES = Path("/etc/docker/certs.d")
_DEFAULT_REGISTRY_HOST = "registry-1.docker.io"


@dataclass(frozen=True)
class Ask:
    """One request: `scope` as the distribution's token rules write it ("repository:team/churn:pull")."""

    method: str
    path: str
    scope: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None


@dataclass(frozen=True)
class Answer:
    """What the registry answered; header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class RegistryConnection:
    """Talks to one registry as whoever its credential store says.

    `insecure` allows plain HTTP and unchecked certificates (default: for this machine's own addresses alone, as
    engines do). A 401 to a request that bore a login asks the store and the token service anew, once.
    """

    def __init__(self, registry: str, store: CredentialStore, *, insecure: bool | None = None) -> None:
        self.registry = registry
        self._store = store
        self._insecure = is_loopback(registry) if insecure is None else insecure
        self._base = ""
        self._pool: urllib3.PoolManager | None = None
        self._authorization: dict[str, str] = {}
        self.credentials: Credentials | None = None

    def __repr__(self) -> str:
        return f"RegistryConnection({self.registry!r})"

    def call(self, ask: Ask, attempt: Attempt) -> Answer:
        """The answer to one request, 4xx and 5xx included, after logging in where that is asked for.

        Raises `UserError` (`registry-unauthorized`, `registry-denied`) and `ModelportError` (`registry-unreachable`,
        `registry-certificate`, `registry-plain-http`).
        """
        answer = self._send(ask, attempt, self._authorization.get(ask.scope, ""))
        for _ in range(2):  # the first login, and one more in case that what it used had just expired
            if answer.status != 401:
                return answer
            used = self._authorization.pop(ask.scope, "")
            self._log_in(ask, answer, attempt)
            if used and used == self._authorization.get(ask.scope):
                break
            answer = self._send(ask, attempt, self._authorization.get(ask.scope, ""))
        if answer.status == 401:
            known = "insufficient_scope" in answer.headers.get("www-authenticate", "")
            refusal = trouble.denied if known and self.credentials else trouble.unauthorized
            raise refusal(self._as_who(attempt), trouble.said_by(answer.body))
        return answer

    def checked(self, ask: Ask, attempt: Attempt, accepted: tuple[int, ...] = (200,)) -> Answer:
        """Like `call`, and raises the error of any status that is not in `accepted`."""
        answer = self.call(ask, attempt)
        if answer.status in accepted:
            return answer
        after = answer.headers.get("retry-after", "")
        raise trouble.of_status(self._as_who(attempt), answer.status, answer.body, after)

    def close(self) -> None:
        """Close the open connections."""
        if self._pool is not None:
            self._pool.clear()

    def _as_who(self, attempt: Attempt) -> Attempt:
        return Attempt(attempt.verb, attempt.registry, attempt.object, self.credentials)

    def _log_in(self, ask: Ask, refusal: Answer, attempt: Attempt) -> None:
        challenge = parse_challenge(refusal.headers.get("www-authenticate", ""))
        self.credentials = self._store.find(self.registry)
        if challenge.scheme == "bearer":
            self._authorization[ask.scope] = f"Bearer {self._token(challenge, ask.scope, attempt)}"
        elif challenge.scheme == "basic" and self.credentials is not None:
            self._authorization[ask.scope] = self.credentials.basic
        else:
            raise trouble.unauthorized(self._as_who(attempt), trouble.said_by(refusal.body))

    def _token(self, challenge: Challenge, scope: str, attempt: Attempt) -> str:
        if not may_send_secrets(challenge.realm, over_https=self._base.startswith("https")):
            raise trouble.failed(attempt, f"it wants a token from '{challenge.realm}', which is not https.")
        request = token_request(challenge, scope, self.credentials)
        host = urlsplit(challenge.realm).netloc
        answer = self._exchange(request.method, request.url, dict(request.headers), request.body.encode() or None)
        if isinstance(answer, Exception):
            at_service = Attempt(attempt.verb, host, attempt.object)
            raise _connection_error(at_service, answer)
        if answer.status in (400, 401, 403):
            raise trouble.unauthorized(self._as_who(attempt), trouble.said_by(answer.body))
        token = token_of(answer.body)
        if answer.status != 200 or not token:
            raise trouble.failed(attempt, f"the token service '{host}' answered {answer.status} without a token.")
        return token

    def _send(self, ask: Ask, attempt: Attempt, authorization: str) -> Answer:
        host = _DEFAULT_REGISTRY_HOST if self.registry == DEFAULT_REGISTRY else self.registry
        bases = (self._base,) if self._base else tuple(f"{s}://{host}" for s in self._schemes())
        problem: Exception = OSError("no address")
        for base in bases:
            url = urljoin(f"{base}/", ask.path)
            ours = urlsplit(url).netloc == urlsplit(base).netloc  # an upload may lead elsewhere: no password goes there
            headers = {**ask.headers, **({"Authorization": authorization} if authorization and ours else {})}
            result = self._exchange(ask.method, url, headers, ask.body)
            if isinstance(result, Answer):
                self._base = base
                return result
            problem = result
        raise _connection_error(attempt, problem) from None

    def _schemes(self) -> tuple[str, ...]:
        return ("https", "http") if self._insecure else ("https",)

    def _exchange(self, method: str, url: str, headers: dict[str, str], body: bytes | None) -> Answer | Exception:
        from urllib3.exceptions import HTTPError

        try:
            response = self._manager().request(method, url, headers=headers, body=body, preload_content=False)
            try:
                content = response.read(_MOST_BYTES + 1)
            finally:
                response.release_conn()
        except HTTPError as error:
            return error
        if len(content) > _MOST_BYTES:
            return OSError(f"its answer is larger than {_MOST_BYTES} bytes")
        return Answer(response.status, {key.lower(): value for key, value in response.headers.items()}, content)

    def _manager(self) -> urllib3.PoolManager:
        if self._pool is None:
            import urllib3

            options: dict[str, Any] = {
                "timeout": urllib3.Timeout(connect=_CONNECT_SECONDS, read=_READ_SECONDS),
                "retries": urllib3.Retry(connect=0, read=0, status=0, other=0, redirect=5, raise_on_status=False),
                "ssl_context": self._trust(),
                "headers": {"User-Agent": "modelport"},
            }
            proxy = proxy_for(self.registry, self._store.environ)
            self._pool = urllib3.ProxyManager(proxy, **options) if proxy else urllib3.PoolManager(**options)
        return self._pool

    def _trust(self) -> ssl.SSLContext:
        context = ssl.create_default_context()
        bundle = self._store.environ.get("SSL_CERT_FILE", "")
        own = sorted((_CERTIFICATES / self.registry).glob("*.crt"))
        for file in (*([Path(bundle)] if bundle else []), *own):
            if file.is_file():
                context.load_verify_locations(file)
        if self._insecure:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        return context


def proxy_for(registry: str, environ: Mapping[str, str]) -> str:
    """The proxy on the way to `registry`, "" for none; this machine's own addresses are never behind one."""
    if is_loopback(registry):
        return ""
    proxy = environ.get("HTTPS_PROXY") or environ.get("https_proxy") or ""
    exempt = environ.get("NO_PROXY") or environ.get("no_proxy") or ""
    return "" if _is_exempt(registry, exempt) else proxy


def _is_exempt(registry: str, exempt: str) -> bool:
    """Whether NO_PROXY names the registry: itself, with or without its port, a domain that it is in, or "*".

    >>> _is_exempt("r.internal.example:5000", "localhost,.internal.example")
    True
    """
    host = registry.rpartition(":")[0] if registry.rpartition(":")[2].isdigit() else registry
    words = [word.strip().lstrip("*").lstrip(".").lower() for word in exempt.split(",") if word.strip()]
    return any(
        not word or word in (registry.lower(), host.lower()) or host.lower().endswith(f".{word}") for word in words
    )


def _connection_error(attempt: Attempt, error: Exception) -> Exception:
    """The error for a request that got no answer, by what the connection said."""
    words = str(getattr(error, "reason", None) or error)
    if "WRONG_VERSION_NUMBER" in words or "record layer failure" in words:
        return trouble.plain_http(attempt)
    if "CERTIFICATE_VERIFY_FAILED" in words or "SSLCertVerificationError" in words or "hostname mismatch" in words:
        return trouble.certificate(attempt, _last_part(words))
    return trouble.unreachable(attempt, _last_part(words))


def _last_part(words: str) -> str:
    """What is wrong, without the object that urllib3 puts in front of it."""
    return words.rpartition("object at 0x")[2].partition(">: ")[2].rstrip(".") or words[:300].rstrip(".")
