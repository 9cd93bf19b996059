"""What a registry's refusal means: from its HTTP answer, or from what an engine printed (pure)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass

from modelport.errors import ModelportError, NotFoundError, UserError, nearest
from modelport.images.registries.credentials import Credentials
from modelport.images.registries.reference import Reference

_PROOF_LINES = 3


@dataclass(frozen=True)
class Attempt:
    """What was tried: the `verb` ("push", "pull", "list the tags of" …), on what, as whom."""

    verb: str
    registry: str
    object: str
    credentials: Credentials | None = None

    @property
    def login(self) -> str:
        """Who asked, for messages."""
        return f"as {self.credentials.words}" if self.credentials else "without a login"


def attempt_on(verb: str, reference: Reference, credentials: Credentials | None = None) -> Attempt:
    """The attempt to `verb` one image."""
    return Attempt(verb, reference.registry, str(reference), credentials)


def unauthorized(attempt: Attempt, said: str = "") -> UserError:
    """The registry does not know who asks."""
    why = f" ({said})" if said else ""
    if attempt.credentials is None:
        return UserError(
            "registry-unauthorized",
            f"The registry '{attempt.registry}' wants a login to {attempt.verb} '{attempt.object}', and none was"
            f" found{why}.",
            f"Log in: docker login {attempt.registry}; or give the registry's username and password (a secret).",
        )
    return UserError(
        "registry-unauthorized",
        f"The registry '{attempt.registry}' refuses the login of {attempt.credentials.words},"
        f" also after logging in again: could not {attempt.verb} '{attempt.object}'{why}.",
        f"Renew that password or token where it came from, or log in again: docker login {attempt.registry}",
    )


def denied(attempt: Attempt, said: str = "") -> UserError:
    """The registry knows who asks, and does not let them."""
    why = f" ({said})" if said else ""
    return UserError(
        "registry-denied",
        f"The registry '{attempt.registry}' does not let you {attempt.verb} '{attempt.object}' {attempt.login}{why}.",
        f"Ask its owner for the right to {attempt.verb}, or use another account: docker login {attempt.registry}. Check"
        " the name, too: some registries say this of a repository that does not exist.",
    )


def unreachable(attempt: Attempt, said: str) -> ModelportError:
    """Nobody answers at the registry's address."""
    return ModelportError(
        "registry-unreachable",
        f"The registry '{attempt.registry}' cannot be reached to {attempt.verb} '{attempt.object}': {said}.",
        f"Check the address and the network (HTTPS_PROXY, NO_PROXY): curl -v https://{attempt.registry}/v2/",
    )


def certificate(attempt: Attempt, said: str) -> ModelportError:
    """The registry's certificate is not trusted here."""
    return ModelportError(
        "registry-certificate",
        f"The certificate of the registry '{attempt.registry}' is not accepted: {said}.",
        "Give its authority to the engine and to Modelport alike, as"
        f" /etc/docker/certs.d/{attempt.registry}/ca.crt, and check the machine's clock.",
    )


def plain_http(attempt: Attempt) -> ModelportError:
    """The registry speaks HTTP where HTTPS is expected."""
    return ModelportError(
        "registry-plain-http",
        f"The registry '{attempt.registry}' speaks plain HTTP, over which no password is sent.",
        "Give the registry a certificate; or, in a network that you trust, list it under 'insecure-registries' in the"
        " engine's daemon.json.",
    )


def rate_limited(attempt: Attempt, retry_after: str = "") -> ModelportError:
    """The registry has had enough of us for now."""
    wait = f"Wait {retry_after} s" if retry_after.isdigit() else "Wait"
    return ModelportError(
        "registry-rate-limited",
        f"The registry '{attempt.registry}' lets no more requests through {attempt.login} for now: could not"
        f" {attempt.verb} '{attempt.object}'.",
        f"{wait} and try again; a login often has a higher limit: docker login {attempt.registry}",
    )


def tag_not_found(attempt: Attempt, reference: Reference, tags: Iterable[str] = ()) -> NotFoundError:
    """The repository has no such tag or digest, or there is no such repository."""
    target = f"digest '{reference.digest}'" if reference.digest else f"tag '{reference.tag}'"
    hint = "" if reference.digest else nearest(reference.tag, list(tags)[:50])
    return NotFoundError(
        "tag-not-found",
        f"The registry '{attempt.registry}' has no {target} in '{reference.repository}', or hides it from you"
        f" ({attempt.login}). {hint}".rstrip(),
        f"Check the name, log in as who may see it (docker login {attempt.registry}), or push the image first.",
    )


def unsupported(attempt: Attempt) -> UserError:
    """The registry does not offer this operation."""
    return UserError(
        "registry-unsupported",
        f"The registry '{attempt.registry}' is set up not to {attempt.verb} '{attempt.object}'.",
        "Do it in the registry's own console, or have its operator allow it (for deletion: storage.delete.enabled).",
    )


def failed(attempt: Attempt, said: str) -> ModelportError:
    """Anything else that a registry or an engine said."""
    return ModelportError(
        "registry-failed",
        f"Could not {attempt.verb} '{attempt.object}' {attempt.login}: {said or 'no reason was given'}",
        "Try again; if it stays, the log of the registry (or of the engine) tells more.",
    )


def said_by(body: bytes) -> str:
    """The codes and messages in the body of a registry's error, "" where there are none.

    >>> said_by(b'{"errors":[{"code":"DENIED","message":"no push right"}]}')
    'DENIED: no push right'
    """
    try:
        errors = json.loads(body)["errors"]
        return "; ".join(f"{entry.get('code', '')}: {entry.get('message', '')}".strip(": ") for entry in errors)[:500]
    except (ValueError, KeyError, TypeError, AttributeError):
        return ""


def of_status(attempt: Attempt, status: int, body: bytes, retry_after: str = "") -> ModelportError:
    """The error for an HTTP answer of a registry that is neither success nor "not found"."""
    said = said_by(body)
    if status == 401:
        return unauthorized(attempt, said)
    if status == 403:
        return denied(attempt, said)
    if status == 429:
        return rate_limited(attempt, retry_after)
    if status == 405 or "UNSUPPORTED" in said:
        return unsupported(attempt)
    return failed(attempt, f"HTTP {status}" + (f" ({said})" if said else ""))


# What a client prints while all is well: layer ids and names in it must not be taken for signs.
_PROGRESS = re.compile(
    r"^(?:[0-9a-f]{12,64}: |The push refers to|Using default tag|Digest: |Status: |Trying to pull|Getting image"
    r"|Copying (?:blob|config)|Writing manifest|\S+: Pulling from )"
)
# Signs in what is left of the output, tried in this order: the first that is found decides.
_UNREACHABLE = re.compile(
    r"connection refused|no such host|i/o timeout|handshake timeout|connection reset|network is unreachable"
    r"|no route to host|Client\.Timeout|context deadline exceeded|server misbehaving|unexpected EOF"
)
_CERTIFICATE = re.compile(r"x509: [^\n]*|certificate (?:signed by|has expired|is not valid)[^\n]*")
_PLAIN = re.compile(r"server gave HTTP response to HTTPS client")
_LIMITED = re.compile(r"toomanyrequests|429 Too Many|rate limit", re.IGNORECASE)
_MISSING = re.compile(r"manifest unknown|name unknown|manifest for \S+ not found|not found: manifest")
_DENIED = re.compile(r"\bdenied\b|insufficient_scope|403 Forbidden", re.IGNORECASE)
_UNAUTHORIZED = re.compile(
    r"unauthorized|no basic auth credentials|authentication required|incorrect username or password"
    r"|status(?: code)?:? 401\b",
    re.IGNORECASE,
)
_FULL = re.compile(r"no space left on device")


def complaints(output: str, reference: Reference) -> str:
    """What a client printed beside its progress, without the image's own name: that may hold any word."""
    lines = [line.strip() for line in output.splitlines() if line.strip() and not _PROGRESS.match(line.strip())]
    said = "\n".join(lines)
    for name in (reference.name, f"v2/{reference.repository}/", f"for {reference.repository},", reference.registry):
        said = said.replace(name, "IMAGE")
    return said


def classified(output: str, reference: Reference) -> str:
    """One word for why an engine's push or pull failed, "" for none that is known.

    >>> image = Reference("r.example", "team/denied", "1")
    >>> classified("Get https://r.example/v2/team/denied/tags: dial tcp: lookup r.example: no such host", image)
    'unreachable'
    """
    said = complaints(output, reference)
    signs = (
        ("full", _FULL),
        ("plain-http", _PLAIN),
        ("certificate", _CERTIFICATE),
        ("limited", _LIMITED),
        ("missing", _MISSING),
        ("denied", _DENIED),
        ("unauthorized", _UNAUTHORIZED),
        ("unreachable", _UNREACHABLE),
    )
    return next((word for word, sign in signs if sign.search(said)), "")


def of_output(attempt: Attempt, reference: Reference, output: str) -> ModelportError:
    """The error for what an engine's client printed when its push or pull failed."""
    proof = _last_lines(complaints(output, reference))
    kind = classified(output, reference)
    if kind == "full":
        return failed(attempt, f"{proof}. The engine's disk is full: docker system df; docker system prune")
    if kind == "missing":
        return tag_not_found(attempt, reference)
    if kind == "plain-http":
        return plain_http(attempt)
    makers = {
        "certificate": certificate,
        "denied": denied,
        "unauthorized": unauthorized,
        "unreachable": unreachable,
    }
    if kind == "limited":
        return rate_limited(attempt)
    return makers.get(kind, failed)(attempt, proof)


def _last_lines(output: str) -> str:
    return " / ".join(output.splitlines()[-_PROOF_LINES:])[:600].rstrip(".")
