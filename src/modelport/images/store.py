"""Keeps the records of images: their rows in the catalogue.

A build whose process has died reads as Failed (`image-build-interrupted`), whoever looks.
"""

from __future__ import annotations

import datetime
import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from modelport.errors import ConflictError, DeploymentError, ModelportError, NotFoundError, nearest
from modelport.images.failure import words_of
from modelport.images.folders import ImageFolders
from modelport.images.record import ImageChange, ImageQuery, ImageRecord, ImageState
from modelport.images.wish import ImageWish
from modelport.naming import image_reference
from modelport.registry.labels import add_properties, check_labels
from modelport.storage.database import Database
from modelport.storage.tables import image_names, images


class ImageStore:
    """The recorded images of the workspace `workspace_name`; `author` is noted as the one who asked for an image."""

    def __init__(self, database: Database, folders: ImageFolders, workspace_name: str, author: str = "") -> None:
        self.folders = folders
        self._database = database
        self._workspace_name = workspace_name
        self._author = author

    # -- a build's life ----------------------------------------------------------------------------------------------

    def add(self, wish: ImageWish, folder: Path) -> ImageRecord:
        """Record that this process builds an image in the drafted `folder`, as the next version of its name."""
        row: dict[str, Any] = {
            "id": folder.name,
            "name": wish.name,
            "kind": wish.kind,
            "state": "Running",
            **dict.fromkeys(("location", "image_id", "digest", "context_digest"), ""),
            "size_bytes": 0,
            "models": [model.id for model in wish.models],
            "tags": check_labels("tags", wish.labels.tags),
            "properties": check_labels("properties", wish.labels.properties),
            "description": wish.labels.description,
            "details": dict(wish.labels.details),
            "error": {},
            "builder_pid": os.getpid(),
            "created_by": self._author,
            "created_at": _now(),
            "ended_at": None,
        }
        with self._database.writing() as connection:
            row["version"] = _next_version(connection, wish.name)
            row["reference"] = image_reference(self._workspace_name, wish.name, row["version"])
            connection.execute(images.insert().values(row))
        return self._record(row)

    def succeed(self, record: ImageRecord, found: Mapping[str, Any]) -> ImageRecord:
        """Record the end of a build that went well, with what is known of the image (columns by name)."""
        return self._write(record, {**found, "state": "Succeeded", "ended_at": _now()})

    def fail(self, record: ImageRecord, state: ImageState, error: ModelportError) -> ImageRecord:
        """Record how a build ended that made no image."""
        return self._write(record, {"state": state, "error": words_of(error), "ended_at": _now()})

    def note(self, record: ImageRecord, **values: Any) -> ImageRecord:
        """Record more about an image (columns by name): where it was pushed to, its context digest."""
        return self._write(record, values)

    def _write(self, record: ImageRecord, values: Mapping[str, Any]) -> ImageRecord:
        with self._database.writing() as connection:
            connection.execute(images.update().where(images.c.id == record.id).values(values))
            row = connection.execute(sa.select(images).where(images.c.id == record.id)).mappings().first()
        if row is None:
            raise self._not_found(ImageQuery(record.name, record.version))
        return self._record(row)

    # -- questions ---------------------------------------------------------------------------------------------------

    def find(self, query: ImageQuery | None = None) -> list[ImageRecord]:
        """Every record that matches, by name, the newest version first; none is no error."""
        query = query or ImageQuery()
        statement = sa.select(images).order_by(images.c.name, images.c.version.desc())
        for column in ("name", "version", "kind"):
            wanted = getattr(query, column)
            if wanted is not None:
                statement = statement.where(images.c[column] == wanted)
        with self._database.reading() as connection:
            found = [self._record(row) for row in connection.execute(statement).mappings()]
        return [record for record in found if query.matches(record)]

    def newest(self, query: ImageQuery) -> ImageRecord:
        """The newest version that matches; raises `NotFoundError` (`image-not-found`)."""
        found = self.find(query)
        if found:
            return max(found, key=lambda record: (record.version, record.created_at))
        raise self._not_found(query)

    def get(self, name: str, version: int | None = None) -> ImageRecord:
        """One version, the newest if none is given; raises `NotFoundError` (`image-not-found`)."""
        return self.newest(ImageQuery(name, version))

    def again(self, record: ImageRecord) -> ImageRecord:
        """The same record as it is now; raises `NotFoundError` (`image-not-found`) once it is deleted."""
        found = self.by_id(record.id)
        if found is None:
            raise self._not_found(ImageQuery(record.name, record.version))
        return found

    def by_id(self, image_id: str) -> ImageRecord | None:
        """The record with this id, or None."""
        with self._database.reading() as connection:
            row = connection.execute(sa.select(images).where(images.c.id == image_id)).mappings().first()
        return None if row is None else self._record(row)

    def equal(self, wish: ImageWish, context_digest: str) -> list[ImageRecord]:
        """Records of images of the same name and kind that were built from the same context, the newest first."""
        found = self.find(ImageQuery(wish.name, kind=wish.kind))
        return [record for record in found if record.state == "Succeeded" and record.context_digest == context_digest]

    def holding(self, image_id: str) -> list[ImageRecord]:
        """The records whose image is the engine's image `image_id`."""
        with self._database.reading() as connection:
            rows = connection.execute(sa.select(images).where(images.c.image_id == image_id)).mappings()
            return [self._record(row) for row in rows]

    def _not_found(self, query: ImageQuery) -> NotFoundError:
        versions = [str(record.version) for record in self.find(ImageQuery(query.name))] if query.name else []
        if versions:
            shown = ", ".join(versions[:10]) + (f" and {len(versions) - 10} more" if len(versions) > 10 else "")
            hint = f"Versions of {query.name!r}: {shown}."
        else:
            hint = nearest(query.name or "", list(dict.fromkeys(record.name for record in self.find()))[:50])
        return NotFoundError(
            "image-not-found",
            f"No recorded image has {query.words()}. {hint}".rstrip(),
            "List the images: modelport image list",
        )

    def _record(self, row: Any) -> ImageRecord:
        fields = {key: row[key] for key in ImageRecord.__dataclass_fields__ if key != "directory"}
        fields["models"] = tuple(row["models"])
        record = ImageRecord(**fields, directory=self.folders.directory / row["id"])
        return record if record.has_ended or self.folders.is_building(record.id) else _interrupted(record)

    # -- words, deletion ----------------------------------------------------------------------------------------

    def update(self, record: ImageRecord, change: ImageChange) -> ImageRecord:
        """Change tags, add properties; raises `UserError` (`labels-invalid`), `ConflictError`, `NotFoundError`."""
        with self._database.writing() as connection:
            row = connection.execute(sa.select(images).where(images.c.id == record.id)).mappings().first()
            if row is not None:
                values = _changed(row, change)
                connection.execute(images.update().where(images.c.id == record.id).values(values))
                return self._record({**row, **values})
        raise self._not_found(ImageQuery(record.name, record.version))

    def remove(self, record: ImageRecord) -> None:
        """Delete a record and its folder; its number is never used again.

        Raises `ConflictError` (`image-being-built`), `NotFoundError` (`image-not-found`).
        """
        if not self.again(record).has_ended:
            raise ConflictError(
                "image-being-built",
                f"Image '{record.full_name}' is being built by process {record.builder_pid}.",
                "Wait for its end, or end that process; then delete it.",
            )
        with self._database.writing() as connection:
            deleted = connection.execute(images.delete().where(images.c.id == record.id)).rowcount
        if not deleted:
            raise self._not_found(ImageQuery(record.name, record.version))
        self.folders.remove(record.id)

    # -- leftovers -----------------------------------------------------------------------------------------------------

    def abandoned(self, *, remove: bool = False) -> tuple[str, ...]:
        """What builds left that were killed; `remove` takes it away and settles the records of such builds."""
        records = self.find()
        left = self.folders.abandoned({record.id for record in records}, remove=remove)
        for record in records if remove else ():
            if record.error.get("code") == "image-build-interrupted":
                self._write(record, {"state": record.state, "error": dict(record.error)})
        return left


def _next_version(connection: sa.Connection, name: str) -> int:
    """Count on; the write transaction lets nobody else count in between, and takes the number back if it fails."""
    last = connection.scalar(sa.select(image_names.c.last_version).where(image_names.c.name == name))
    if last is None:
        connection.execute(image_names.insert().values(name=name, last_version=1))
        return 1
    connection.execute(image_names.update().where(image_names.c.name == name).values(last_version=last + 1))
    return int(last) + 1


def _changed(row: Any, change: ImageChange) -> dict[str, Any]:
    tags = dict(row["tags"]) if change.tags is None else check_labels("tags", change.tags)
    removed = set(change.remove_tags)
    kept = {key: value for key, value in tags.items() if key not in removed}
    return {
        "tags": {**kept, **check_labels("tags", change.add_tags)},
        "properties": add_properties(row["properties"], check_labels("properties", change.add_properties)),
    }


def _interrupted(record: ImageRecord) -> ImageRecord:
    error = DeploymentError(
        "image-build-interrupted",
        f"The process {record.builder_pid} that built image '{record.full_name}' ended before the build did.",
        "Build it again: what the build had made is still in the engine's cache.",
        step="build",
    )
    return replace(record, state="Failed", error=words_of(error))


def _now() -> datetime.datetime:
    return datetime.datetime.now(datetime.timezone.utc)
