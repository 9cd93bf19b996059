"""What still names a stored content, and the removal of what nothing names."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import sqlalchemy as sa

from modelport.errors import StorageError
from modelport.registry.artifacts import ArtifactStore, remove_tree
from modelport.registry.model import Blob
from modelport.storage.database import Database
from modelport.storage.tables import model_files, run_files


def references(database: Database) -> dict[Blob, tuple[str, ...]]:
    """Each content that a row names, with who names it: `model diabetes:1: my_model.pkl`, `run 12ab: outputs/x`."""
    of_models = sa.select(
        model_files.c.digest, model_files.c.size_bytes, model_files.c.model_name, model_files.c.model_version,
        model_files.c.path,
    ).where(model_files.c.digest.is_not(None))
    of_runs = sa.select(run_files.c.digest, run_files.c.size_bytes, run_files.c.run_id, run_files.c.path)
    found: dict[Blob, list[str]] = defaultdict(list)
    with database.reading() as connection:
        for digest, size, name, version, path in connection.execute(of_models):
            found[Blob(digest, size)].append(f"model {name}:{version}: {path}")
        for digest, size, run_id, path in connection.execute(of_runs):
            found[Blob(digest, size)].append(f"run {run_id}: {path}")
    return {blob: tuple(users) for blob, users in found.items()}


@contextmanager
def storing(database: Database, artifacts: ArtifactStore) -> Iterator[None]:
    """As `artifacts.writing()`; if the block fails, what it stored for nothing is removed again, on a full disk too."""
    with database.kept_readable():
        try:
            with artifacts.writing():
                yield
        except BaseException:
            with suppress(StorageError, OSError):  # why the block failed is what the caller must hear of
                collect_unreferenced(database, artifacts, wait=False)
            raise


def collect_unreferenced(database: Database, artifacts: ArtifactStore, *, wait: bool) -> tuple[str, ...]:
    """Remove contents that no row names and what dead writers left; returns what was removed.

    While somebody writes, waits for them, or does nothing if `wait` is False: a later collection finds it all.
    """
    with artifacts.collecting(wait=wait) as alone:
        if not alone:
            return ()
        named = {blob.digest for blob in references(database)}
        orphans = [blob.digest for blob in artifacts.blobs() if blob.digest not in named]
        for digest in orphans:
            artifacts.remove(digest)
        return (*orphans, *_remove_leftovers(artifacts))


def remove_unfinished(artifacts: ArtifactStore) -> tuple[str, ...]:
    """Remove what dead writers left, for which the catalogue, that a full disk keeps from being read, is not needed."""
    with artifacts.collecting(wait=True):
        return _remove_leftovers(artifacts)


def _remove_leftovers(artifacts: ArtifactStore) -> tuple[str, ...]:
    leftovers = artifacts.leftovers()
    for path in leftovers:
        remove_tree(path)
    return tuple(path.name for path in leftovers)
