"""Calls a service over HTTP, past every proxy."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from modelport.errors import ScoringError
from modelport.services.target import Call, Reply

if TYPE_CHECKING:
    from urllib3 import HTTPConnectionPool
    from urllib3.exceptions import HTTPError

_CONNECT_SECONDS = 5.0
_EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - names what is listened on, opens nothing


def post(name: str, endpoint: tuple[str, int], call: Call, certificate: Path | None = None) -> Reply:
    """Send one request, without retries; a service with a `certificate` is spoken to by TLS, and must have that very
    one, whatever name it bears. Raises `ScoringError` (`service-unreachable`, `scoring-timeout`)."""
    import urllib3

    host, port = endpoint
    if not port:
        raise _unreachable(name, "it has no port yet")
    with _pool(_EVERYWHERE.get(host, host), port, certificate) as pool:
        try:
            timeout = urllib3.Timeout(connect=_CONNECT_SECONDS, read=call.timeout_seconds)
            answer = pool.urlopen(
                "POST", call.path, body=call.body, headers=dict(call.headers), timeout=timeout, redirect=False
            )
        except urllib3.exceptions.ReadTimeoutError as error:
            raise ScoringError(
                "scoring-timeout",
                f"Service '{name}' did not answer within {call.timeout_seconds:g} s.",
                "Raise scoring_timeout_ms, make run() faster, or give the call more time.",
            ) from error
        except urllib3.exceptions.HTTPError as error:
            raise _unreachable(name, _words(error)) from error
        return Reply(answer.status, {key.lower(): value for key, value in answer.headers.items()}, answer.data)


def _pool(host: str, port: int, certificate: Path | None) -> HTTPConnectionPool:
    import urllib3

    if certificate is None:
        return urllib3.HTTPConnectionPool(host, port, maxsize=1, retries=False)
    import ssl

    context = ssl.create_default_context(cafile=str(certificate))
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN  # this certificate itself is what is trusted
    context.check_hostname = False
    return urllib3.HTTPSConnectionPool(
        host, port, maxsize=1, retries=False, ssl_context=context, assert_hostname=False
    )


def _words(error: HTTPError) -> str:
    return str(error).rpartition(": ")[2] or type(error).__name__


def _unreachable(name: str, why: str) -> ScoringError:
    return ScoringError(
        "service-unreachable",
        f"Service '{name}' cannot be reached: {why}.",
        f"See what it is doing: modelport service show {name}",
    )
