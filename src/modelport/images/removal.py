"""Deletes images: the record with its log, the names in the engine, and the base that only they were built on."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Set

from modelport.errors import ConflictError, EngineError, NotFoundError
from modelport.images import making
from modelport.images.engine import Engine, image_facts
from modelport.images.making import ImageParts
from modelport.images.record import ImageRecord
from modelport.images.wish import KINDS, ImageKind


def delete(parts: ImageParts, found: ImageRecord) -> None:
    """Delete an image; raises as `ImageManager.delete` does."""
    users = parts.users(found)
    if users:
        raise ConflictError(
            "image-in-use",
            f"Image '{found.full_name}' is run by {', '.join(repr(name) for name in users)}.",
            f"Update or delete the service first: modelport service delete {users[0]}",
        )
    parts.store.remove(found)
    _forget(parts, found, kept={name for each in parts.store.find() for name in _names(each)})


def unused(parts: ImageParts, *, every_kind: bool) -> list[ImageRecord]:
    """The images that no service runs. Those that a service which is being changed may need are left out: the ones made
    for it, and while any service is, all that were made by hand."""
    changing = set(parts.changing())
    kinds: tuple[ImageKind, ...] = KINDS if every_kind and not changing else ("service",)
    built = [record for record in parts.store.find() if record.state == "Succeeded" and record.kind in kinds]
    return [record for record in built if record.name not in changing and not parts.users(record)]


def prune(parts: ImageParts, records: Iterable[ImageRecord]) -> list[ImageRecord]:
    """Delete images, and return those that were: one that has come into use, or is gone, is passed over."""
    deleted = []
    for record in records:
        if record.name in parts.changing():
            continue
        with contextlib.suppress(ConflictError, NotFoundError):
            delete(parts, parts.store.again(record))
            deleted.append(record)
    return deleted


def forget_all(parts: ImageParts) -> None:
    """Take the names of all images out of the engine, and their layers where nothing else needs them."""
    for record in parts.store.find():
        _forget(parts, record)


def _names(record: ImageRecord) -> list[str]:
    """What the engine knows for the sake of an image: its names, and the base that was built for it."""
    own = [record.reference, record.location] if record.image_id else []
    kept = (making.ALSO_NAMED, making.OWN_BASE)
    return [name for name in (*own, *(str(record.details.get(key, "")) for key in kept)) if name]


def _forget(parts: ImageParts, record: ImageRecord, kept: Set[str] = frozenset()) -> None:
    """Take the names of an image out of the engine, but those in `kept`."""
    with contextlib.suppress(EngineError):  # without an engine there is nothing to forget
        engine = parts.engine()
        base = record.details.get(making.OWN_BASE)
        for name in _names(record):
            if name in kept:
                continue
            # A base is known by what it consists of; any other name may be another workspace's by now.
            if name == base or _id_of(engine, name) == record.image_id:
                engine.run(["image", "rm", name])
        facts = image_facts(engine, record.image_id) if record.image_id else None
        if facts is not None and not facts.tags and not facts.digests:  # another image has taken its last name
            engine.run(["image", "rm", facts.id])


def _id_of(engine: Engine, name: str) -> str:
    facts = image_facts(engine, name)
    return facts.id if facts else ""
