"""Attaches a document (a bill of materials) to an image in a registry, and finds what is attached.

Registries that know referrers (OCI distribution 1.1) list them by themselves; for older ones the specification's
fallback is kept: an index under the tag `sha256-<digest>` of the image.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from modelport.images.registries.oci_registry import OCI_INDEX, OCI_MANIFEST, Manifest, OciRegistry, digest_of
from modelport.images.registries.reference import Reference

_EMPTY_TYPE, _EMPTY = "application/vnd.oci.empty.v1+json", b"{}"


@dataclass(frozen=True)
class Attachment:
    """A document to attach: `artifact_type` says what it is, `annotations` stand beside it for people."""

    artifact_type: str
    content: bytes = field(repr=False)
    annotations: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Referrer:
    """One manifest that refers to an image."""

    digest: str
    artifact_type: str
    size_bytes: int
    annotations: Mapping[str, str] = field(default_factory=dict)


def fallback_tag(digest: str) -> str:
    """The tag under which older registries keep the list of an image's referrers.

    >>> fallback_tag("sha256:" + "a" * 4)
    'sha256-aaaa'
    """
    return digest.replace(":", "-", 1)[:128]


def attachment_manifest(subject: Mapping[str, Any], attachment: Attachment) -> bytes:
    """The manifest that ties a document to its subject: the same inputs give the same bytes."""
    layer = {
        "mediaType": attachment.artifact_type,
        "digest": digest_of(attachment.content),
        "size": len(attachment.content),
    }
    words = {
        "schemaVersion": 2,
        "mediaType": OCI_MANIFEST,
        "artifactType": attachment.artifact_type,
        "config": {"mediaType": _EMPTY_TYPE, "digest": digest_of(_EMPTY), "size": len(_EMPTY)},
        "layers": [layer],
        "subject": dict(subject),
        "annotations": dict(sorted(attachment.annotations.items())),
    }
    return json.dumps(words, separators=(",", ":")).encode()


def attach(registry: OciRegistry, image: Reference, attachment: Attachment) -> Referrer:
    """Attach a document to an image that the registry has; attaching the same one again changes nothing.

    Raises `NotFoundError` (`tag-not-found`) and what the registry's refusals raise.
    """
    subject = registry.manifest(image)
    for content in (_EMPTY, attachment.content):
        registry.put_blob(image.repository, content)
    body = attachment_manifest(subject.descriptor, attachment)
    reference = image.with_digest(digest_of(body))
    manifest, answered = registry.put_manifest(reference, OCI_MANIFEST, body)
    if "oci-subject" not in answered:  # it did not notice the subject: the list is kept by us
        _list_by_tag(registry, image.with_tag(fallback_tag(subject.digest)), _entry(manifest, attachment))
    return Referrer(manifest.digest, attachment.artifact_type, len(body), attachment.annotations)


def _entry(manifest: Manifest, attachment: Attachment) -> dict[str, Any]:
    annotations = dict(sorted(attachment.annotations.items()))
    return {**manifest.descriptor, "artifactType": attachment.artifact_type, "annotations": annotations}


def _list_by_tag(registry: OciRegistry, tag: Reference, entry: Mapping[str, Any]) -> None:
    present = registry.find_manifest(tag)
    listed = list(present.content.get("manifests", ())) if present else []
    if any(other.get("digest") == entry["digest"] for other in listed):
        return
    words = {"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": [*listed, entry]}
    registry.put_manifest(tag, OCI_INDEX, json.dumps(words, separators=(",", ":")).encode())


def referrers(registry: OciRegistry, image: Reference, artifact_type: str = "") -> tuple[Referrer, ...]:
    """What is attached to an image (of one type, if given), in the registry's order."""
    digest = registry.manifest(image).digest
    answer = registry.get(f"/v2/{image.repository}/referrers/{digest}", image.repository, OCI_INDEX)
    index = _index(answer.body) if answer.status == 200 else None
    if index is None:
        present = registry.find_manifest(image.with_tag(fallback_tag(digest)))
        index = present.content if present else {}
    found = tuple(_referrer(entry) for entry in index.get("manifests") or ())
    return tuple(one for one in found if not artifact_type or one.artifact_type == artifact_type)


def _index(body: bytes) -> dict[str, Any] | None:
    """The index in an answer; None for a registry that answers 200 to any path."""
    try:
        words = json.loads(body)
    except ValueError:
        return None
    return words if isinstance(words, dict) and isinstance(words.get("manifests"), list) else None


def _referrer(entry: Mapping[str, Any]) -> Referrer:
    annotations = entry.get("annotations") or {}
    return Referrer(
        str(entry["digest"]), str(entry.get("artifactType", "")), int(entry.get("size", 0)), dict(annotations)
    )


def attached(registry: OciRegistry, image: Reference, artifact_type: str) -> bytes | None:
    """The newest document of one type that is attached to an image, or None."""
    found = referrers(registry, image, artifact_type)
    if not found:
        return None
    layers = registry.manifest(image.with_digest(found[-1].digest)).layers
    return registry.blob(image.repository, layers[0][0]) if layers else None
