"""Brings an older catalogue into the newest form; imported only when there is something to bring."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.script.revision import RevisionError

from modelport.errors import StorageError
from modelport.storage import tables

_SCRIPTS = Path(__file__).with_name("migrations")


def scripts() -> ScriptDirectory:
    """The migrations that this version of Modelport knows."""
    return ScriptDirectory(str(_SCRIPTS))


def upgrade(connection: sa.Connection, revision: str | None) -> None:
    """Run every migration after `revision` (None: all of them) inside the connection's transaction.

    Raises `StorageError` (`catalogue-newer`) if `revision` is not one of ours.
    """
    try:
        steps = list(scripts().iterate_revisions("head", revision or "base"))
    except RevisionError as error:
        raise StorageError(
            "catalogue-newer",
            f"The catalogue {str(connection.engine.url.database)!r} has the form {revision!r}, which this version of "
            f"Modelport does not know (newest known: {tables.HEAD_REVISION!r}); it was left as it is.",
            "Run: pip install --upgrade modelport   or set MODELPORT_HOME to another home for this version.",
        ) from error
    with Operations.context(MigrationContext.configure(connection)):
        for step in reversed(steps):
            step.module.upgrade()
    connection.execute(tables.alembic_version.delete())
    connection.execute(tables.alembic_version.insert().values(version_num=tables.HEAD_REVISION))
