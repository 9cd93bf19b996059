"""The environments of a workspace: versions that never change, in the catalogue, with the curated ones beside them."""

from __future__ import annotations

import datetime
from dataclasses import dataclass

import sqlalchemy as sa

from modelport.environments.curated import curated, curated_names, is_reserved
from modelport.environments.environment import EnvironmentDefinition
from modelport.environments.wish import check_definition
from modelport.errors import NotFoundError, UserError, nearest
from modelport.storage.database import Database
from modelport.storage.tables import environments


@dataclass(frozen=True)
class RegisteredEnvironment:
    """A version of an environment; curated environments have version 1 and no date."""

    definition: EnvironmentDefinition
    version: int
    created_at: datetime.datetime | None = None

    @property
    def name(self) -> str:
        """The name that it is registered under."""
        return self.definition.name


class EnvironmentStore:
    """Registers and finds environments in the catalogue of one workspace."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def register(self, definition: EnvironmentDefinition) -> RegisteredEnvironment:
        """Keep a definition: as a new version if it differs from the newest one, else that one as it is.

        Raises `UserError` (`environment-name-reserved`, and what nobody could install), before anything is written.
        """
        if is_reserved(definition.name):
            raise UserError(
                "environment-name-reserved",
                f"The name '{definition.name}' is kept for curated environments.",
                "Choose another name, or clone the curated one: Environment.get(ws, NAME).clone('my-env')",
            )
        check_definition(definition)
        with self._database.writing() as connection:
            latest = connection.execute(_newest_of(definition.name)).first()
            if latest is not None and latest.digest == definition.digest:
                return _registered(latest)
            version = (latest.version if latest is not None else 0) + 1
            created = RegisteredEnvironment(definition, version, datetime.datetime.now(datetime.timezone.utc))
            connection.execute(environments.insert().values(_row(created)))
        return created

    def get(self, name: str, version: int | str | None = None) -> RegisteredEnvironment:
        """A version of an environment, or the newest one; a curated one by its name.

        Raises `NotFoundError` (`environment-not-found`, `environment-version-not-found`) with the nearest there is.
        """
        if not is_reserved(name):
            return self._kept(name, version)
        definition = curated(name)
        if definition is None or str(version or "1") != "1":
            raise self._missing(name, version, ["1"] if definition else [])
        return RegisteredEnvironment(definition, 1)

    def _kept(self, name: str, version: int | str | None) -> RegisteredEnvironment:
        with self._database.reading() as connection:
            rows = connection.execute(_versions_of(name)).all()
        found = [row for row in rows if version is None or str(row.version) == str(version)]
        if not found:
            raise self._missing(name, version, [str(row.version) for row in rows])
        return _registered(found[0])

    def _missing(self, name: str, version: int | str | None, versions: list[str]) -> NotFoundError:
        if versions:
            return NotFoundError(
                "environment-version-not-found",
                f"The environment '{name}' has no version {version!r}; it has: {', '.join(sorted(versions, key=int))}.",
                "Leave the version out for the newest one.",
            )
        known = [*self.names(), *curated_names()]
        return NotFoundError(
            "environment-not-found",
            f"There is no environment '{name}' in this workspace.",
            f"{nearest(name, known)} List them with: modelport environment list",
        )

    def versions(self, name: str) -> list[RegisteredEnvironment]:
        """Every version of an environment, newest first; empty if there is none."""
        with self._database.reading() as connection:
            return [_registered(row) for row in connection.execute(_versions_of(name))]

    def names(self) -> list[str]:
        """The names that were registered, sorted."""
        with self._database.reading() as connection:
            return list(connection.scalars(sa.select(environments.c.name).distinct().order_by(environments.c.name)))

    def list(self) -> dict[str, RegisteredEnvironment]:
        """The newest version of every environment by name, registered ones first, then the curated ones."""
        newest = sa.select(environments.c.name, sa.func.max(environments.c.version).label("version"))
        latest = newest.group_by(environments.c.name).subquery()
        both = (environments.c.name == latest.c.name) & (environments.c.version == latest.c.version)
        query = sa.select(environments).join(latest, both).order_by(environments.c.name)
        with self._database.reading() as connection:
            found = {row.name: _registered(row) for row in connection.execute(query)}
        return {**found, **{name: self.get(name) for name in curated_names()}}


def _versions_of(name: str) -> sa.Select[tuple[object, ...]]:
    return sa.select(environments).where(environments.c.name == name).order_by(environments.c.version.desc())


def _newest_of(name: str) -> sa.Select[tuple[object, ...]]:
    return _versions_of(name).limit(1)


def _row(created: RegisteredEnvironment) -> dict[str, object]:
    definition = created.definition
    return {
        "name": definition.name,
        "version": created.version,
        "definition": definition.to_json(),
        "digest": definition.digest,
        "created_at": created.created_at,
    }


def _registered(row: sa.Row[tuple[object, ...]]) -> RegisteredEnvironment:
    return RegisteredEnvironment(EnvironmentDefinition.from_json(row.definition), row.version, row.created_at)
