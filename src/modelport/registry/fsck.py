"""Proves that everything the catalogue promises is there and undamaged, and collects what nobody needs."""

from __future__ import annotations

from dataclasses import dataclass

from modelport.registry.artifacts import ArtifactStore, BlobState
from modelport.registry.model import Blob
from modelport.registry.references import collect_unreferenced, references
from modelport.storage.database import Database


@dataclass(frozen=True)
class Affected:
    """A content that is missing or damaged, and who consists of it (`model diabetes:1: my_model.pkl`)."""

    digest: str
    used_by: tuple[str, ...]


@dataclass(frozen=True)
class FsckReport:
    """What a check found. Leftovers (`orphans`, `unfinished`, `abandoned`) do no harm; the rest is damage.

    `abandoned` are folders of services that are not there any more, or never came to be.

    `busy` says that somebody was writing, so that what is on its way in could not be told from leftovers;
    `collected` is what `repair` removed.
    """

    contents: int
    size_bytes: int
    missing: tuple[Affected, ...] = ()
    damaged: tuple[Affected, ...] = ()
    catalogue_problems: tuple[str, ...] = ()
    orphans: tuple[str, ...] = ()
    unfinished: tuple[str, ...] = ()
    abandoned: tuple[str, ...] = ()
    busy: bool = False
    collected: tuple[str, ...] = ()

    @property
    def is_sound(self) -> bool:
        """Whether every registered file is there and undamaged, and so is the catalogue."""
        return not (self.missing or self.damaged or self.catalogue_problems)

    def to_dict(self) -> dict[str, object]:
        """The report as JSON-ready words."""
        return {
            "is_sound": self.is_sound,
            "contents": self.contents,
            "size_bytes": self.size_bytes,
            "missing": [{"digest": item.digest, "used_by": list(item.used_by)} for item in self.missing],
            "damaged": [{"digest": item.digest, "used_by": list(item.used_by)} for item in self.damaged],
            "catalogue_problems": list(self.catalogue_problems),
            "orphans": list(self.orphans),
            "unfinished": list(self.unfinished),
            "abandoned": list(self.abandoned),
            "busy": self.busy,
            "collected": list(self.collected),
        }


def check(database: Database, artifacts: ArtifactStore, *, repair: bool = False) -> FsckReport:
    """Read every content again and compare it with the catalogue; `repair` removes leftovers, and nothing else.

    Writers may go on meanwhile; only the search for leftovers needs a moment without them. Raises `StorageError`.
    """
    named = references(database)
    kept = list(artifacts.blobs())
    states = {blob: artifacts.state_of(blob) for blob in named}
    if set(states.values()) != {"sound"}:  # a model that was deleted meanwhile is no damage
        named = {blob: users for blob, users in references(database).items() if blob in states}
    orphans, unfinished, busy = _leftovers(database, artifacts)
    return FsckReport(
        contents=len(kept),
        size_bytes=sum(blob.size_bytes for blob in kept),
        missing=_affected(named, states, "missing"),
        damaged=_affected(named, states, "damaged"),
        catalogue_problems=database.integrity_problems(),
        orphans=orphans,
        unfinished=unfinished,
        busy=busy,
        collected=collect_unreferenced(database, artifacts, wait=True) if repair else (),
    )


def _affected(
    named: dict[Blob, tuple[str, ...]], states: dict[Blob, BlobState], state: BlobState
) -> tuple[Affected, ...]:
    return tuple(Affected(blob.digest, users) for blob, users in named.items() if states[blob] == state)


def _leftovers(database: Database, artifacts: ArtifactStore) -> tuple[tuple[str, ...], tuple[str, ...], bool]:
    with artifacts.collecting(wait=False) as alone:
        if not alone:
            return (), (), True
        named = {blob.digest for blob in references(database)}
        orphans = tuple(blob.digest for blob in artifacts.blobs() if blob.digest not in named)
        return orphans, tuple(path.name for path in artifacts.leftovers()), False
