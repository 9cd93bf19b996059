"""A registry as the OCI distribution specification has it: tags, manifests, blobs, referrers.

Images themselves go through the engine (`transfer.py`); this client asks and tells everything around them.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import quote

from modelport.errors import ModelportError, NotFoundError, ProtocolError
from modelport.images.registries import errors as trouble
from modelport.images.registries.credentials import CredentialStore
from modelport.images.registries.errors import Attempt, attempt_on
from modelport.images.registries.http import Answer, Ask, RegistryConnection
from modelport.images.registries.reference import Reference

OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
OCI_INDEX = "application/vnd.oci.image.index.v1+json"
DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
DOCKER_LIST = "application/vnd.docker.distribution.manifest.list.v2+json"
_ACCEPT = ", ".join((OCI_MANIFEST, DOCKER_MANIFEST, OCI_INDEX, DOCKER_LIST))
_PAGE, _MOST_PAGES = 1000, 100


@dataclass(frozen=True)
class Manifest:
    """One manifest as the registry keeps it: its digest is that of `body`."""

    digest: str
    media_type: str
    body: bytes

    @cached_property
    def content(self) -> dict[str, Any]:
        """The manifest as JSON."""
        return dict(json.loads(self.body))

    @property
    def descriptor(self) -> dict[str, Any]:
        """How other manifests refer to this one."""
        return {"mediaType": self.media_type, "digest": self.digest, "size": len(self.body)}

    @property
    def layers(self) -> tuple[tuple[str, int], ...]:
        """Digest and compressed size in bytes of each layer; none for an index of several platforms."""
        return tuple((str(layer["digest"]), int(layer["size"])) for layer in self.content.get("layers", ()))


class OciRegistry:
    """One registry; every method may raise `registry-unauthorized`, `-denied`, `-unreachable`, `-certificate`,
    `-plain-http`, `-rate-limited` and `-failed`."""

    def __init__(self, connection: RegistryConnection) -> None:
        self._connection = connection

    def __repr__(self) -> str:
        return f"OciRegistry({self._connection.registry!r})"

    def check_login(self) -> str:
        """Ask the registry whether it lets us in; returns whose login it took ("" where it wants none)."""
        attempt = Attempt("reach", self._connection.registry, self._connection.registry)
        self._connection.checked(Ask("GET", "/v2/", ""), attempt)
        return self._connection.credentials.words if self._connection.credentials else ""

    def check_right(self, reference: Reference, verb: str) -> None:
        """Ask whether we may `verb` ("push" or "pull") there; raises the registry's refusal if not."""
        attempt = attempt_on(verb, reference)
        if verb == "pull":
            self.find_manifest(reference)
            return
        scope = _scope(reference.repository, "pull,push")
        started = self._connection.checked(
            Ask("POST", f"/v2/{reference.repository}/blobs/uploads/", scope), attempt, (202,)
        )
        with suppress(ModelportError):  # many may push and not delete; the registry forgets it by itself later
            self._connection.call(Ask("DELETE", started.headers.get("location", ""), scope), attempt)

    def tags(self, repository: str) -> tuple[str, ...]:
        """The tags of a repository, sorted; raises `NotFoundError` (`repository-not-found`)."""
        attempt = Attempt("list the tags of", self._connection.registry, repository)
        found: set[str] = set()
        path = f"/v2/{repository}/tags/list?n={_PAGE}"
        for _ in range(_MOST_PAGES):
            answer = self._connection.checked(Ask("GET", path, _scope(repository, "pull")), attempt, (200, 404))
            if answer.status == 404:
                raise repository_not_found(self._connection.registry, repository)
            found.update(_json(answer, attempt).get("tags") or ())
            path = _next_page(answer.headers.get("link", ""))
            if not path:
                break
        return tuple(sorted(found))

    def manifest(self, reference: Reference) -> Manifest:
        """The manifest that a tag or digest names; raises `NotFoundError` (`tag-not-found`)."""
        found = self.find_manifest(reference)
        if found is not None:
            return found
        attempt = attempt_on("pull", reference, self._connection.credentials)
        try:
            tags = self.tags(reference.repository)
        except NotFoundError:
            tags = ()
        raise trouble.tag_not_found(attempt, reference, tags)

    def find_manifest(self, reference: Reference) -> Manifest | None:
        """The manifest that a tag or digest names, or None; raises `ProtocolError` (`registry-answer-damaged`)."""
        path = f"/v2/{reference.repository}/manifests/{reference.target}"
        ask = Ask("GET", path, _scope(reference.repository, "pull"), {"Accept": _ACCEPT})
        attempt = attempt_on("pull", reference)
        answer = self._connection.checked(ask, attempt, (200, 404))
        if answer.status == 404:
            return None
        digest = digest_of(answer.body)
        if reference.digest.startswith("sha256:") and reference.digest != digest:
            raise _damaged(attempt, f"what it sent has the digest {digest}")
        media_type = answer.headers.get("content-type", "").partition(";")[0]
        return Manifest(digest, str(_json(answer, attempt).get("mediaType") or media_type), answer.body)

    def put_manifest(self, reference: Reference, media_type: str, body: bytes) -> tuple[Manifest, Mapping[str, str]]:
        """Store a manifest under a tag or its digest; returns it with the headers of the answer."""
        path = f"/v2/{reference.repository}/manifests/{reference.target}"
        ask = Ask("PUT", path, _scope(reference.repository, "pull,push"), {"Content-Type": media_type}, body)
        answer = self._connection.checked(ask, attempt_on("push", reference), (200, 201, 202))
        return Manifest(digest_of(body), media_type, body), answer.headers

    def delete(self, reference: Reference) -> str:
        """Delete the manifest that a tag or digest names, with every tag of it; returns its digest.

        Raises `NotFoundError` (`tag-not-found`) and `UserError` (`registry-unsupported`: many registries do not allow
        it).
        """
        manifest = self.manifest(reference)
        path = f"/v2/{reference.repository}/manifests/{manifest.digest}"
        attempt = attempt_on("delete", reference)
        self._connection.checked(Ask("DELETE", path, _scope(reference.repository, "delete")), attempt, (200, 202))
        return manifest.digest

    def blob_size(self, repository: str, digest: str) -> int | None:
        """The size in bytes of a blob, or None where the repository does not have it."""
        attempt = Attempt("look for a layer in", self._connection.registry, repository)
        ask = Ask("HEAD", f"/v2/{repository}/blobs/{digest}", _scope(repository, "pull"))
        answer = self._connection.checked(ask, attempt, (200, 404))
        return None if answer.status == 404 else int(answer.headers.get("content-length", "0"))

    def blob(self, repository: str, digest: str) -> bytes:
        """The content of a small blob (up to 32 MB); raises `ProtocolError` (`registry-answer-damaged`)."""
        attempt = Attempt("read from", self._connection.registry, f"{repository}@{digest}")
        ask = Ask("GET", f"/v2/{repository}/blobs/{digest}", _scope(repository, "pull"))
        answer = self._connection.checked(ask, attempt)
        if digest_of(answer.body) != digest:
            raise _damaged(attempt, f"what it sent has the digest {digest_of(answer.body)}")
        return answer.body

    def put_blob(self, repository: str, content: bytes) -> str:
        """Store a small blob unless it is there already; returns its digest."""
        digest = digest_of(content)
        if self.blob_size(repository, digest) is not None:
            return digest
        attempt = Attempt("push to", self._connection.registry, repository)
        scope = _scope(repository, "pull,push")
        started = self._connection.checked(Ask("POST", f"/v2/{repository}/blobs/uploads/", scope), attempt, (202,))
        place = started.headers.get("location", "")
        path = f"{place}{'&' if '?' in place else '?'}digest={quote(digest, safe='')}"
        headers = {"Content-Type": "application/octet-stream"}
        self._connection.checked(Ask("PUT", path, scope, headers, content), attempt, (201, 202, 204))
        return digest

    def get(self, path: str, repository: str, accept: str) -> Answer:
        """A plain GET in the scope of one repository: 200 or 404."""
        attempt = Attempt("read from", self._connection.registry, repository)
        ask = Ask("GET", path, _scope(repository, "pull"), {"Accept": accept})
        return self._connection.checked(ask, attempt, (200, 400, 404, 405))


@contextmanager
def open_registry(registry: str, store: CredentialStore, *, insecure: bool | None = None) -> Iterator[OciRegistry]:
    """A registry for the length of a `with` block; `insecure` as in `RegistryConnection`."""
    connection = RegistryConnection(registry, store, insecure=insecure)
    try:
        yield OciRegistry(connection)
    finally:
        connection.close()


def digest_of(content: bytes) -> str:
    """The digest by which registries name a content: "sha256:…"."""
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def repository_not_found(registry: str, repository: str) -> NotFoundError:
    """The error for a repository that the registry does not have, or hides."""
    return NotFoundError(
        "repository-not-found",
        f"The registry '{registry}' has no repository '{repository}', or hides it from you.",
        "Check the name; if it is a private one, log in: docker login " + registry,
    )


def _scope(repository: str, actions: str) -> str:
    return f"repository:{repository}:{actions}"


def _next_page(link: str) -> str:
    """The path of the next page in a `Link` header, "" for none: only its path, so that nobody leads us elsewhere.

    >>> _next_page('</v2/a/tags/list?last=b&n=2>; rel="next"')
    '/v2/a/tags/list?last=b&n=2'
    """
    match = re.search(r"<(?:https?://[^/>]+)?(/[^>]*)>\s*;\s*rel=\"?next", link)
    return match[1] if match else ""


def _json(answer: Answer, attempt: Attempt) -> dict[str, Any]:
    try:
        words = json.loads(answer.body)
    except ValueError:
        words = None
    if not isinstance(words, dict):
        raise _damaged(attempt, "its answer is not a JSON object")
    return words


def _damaged(attempt: Attempt, why: str) -> ProtocolError:
    return ProtocolError(
        "registry-answer-damaged",
        f"The registry '{attempt.registry}' gave an answer that cannot be right, to {attempt.verb} '{attempt.object}':"
        f" {why}.",
        "Something between here and the registry may have changed it (a proxy, a portal): look at it with curl -v.",
    )
