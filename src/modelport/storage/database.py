"""The catalogue of a workspace: one SQL database, opened in its newest form, with short and safe transactions.

SQLite in WAL mode is the default: readers never wait, writers take turns from their first statement on. Other engines
are a URL away; what only SQLite needs is in `_prepare_sqlite`.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event, exc

from modelport.errors import StorageError
from modelport.storage import tables
from modelport.storage.files import (
    NOT_WRITABLE_REMEDY,
    PRIVATE_FILE,
    disk_failing,
    is_full,
    locked_within,
    storage_failures,
)

BUSY_TIMEOUT_SECONDS = 60.0
"""How long a writer waits for its turn before `catalogue-locked`; a write takes milliseconds."""

_WRITES = "modelport_writes"


class Database:
    """An open catalogue: `reading()` and `writing()` give connections inside one transaction each."""

    def __init__(self, engine: sa.Engine, busy_timeout_seconds: float = BUSY_TIMEOUT_SECONDS) -> None:
        self._engine = engine
        self._busy_timeout_seconds = busy_timeout_seconds

    def __repr__(self) -> str:
        return f"Database({self._engine.url.render_as_string(hide_password=True)!r})"

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """A consistent view of the catalogue; raises `StorageError` if it cannot be read."""
        with self._translated(), self._engine.connect() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[sa.Connection]:
        """The only writer, from the first statement to the commit at the end of the block; an error undoes it all.

        Raises `StorageError` (`catalogue-locked` after the busy timeout, `disk-full`, `catalogue-damaged`).
        """
        with (
            self._translated(),
            self._turn(),
            self._engine.connect().execution_options(**{_WRITES: True}) as connection,
            connection.begin(),
        ):
            yield connection

    @contextmanager
    def kept_readable(self) -> Iterator[None]:
        """Inside the block the catalogue can be read without room on the disk, which SQLite needs to begin reading."""
        with self._translated(), self._engine.connect() as connection:
            connection.execute(sa.select(tables.alembic_version)).all()
            connection.rollback()  # the connection stays, and with it SQLite's index; nobody is held up by it
            yield

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """Queue for the right to write: SQLite's own waiting polls, so that many writers would starve some of them."""
        path = self._engine.url.database
        if self._engine.dialect.name != "sqlite" or not path:
            yield
            return
        with locked_within(Path(f"{path}.lock"), self._busy_timeout_seconds) as held:
            if not held:
                raise _locked(path, f"{path}.lock", self._busy_timeout_seconds)
            yield

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except exc.IntegrityError:
            raise  # a rule of the tables: its meaning is the caller's to tell
        except exc.DatabaseError as error:
            raise _storage_error(error, str(self._engine.url.database), self._busy_timeout_seconds) from error

    def schema_revision(self) -> str | None:
        """The number of the catalogue's form, or None if it has no tables yet; raises `StorageError`."""
        with self.reading() as connection:
            try:
                return connection.scalar(sa.select(tables.alembic_version.c.version_num))
            except exc.OperationalError as error:
                if "no such table" in str(error.orig):
                    return None
                raise
            except exc.ProgrammingError:
                return None

    def integrity_problems(self) -> tuple[str, ...]:
        """What the database says about its own pages and references: empty if all is well (SQLite alone is asked)."""
        if self._engine.dialect.name != "sqlite":
            return ()
        try:
            with self.reading() as connection:
                pages = connection.exec_driver_sql("PRAGMA integrity_check").scalars().all()
                broken = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
        except StorageError as error:
            return (error.message,)
        references = [f"row {row[1]} of table {row[0]} names a missing row of {row[2]}" for row in broken]
        return (*(str(page) for page in pages if page != "ok"), *references)


def sqlite_url(path: Path) -> sa.URL:
    """The URL of the SQLite database in the file `path`, whatever characters its name has."""
    return sa.URL.create("sqlite", database=str(path))


def open_database(
    url: str | sa.URL, *, must_exist: bool = False, busy_timeout_seconds: float = BUSY_TIMEOUT_SECONDS
) -> Database:
    """Open the catalogue at `url`, making or migrating its tables if needed; any number of processes may do so at once.

    With `must_exist` a catalogue that is missing or empty is damage: a new one in its place would let `fsck` take every
    model's files for leftovers. Raises `StorageError` (`catalogue-missing`, `catalogue-newer`, `catalogue-damaged`,
    `catalogue-locked`, `disk-full`).
    """
    parsed = sa.make_url(url)
    if parsed.get_backend_name() != "sqlite":
        return _in_newest_form(Database(sa.create_engine(parsed)))
    path = Path(str(parsed.database))
    # No pool: a connection costs 0.2 ms, and one that is kept would be shared by mistake across a fork.
    arguments = {"timeout": busy_timeout_seconds, "check_same_thread": False}
    engine = sa.create_engine(parsed, poolclass=sa.pool.NullPool, connect_args=arguments, **_as_it_is(path))
    _prepare_sqlite(engine)
    database = Database(engine, busy_timeout_seconds)
    revision = database.schema_revision() if path.exists() else None
    if revision == tables.HEAD_REVISION:
        return database
    if must_exist and revision is None:
        raise _missing(path)
    setup_lock = path.with_name(f"{path.name}.setup-lock")
    with locked_within(setup_lock, busy_timeout_seconds) as held:
        if not held:
            raise _locked(str(path), str(setup_lock), busy_timeout_seconds)
        _create_file(path, busy_timeout_seconds)
        return _in_newest_form(database)


def _as_it_is(path: Path) -> dict[str, Any]:
    """How to read a file on a file system that is mounted read-only, where SQLite cannot make the files that it reads
    beside writers with: nobody writes there. Nothing for any other file."""
    if not (path.exists() and hasattr(os, "statvfs") and os.statvfs(path).f_flag & os.ST_RDONLY):
        return {}
    if path.with_name(f"{path.name}-wal").exists():
        return {}  # whoever wrote last was killed: what it wrote is there, and can be read with it
    address = f"{path.absolute().as_uri()}?immutable=1"
    return {"creator": lambda: sqlite3.connect(address, uri=True, check_same_thread=False)}


def _prepare_sqlite(engine: sa.Engine) -> None:
    @event.listens_for(engine, "connect")
    def configure(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # the driver must not begin or commit by itself; `begin` below does
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA synchronous = FULL")  # a committed model survives a loss of power

    @event.listens_for(engine, "begin")
    def begin(connection: sa.Connection) -> None:
        # Taking the write lock at once: a transaction that reads first and writes later cannot wait, only fail.
        writes = connection.get_execution_options().get(_WRITES, False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _create_file(path: Path, busy_timeout_seconds: float) -> None:
    with storage_failures(path):
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, PRIVATE_FILE))
    try:
        with contextlib.closing(sqlite3.connect(path, timeout=busy_timeout_seconds)) as connection:
            connection.execute("PRAGMA journal_mode = WAL")  # remembered in the file; needs it for itself alone
    except sqlite3.DatabaseError as error:
        raise _storage_error(error, str(path), busy_timeout_seconds) from error


def _in_newest_form(database: Database) -> Database:
    revision = database.schema_revision()
    if revision == tables.HEAD_REVISION:
        return database
    if revision is not None:
        from modelport.storage.migrate import upgrade

        with database.writing() as connection:
            upgrade(connection, revision)
        return database
    with database.writing() as connection:
        tables.metadata.create_all(connection, checkfirst=False)
        connection.execute(tables.alembic_version.insert().values(version_num=tables.HEAD_REVISION))
    return database


def _locked(path: str, held_file: str, seconds: float) -> StorageError:
    return StorageError(
        "catalogue-locked",
        f"The catalogue {path!r} was being written by another process for more than {seconds:g} s; "
        "nothing was changed.",
        f"See who holds it (fuser -v '{held_file}'), let that process go on or end it, and try again.",
    )


def _missing(path: Path) -> StorageError:
    how = "is empty" if path.exists() else "does not exist"
    return StorageError(
        "catalogue-missing",
        f"The catalogue {str(path)!r} {how}, although its workspace is there.",
        "Restore the file from a backup; the contents of the models lie beside it in 'blobs' and are not touched.",
    )


def _storage_error(error: Exception, path: str, busy_timeout_seconds: float) -> StorageError:
    cause = str(getattr(error, "orig", None) or error)
    if "locked" in cause or "busy" in cause:
        return _locked(path, path, busy_timeout_seconds)
    if "full" in cause or (("disk I/O error" in cause or "unable to open" in cause) and is_full(Path(path).parent)):
        return StorageError(
            "disk-full",
            f"There is no space left for the catalogue {path!r} ({cause}).",
            "Free space there (see: df -h), or set MODELPORT_HOME to a larger disk; nothing was changed.",
        )
    if "disk I/O error" in cause:
        return disk_failing(path, cause)
    if "readonly" in cause or ("unable to open" in cause and not Path(path).is_dir()):
        return StorageError(
            "home-not-writable",
            f"The catalogue {path!r} cannot be opened for writing ({cause}).",
            NOT_WRITABLE_REMEDY,
        )
    return StorageError(
        "catalogue-damaged",
        f"The catalogue {path!r} cannot be used ({cause}).",
        "Keep a copy of the file, then restore it from a backup; the contents of the models lie beside it in 'blobs' "
        "and are not touched.",
    )
