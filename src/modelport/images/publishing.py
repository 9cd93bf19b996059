"""How images leave this machine and come back: registries, bills of materials, contexts for builds elsewhere."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

from modelport.environments.lock import Lock
from modelport.errors import ConflictError, UserError
from modelport.images import making
from modelport.images.build.kept_log import KeptLog, silent
from modelport.images.contents.packages import image_not_local, read_contents
from modelport.images.engine import CONTEXT_DIGEST_LABEL, ImageFacts, image_facts
from modelport.images.making import ImageParts
from modelport.images.record import LOG_FILE, ImageRecord
from modelport.images.registries.oci_registry import open_registry
from modelport.images.registries.reference import Reference, parse_reference
from modelport.images.registries.transfer import PushResult, pull, push
from modelport.images.sbom import Subject, attach_bill, bill_of_materials
from modelport.images.wish import ImageWish

_TITLE_LABEL = "org.opencontainers.image.title"
_VERSION_LABEL = "dev.modelport.version"
OnLine = Callable[[str], None]


def push_image(parts: ImageParts, built: ImageRecord, target: str, on_line: OnLine) -> PushResult:
    """Push a built image, and record where it is; raises as `ImageManager.push` does."""
    done = push(parts.engine(), built.image_id, _target(built, target), parts.credentials, on_line)
    parts.store.note(built, location=str(done.reference), digest=done.digest)
    return done


def _target(record: ImageRecord, target: str) -> Reference:
    """Where an image is pushed to: `target` itself if it names a repository, else the image's own name there."""
    if "/" in target:
        return parse_reference(target)
    return parse_reference(f"{target}/{record.reference.partition('/')[2]}")


def pull_image(parts: ImageParts, built: ImageRecord, on_line: OnLine) -> ImageRecord:
    """Bring a recorded image back into the engine; raises as `ImageManager.pull` does."""
    engine = parts.engine()
    if making.is_there(parts, built):
        on_line(f"The image {built.reference} is there already.")
        return built
    if not built.location:
        raise image_not_local(engine, built.reference)
    source = parse_reference(built.location).with_digest(built.digest)
    _, facts = _pulled(parts, source, on_line)
    engine.run(["tag", facts.id, built.reference])
    return parts.store.note(built, image_id=facts.id, size_bytes=facts.size_bytes)


def _pulled(parts: ImageParts, source: Reference, on_line: OnLine) -> tuple[str, ImageFacts]:
    """Pull; returns the digest in the registry, and what the engine says of the image."""
    engine = parts.engine()
    digest = pull(engine, source, parts.credentials, on_line)
    facts = image_facts(engine, str(source))
    if facts is None:
        raise image_not_local(engine, str(source))
    return digest, facts


def adopt_image(parts: ImageParts, reference: str, on_line: OnLine) -> ImageRecord:
    """Pull an image of no record and record it; raises as `ImageManager.adopt` does."""
    source = parse_reference(reference)
    digest, facts = _pulled(parts, source, on_line)
    title = facts.labels.get(_TITLE_LABEL, "")
    if not title or _VERSION_LABEL not in facts.labels:
        raise UserError(
            "image-not-of-modelport",
            f"The image '{source}' is in the engine now, but Modelport did not build it: it lacks the labels that "
            "tell its name and version.",
            "Build one on it instead: modelport image build NAME --entry-script score.py "
            f"--base-image {source}",
        )
    known = [record for record in parts.store.holding(facts.id) if record.name == title]
    return known[0] if known else _recorded(parts, source, digest, facts)


def _recorded(parts: ImageParts, source: Reference, digest: str, facts: ImageFacts) -> ImageRecord:
    """The record of an image that was built elsewhere, from what its labels say."""
    labels = facts.labels
    with parts.store.folders.drafted() as folder:
        KeptLog(folder / LOG_FILE, silent)(f"Pulled from {source} ({digest}); it was built elsewhere.")
        record = parts.store.add(ImageWish(labels[_TITLE_LABEL]), folder)
        parts.engine().run(["tag", facts.id, record.reference])
        location = str(source if source.tag else source.with_digest(digest))
        return parts.store.succeed(record, {
            "image_id": facts.id,
            "size_bytes": facts.size_bytes,
            "location": location,
            "digest": digest,
            "context_digest": labels.get(CONTEXT_DIGEST_LABEL, ""),
            "models": list(filter(None, labels.get("dev.modelport.models", "").split(","))),
            "details": {
                "lock_digest": labels.get("dev.modelport.lock-digest", ""), "modelport": labels[_VERSION_LABEL],
            },
        })  # fmt: skip


def bill_of(parts: ImageParts, built: ImageRecord) -> bytes:
    """The bill of materials of an image; without the lock of one that was built elsewhere."""
    contents = read_contents(parts.engine(), built.image_id)
    lock_file = built.directory / making.LOCK_FILE
    lock = Lock.from_json(json.loads(lock_file.read_bytes())) if lock_file.exists() else None
    subject = Subject(built.location or built.reference, built.digest, str(built.details.get("modelport", "")))
    return bill_of_materials(subject, contents, lock)


def attach(parts: ImageParts, built: ImageRecord, bill: bytes) -> str:
    """Attach a bill to a pushed image; raises as `ImageManager.attach_bill` does."""
    if not built.location:
        raise ConflictError(
            "image-not-pushed",
            f"Image '{built.full_name}' is in no registry, so that nothing can be attached to it there.",
            f"Push it first: modelport image push {built.full_name} --registry ADDRESS",
        )
    image = parse_reference(built.location).with_digest(built.digest)
    with open_registry(image.registry, parts.credentials) as registry:
        return attach_bill(registry, image, bill).digest


def save_context(found: ImageRecord, target: Path) -> Path:
    """Copy a kept context; raises as `ImageManager.save_context` does."""
    if target.exists() and not target.is_dir():
        raise UserError(
            "output-not-a-folder", f"The output path '{target}' is not a folder.", "Name a folder, new or not."
        )
    if not found.context.is_dir():
        raise UserError(
            "context-not-kept",
            f"'{found.full_name}' is an image, of which no build context is kept.",
            "Pull the image instead, or package with generate_dockerfile=True (--output-path).",
        )
    shutil.copytree(found.context, target, dirs_exist_ok=True)
    return target
