"""What still names a stored content, and the removal of what nothing names."""

from __future__ import annotations

from collections import defaultdict

import sqlalchemy as sa

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


def collect_unreferenced(database: Database, artifacts: ArtifactStore, *, wait: bool) -> tuple[str, ...]:
    """Remove contents that no row names and what dead writers left; returns what was removed.

    While somebody writes, waits for them, or does nothing if `wait` is False: a later collection finds it all.
    """
    with artifacts.collecting(wait=wait) as alone:
        if not alone:
            return ()
        named = {blob.digest for blob in references(database)}
        orphans = [blob.digest for blob in artifacts.blobs() if blob.digest not in named]
        leftovers = artifacts.leftovers()
        for digest in orphans:
            artifacts.remove(digest)
        for path in leftovers:
            remove_tree(path)
        return (*orphans, *(path.name for path in leftovers))
