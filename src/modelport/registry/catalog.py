"""The catalogue of models: versions are registered, found, given out, described and deleted here."""

from __future__ import annotations

import datetime
import os
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from modelport.errors import ConflictError, NotFoundError, nearest
from modelport.naming import MODEL
from modelport.registry import archive, delivery
from modelport.registry.artifacts import ArtifactStore, remove_tree
from modelport.registry.labels import add_properties, check_framework, check_labels
from modelport.registry.model import (
    Blob,
    Contents,
    ModelChange,
    ModelFile,
    ModelQuery,
    ModelVersion,
    Origin,
    Registration,
)
from modelport.registry.references import collect_unreferenced, storing
from modelport.registry.survey import Source, survey
from modelport.storage.database import Database
from modelport.storage.files import storage_failures
from modelport.storage.tables import model_files, model_names, models, service_models, services

SettleServices = Callable[[Sequence[str]], None]
"""Brings the records of the services named up to date: one whose update was killed may hold models that it dropped."""


def _settled_already(_: Sequence[str]) -> None:
    """There are no services whose records could be behind."""
    return


class ModelRegistry:
    """The registered models of one workspace.

    `author` is noted as the one who registered a version; `settle` is asked before a deletion is refused.
    """

    def __init__(
        self, database: Database, artifacts: ArtifactStore, author: str = "", settle: SettleServices = _settled_already
    ) -> None:
        self._database = database
        self._artifacts = artifacts
        self._author = author
        self._settle = settle

    def register(
        self,
        path: Path,
        registration: Registration,
        *,
        child_paths: Sequence[str | os.PathLike[str]] | None = None,
        unpack: bool = False,
    ) -> ModelVersion:
        """Register the file or folder at `path` as the next version of a name; absent or complete at every moment.

        A file keeps its name; a folder keeps its base name as top level, restricted to `child_paths` if given. An
        archive is stored as the file it is, unless `unpack` asks for its contents as a folder.
        Raises `UserError` (`name-invalid`, `model-path-missing`, `model-path-refused`, `child-path-invalid`,
        `archive-refused`, `labels-invalid`, `framework-invalid`) before anything is stored; `StorageError`.
        """
        registration = _checked(registration)
        if not unpack:
            source = survey(path, child_paths)
            with storing(self._database, self._artifacts):
                return self.register_contents(self._store(source), registration, None)
        archive_source = survey(path)
        if archive_source.is_folder:
            raise archive.refused(path, "it is a folder")
        name = archive.stem(path)
        with storing(self._database, self._artifacts):
            scratch = self._artifacts.scratch()
            try:
                source = survey(_unpacked(path, scratch / name), child_paths)
                return self.register_contents(self._store(source), registration, None)
            finally:
                remove_tree(scratch)

    def _store(self, source: Source) -> Contents:
        files = [
            ModelFile(file.path, self._artifacts.put(file.location) if file.location else None, file.is_executable)
            for file in source.files
        ]
        return Contents(source.root_name, source.is_folder, tuple(files))

    def register_contents(
        self, contents: Contents, registration: Registration, origin: Origin | None
    ) -> ModelVersion:
        """Register contents that the store already holds; only inside its `writing()`. Raises as `register` does."""
        registration = _checked(registration)
        row = {
            "root_name": contents.root_name,
            "is_folder": contents.is_folder,
            "digest": contents.digest,
            "size_bytes": contents.size_bytes,
            **{field: getattr(registration, field) for field in ("name", "description", "framework")},
            "framework_version": registration.framework_version,
            "tags": dict(registration.tags),
            "properties": dict(registration.properties),
            "details": dict(registration.details),
            "run_id": origin.run_id if origin else None,
            "experiment_name": origin.experiment_name if origin else None,
            "created_by": self._author,
            "created_at": datetime.datetime.now(datetime.timezone.utc),
        }
        with self._database.writing() as connection:
            row["version"] = _next_version(connection, registration.name)
            connection.execute(models.insert().values(row))
            connection.execute(model_files.insert(), _file_rows(registration.name, row["version"], contents.files))
        return _to_model(row)

    def find(self, query: ModelQuery | None = None) -> list[ModelVersion]:
        """Every version that matches, by name, the newest version first; none is no error."""
        query = query or ModelQuery()
        statement = sa.select(models).order_by(models.c.name, models.c.version.desc())
        for column in ("name", "version", "run_id", "framework"):
            wanted = getattr(query, column)
            if wanted is not None:
                statement = statement.where(models.c[column] == wanted)
        with self._database.reading() as connection:
            found = [_to_model(row._mapping) for row in connection.execute(statement)]
        matching = [model for model in found if query.matches_labels(model.tags, model.properties)]
        if not query.latest:
            return matching
        newest: dict[str, ModelVersion] = {}
        for model in matching:
            newest.setdefault(model.name, model)
        return list(newest.values())

    def get(self, name: str, version: int | None = None) -> ModelVersion:
        """One version, the newest if none is given; raises `NotFoundError` (`model-not-found`)."""
        return self.newest(ModelQuery(name=name, version=version))

    def newest(self, query: ModelQuery) -> ModelVersion:
        """The newest version that matches; raises `NotFoundError` (`model-not-found`)."""
        found = self.find(query)
        if found:
            return max(found, key=lambda model: (model.version, model.created_at))
        raise self._not_found(query)

    def _not_found(self, query: ModelQuery) -> NotFoundError:
        versions = [str(model.version) for model in self.find(ModelQuery(name=query.name))] if query.name else []
        if versions:
            shown = ", ".join(versions[:10]) + (f" and {len(versions) - 10} more" if len(versions) > 10 else "")
            hint = f"Versions of {query.name!r}: {shown}."
        else:
            hint = nearest(query.name or "", [model.name for model in self.find(ModelQuery(latest=True))][:50])
        return NotFoundError(
            "model-not-found",
            f"No registered model has {query.words()}. {hint}".rstrip(),
            "List the models: modelport model list",
        )

    def contents(self, model: ModelVersion) -> Contents:
        """The files of a version, in the order of their paths; raises `NotFoundError` once it is deleted."""
        statement = (
            sa.select(model_files)
            .where(model_files.c.model_name == model.name, model_files.c.model_version == model.version)
            .order_by(model_files.c.path)
        )
        with self._database.reading() as connection:
            rows = connection.execute(statement).all()
        if not rows:
            raise self._not_found(ModelQuery(name=model.name, version=model.version))
        files = (
            ModelFile(row.path, Blob(row.digest, row.size_bytes) if row.digest else None, row.is_executable)
            for row in rows
        )
        return Contents(model.root_name, model.is_folder, tuple(files))

    def download(self, model: ModelVersion, target_directory: Path, *, exist_ok: bool = False) -> Path:
        """Copy the model into `target_directory`, for the caller to own, and return the path of its file or folder.

        Raises `ConflictError` (`download-exists`), `StorageError` (`blob-damaged`, `disk-full`).
        """
        return delivery.download(self._artifacts, self.contents(model), target_directory, exist_ok=exist_ok)

    def place(self, model: ModelVersion, into: Path) -> Path:
        """Make `into/<name>/<version>/<file or folder>`, read-only, for a service; return the last path.

        What is there already is left as it is. Raises `StorageError` (`blob-damaged`, `disk-full`).
        """
        return delivery.place(self._artifacts, self.contents(model), into / model.name / str(model.version))

    def update(self, model: ModelVersion, change: ModelChange) -> ModelVersion:
        """Change a version's words and return it as it is now, whoever changed what in the meantime.

        Raises `NotFoundError` (`model-not-found`), `ConflictError` (`properties-immutable`), `UserError`.
        """
        with self._database.writing() as connection:
            row = connection.execute(sa.select(models).where(_is(model))).mappings().first()
            if row is not None:
                values = _changed(_to_model(row), change)
                connection.execute(models.update().where(_is(model)).values(values))
                return _to_model({**row, **values})
        raise self._not_found(ModelQuery(name=model.name, version=model.version))

    def delete(self, model: ModelVersion) -> None:
        """Delete a version, and its files unless something else consists of them; its number is never used again.

        Raises `ConflictError` (`model-in-use`) while a service serves it, `NotFoundError` (`model-not-found`).
        """
        with self._database.reading() as connection:
            users = _services_with(connection, model)
        if users:
            self._settle(users)
        with self._database.writing() as connection:
            users = _services_with(connection, model)
            if users:
                raise ConflictError(
                    "model-in-use",
                    f"Model '{model.id}' is served by {', '.join(repr(name) for name in users)}.",
                    f"Update or delete the service first: modelport service delete {users[0]}",
                )
            deleted = connection.execute(models.delete().where(_is(model))).rowcount
        if not deleted:
            raise self._not_found(ModelQuery(name=model.name, version=model.version))
        collect_unreferenced(self._database, self._artifacts, wait=False)


def _checked(registration: Registration) -> Registration:
    MODEL.check(registration.name)
    framework, framework_version = check_framework(registration.framework, registration.framework_version)
    return Registration(
        registration.name,
        registration.description,
        framework,
        framework_version,
        check_labels("tags", registration.tags),
        check_labels("properties", registration.properties),
        dict(registration.details),
    )


def _unpacked(path: Path, target: Path) -> Path:
    """Unpack into `target`; where the archive holds one folder alone, that folder is the model's."""
    with storage_failures(target):
        target.mkdir()
        archive.unpack(path, target)
    inside = list(target.iterdir())
    return inside[0] if len(inside) == 1 and inside[0].is_dir() else target


def _next_version(connection: sa.Connection, name: str) -> int:
    """Count on; the write transaction lets nobody else count in between, and takes the number back if it fails."""
    last = connection.scalar(sa.select(model_names.c.last_version).where(model_names.c.name == name))
    if last is None:
        connection.execute(model_names.insert().values(name=name, last_version=1))
        return 1
    connection.execute(model_names.update().where(model_names.c.name == name).values(last_version=last + 1))
    return int(last) + 1


def _file_rows(name: str, version: int, files: Iterable[ModelFile]) -> list[dict[str, object]]:
    return [
        {
            "model_name": name,
            "model_version": version,
            "path": file.path,
            "digest": file.blob.digest if file.blob else None,
            "size_bytes": file.blob.size_bytes if file.blob else 0,
            "is_executable": file.is_executable,
        }
        for file in files
    ]


def _is(model: ModelVersion) -> sa.ColumnElement[bool]:
    return sa.and_(models.c.name == model.name, models.c.version == model.version)


def _changed(model: ModelVersion, change: ModelChange) -> dict[str, Any]:
    tags = dict(model.tags) if change.tags is None else check_labels("tags", change.tags)
    removed = set(change.remove_tags)
    kept = {key: value for key, value in tags.items() if key not in removed}
    return {
        "description": model.description if change.description is None else change.description,
        "tags": {**kept, **check_labels("tags", change.add_tags)},
        "properties": add_properties(model.properties, check_labels("properties", change.add_properties)),
        "details": {**model.details, **change.details},
    }


def _services_with(connection: sa.Connection, model: ModelVersion) -> list[str]:
    statement = (
        sa.select(services.c.name)
        .join(service_models, service_models.c.service_id == services.c.id)
        .where(services.c.deleted_at.is_(None))
        .where(service_models.c.model_name == model.name, service_models.c.model_version == model.version)
        .order_by(services.c.name)
    )
    return list(connection.scalars(statement))


def _to_model(row: Any) -> ModelVersion:
    fields = {key: row[key] for key in ModelVersion.__dataclass_fields__ if key != "origin"}
    origin = Origin(row["run_id"], row["experiment_name"]) if row["run_id"] else None
    return ModelVersion(**fields, origin=origin)
