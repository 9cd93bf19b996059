"""The migrations and the tables say the same; an older or a newer catalogue is recognised."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy.pool import NullPool

from modelport.errors import StorageError
from modelport.storage import tables
from modelport.storage.database import open_database, sqlite_url
from modelport.storage.migrate import scripts, upgrade

_INDEX_SQL = "SELECT sql FROM sqlite_master WHERE type = 'index' AND tbl_name = :table ORDER BY name"


def form_of(connection: sa.Connection) -> dict[str, object]:
    """Columns, keys and indices of every table, in an order of their own."""
    inspector = sa.inspect(connection)
    return {
        name: (
            [(c["name"], str(c["type"]), c["nullable"]) for c in inspector.get_columns(name)],
            inspector.get_pk_constraint(name),
            inspector.get_foreign_keys(name),
            sorted((str(i["name"]), i["column_names"], i["unique"]) for i in inspector.get_indexes(name)),
            [index_sql for (index_sql,) in connection.execute(sa.text(_INDEX_SQL), {"table": name})],
        )
        for name in sorted(inspector.get_table_names())
    }


def test_the_migrations_make_exactly_the_tables(tmp_path: Path) -> None:
    migrated = sa.create_engine(sqlite_url(tmp_path / "migrated.db"), poolclass=NullPool)
    with migrated.begin() as connection:
        upgrade(connection, None)
        differences = compare_metadata(MigrationContext.configure(connection), tables.metadata)
        by_migrations = form_of(connection)
    with open_database(sqlite_url(tmp_path / "direct.db")).reading() as connection:
        directly = form_of(connection)
    assert differences == []
    assert by_migrations == directly


def test_the_newest_migration_is_the_one_that_a_fresh_catalogue_is_stamped_with() -> None:
    assert scripts().get_current_head() == tables.HEAD_REVISION


def test_a_catalogue_of_a_newer_modelport_is_refused_and_left_alone(tmp_path: Path) -> None:
    url = sqlite_url(tmp_path / "catalog.db")
    with open_database(url).writing() as connection:
        connection.execute(tables.alembic_version.update().values(version_num="9999"))
    with pytest.raises(StorageError) as caught:
        open_database(url)
    assert caught.value.code == "catalogue-newer"
    assert "9999" in caught.value.message
    engine = sa.create_engine(url, poolclass=NullPool)
    with engine.connect() as connection:
        assert connection.scalar(sa.select(tables.alembic_version.c.version_num)) == "9999"


def test_alembic_is_not_imported_for_a_new_or_an_up_to_date_catalogue(tmp_path: Path, run_python) -> None:
    run_python(
        "import sys\n"
        "from modelport.storage.database import open_database\n"
        f"open_database('sqlite:///{tmp_path}/catalog.db')\n"
        f"open_database('sqlite:///{tmp_path}/catalog.db')\n"
        "raise SystemExit('alembic' in sys.modules)\n"
    )


def test_migrations_are_packaged_beside_the_code() -> None:
    folder = Path(sys.modules["modelport.storage.migrate"].__file__ or "").with_name("migrations") / "versions"
    assert [path.name for path in sorted(folder.glob("*.py"))] == [
        "0001_first_tables.py", "0002_images.py",
    ]  # fmt: skip
