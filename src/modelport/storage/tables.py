"""The tables of the catalogue. A change here needs a migration of its own: a test compares the two."""

from __future__ import annotations

import datetime
from typing import Any

import sqlalchemy as sa

HEAD_REVISION = "0002"
"""The migration that makes exactly these tables; a catalogue with this number is opened without Alembic."""


class UtcDateTime(sa.types.TypeDecorator[datetime.datetime]):
    """A moment in UTC: aware in Python, without a zone in the database (SQLite knows none)."""

    impl = sa.DateTime
    cache_ok = True

    def process_bind_param(
        self, value: datetime.datetime | None, dialect: sa.Dialect  # noqa: ARG002
    ) -> datetime.datetime | None:
        """Drop the zone after turning the moment into UTC."""
        return None if value is None else value.astimezone(datetime.timezone.utc).replace(tzinfo=None)

    def process_result_value(self, value: Any, dialect: sa.Dialect) -> datetime.datetime | None:  # noqa: ARG002
        """Say again that the moment is UTC."""
        return None if value is None else value.replace(tzinfo=datetime.timezone.utc)


metadata = sa.MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(referred_table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    }
)

# The schema's own number, in the table where Alembic keeps it.
alembic_version = sa.Table("alembic_version", metadata, sa.Column("version_num", sa.String(32), primary_key=True))

# One row per model name ever used: the number of the newest version, kept when versions are deleted, so that a
# number never means two things.
model_names = sa.Table(
    "model_names",
    metadata,
    sa.Column("name", sa.String(255), primary_key=True),
    sa.Column("last_version", sa.Integer, nullable=False),
)

models = sa.Table(
    "models",
    metadata,
    sa.Column("name", sa.String(255), primary_key=True),
    sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("root_name", sa.String(255), nullable=False),
    sa.Column("is_folder", sa.Boolean, nullable=False),
    sa.Column("digest", sa.String(64), nullable=False),
    sa.Column("size_bytes", sa.BigInteger, nullable=False),
    sa.Column("description", sa.Text, nullable=False),
    sa.Column("framework", sa.String(64), nullable=False),
    sa.Column("framework_version", sa.String(64), nullable=False),
    sa.Column("tags", sa.JSON, nullable=False),
    sa.Column("properties", sa.JSON, nullable=False),
    sa.Column("details", sa.JSON, nullable=False),
    sa.Column("run_id", sa.String(64), nullable=True, index=True),
    sa.Column("experiment_name", sa.String(64), nullable=True),
    sa.Column("created_by", sa.String(255), nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
)

# What a model version consists of; a folder without files is a row without a digest.
model_files = sa.Table(
    "model_files",
    metadata,
    sa.Column("model_name", sa.String(255), primary_key=True),
    sa.Column("model_version", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("path", sa.Text, primary_key=True),
    sa.Column("digest", sa.String(64), nullable=True, index=True),
    sa.Column("size_bytes", sa.BigInteger, nullable=False),
    sa.Column("is_executable", sa.Boolean, nullable=False),
    sa.ForeignKeyConstraint(
        ["model_name", "model_version"], ["models.name", "models.version"], ondelete="CASCADE"
    ),
)

environments = sa.Table(
    "environments",
    metadata,
    sa.Column("name", sa.String(255), primary_key=True),
    sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("definition", sa.JSON, nullable=False),
    sa.Column("digest", sa.String(64), nullable=False, index=True),
    sa.Column("created_at", UtcDateTime, nullable=False),
)

experiments = sa.Table(
    "experiments",
    metadata,
    sa.Column("name", sa.String(64), primary_key=True),
    sa.Column("id", sa.String(64), nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
)

runs = sa.Table(
    "runs",
    metadata,
    sa.Column("id", sa.String(64), primary_key=True),
    sa.Column("experiment_name", sa.String(64), sa.ForeignKey("experiments.name"), nullable=False, index=True),
    sa.Column("number", sa.Integer, nullable=False),
    sa.Column("status", sa.String(32), nullable=False),
    sa.Column("display_name", sa.String(255), nullable=False),
    sa.Column("tags", sa.JSON, nullable=False),
    sa.Column("properties", sa.JSON, nullable=False),
    sa.Column("outputs_directory", sa.Text, nullable=True),
    sa.Column("error", sa.Text, nullable=False),
    sa.Column("started_at", UtcDateTime, nullable=False),
    sa.Column("ended_at", UtcDateTime, nullable=True),
)

run_files = sa.Table(
    "run_files",
    metadata,
    sa.Column("run_id", sa.String(64), sa.ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("path", sa.Text, primary_key=True),
    sa.Column("digest", sa.String(64), nullable=False, index=True),
    sa.Column("size_bytes", sa.BigInteger, nullable=False),
)

run_metrics = sa.Table(
    "run_metrics",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("run_id", sa.String(64), sa.ForeignKey("runs.id", ondelete="CASCADE"), nullable=False, index=True),
    sa.Column("name", sa.String(255), nullable=False),
    sa.Column("kind", sa.String(16), nullable=False),
    sa.Column("value", sa.JSON, nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
)

secrets = sa.Table(
    "secrets",
    metadata,
    sa.Column("name", sa.String(127), primary_key=True),
    sa.Column("token", sa.Text, nullable=False),
    sa.Column("content_type", sa.String(255), nullable=True),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("updated_at", UtcDateTime, nullable=False),
)

services = sa.Table(
    "services",
    metadata,
    sa.Column("id", sa.String(64), primary_key=True),
    sa.Column("name", sa.String(64), nullable=False),
    sa.Column("target_kind", sa.String(32), nullable=False),
    sa.Column("spec", sa.JSON, nullable=False),
    sa.Column("desired_replicas", sa.Integer, nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("updated_at", UtcDateTime, nullable=False),
    sa.Column("deleted_at", UtcDateTime, nullable=True),
    # A name belongs to one living service; a deleted one keeps its row (and its event record) beside the new one.
    sa.Index(
        "uq_services_name_living",
        "name",
        unique=True,
        sqlite_where=sa.text("deleted_at IS NULL"),
        postgresql_where=sa.text("deleted_at IS NULL"),
    ),
)

# Which versions a service serves. No foreign key to `models`: a deleted service must not hold a model for ever.
service_models = sa.Table(
    "service_models",
    metadata,
    sa.Column("service_id", sa.String(64), sa.ForeignKey("services.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("model_name", sa.String(255), primary_key=True),
    sa.Column("model_version", sa.Integer, primary_key=True, autoincrement=False),
    sa.Index("ix_service_models_model", "model_name", "model_version"),
)

# As `model_names`, for images: versions count on per name, whatever kind of image it is.
image_names = sa.Table(
    "image_names",
    metadata,
    sa.Column("name", sa.String(255), primary_key=True),
    sa.Column("last_version", sa.Integer, nullable=False),
)

# One row per image that was asked for, also while it is built and when that failed. `reference` is its name in the
# engine, `location` its name in the registry that it was pushed to; `builder_pid` the process that builds or built it.
images = sa.Table(
    "images",
    metadata,
    sa.Column("id", sa.String(64), primary_key=True),
    sa.Column("name", sa.String(255), nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("kind", sa.String(16), nullable=False),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("reference", sa.Text, nullable=False),
    sa.Column("location", sa.Text, nullable=False),
    sa.Column("image_id", sa.String(80), nullable=False),
    sa.Column("digest", sa.String(80), nullable=False),
    sa.Column("size_bytes", sa.BigInteger, nullable=False),
    sa.Column("context_digest", sa.String(64), nullable=False, index=True),
    sa.Column("models", sa.JSON, nullable=False),
    sa.Column("tags", sa.JSON, nullable=False),
    sa.Column("properties", sa.JSON, nullable=False),
    sa.Column("description", sa.Text, nullable=False),
    sa.Column("details", sa.JSON, nullable=False),
    sa.Column("error", sa.JSON, nullable=False),
    sa.Column("builder_pid", sa.Integer, nullable=False),
    sa.Column("created_by", sa.String(255), nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("ended_at", UtcDateTime, nullable=True),
    sa.UniqueConstraint("name", "version"),
)
