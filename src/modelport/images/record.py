"""The records of images: what is kept of each, what it may be asked by, and how it may change."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

ImageState = Literal["NotStarted", "Running", "Succeeded", "Failed", "Cancelled"]
ENDED: tuple[ImageState, ...] = ("Succeeded", "Failed", "Cancelled")

LOG_FILE = "build.log"
DOCKERFILE = "Dockerfile"
CONTEXT_FOLDER = "context"


@dataclass(frozen=True)
class ImageRecord:
    """One image that was asked for: a version of a name, from the moment on at which it was asked.

    `reference` is its name in the container engine, `location` the name in the registry that it was pushed to last, ""
    until then; `image_id` is the engine's, `digest` the registry's ("sha256:…"). `models` are ids, "name:version".
    `error` holds code, message and remedy of a build that failed. `directory` has the log and the Dockerfile.
    """

    id: str
    name: str
    version: int
    kind: str
    state: ImageState
    reference: str
    location: str
    image_id: str
    digest: str
    size_bytes: int
    context_digest: str
    models: tuple[str, ...]
    tags: Mapping[str, str]
    properties: Mapping[str, str]
    description: str
    details: Mapping[str, Any]
    error: Mapping[str, str]
    builder_pid: int
    created_by: str
    created_at: datetime.datetime
    ended_at: datetime.datetime | None
    directory: Path

    @property
    def full_name(self) -> str:
        """`name:version`."""
        return f"{self.name}:{self.version}"

    @property
    def has_ended(self) -> bool:
        """Whether the build is over, however it ended."""
        return self.state in ENDED

    @property
    def log_file(self) -> Path:
        """The whole log of the build."""
        return self.directory / LOG_FILE

    @property
    def dockerfile(self) -> Path:
        """The Dockerfile that it was built from."""
        return self.directory / DOCKERFILE

    @property
    def context(self) -> Path:
        """The kept context of a wish for a context alone."""
        return self.directory / CONTEXT_FOLDER

    @property
    def seconds(self) -> float | None:
        """How long the build took; None while it goes on."""
        return (self.ended_at - self.created_at).total_seconds() if self.ended_at else None

    def to_dict(self) -> dict[str, object]:
        """The record as JSON-ready words."""
        return {
            "id": self.full_name,
            "name": self.name,
            "version": self.version,
            "kind": self.kind,
            "state": self.state,
            "reference": self.reference,
            "location": self.location,
            "image_id": self.image_id,
            "digest": self.digest,
            "size_bytes": self.size_bytes,
            "context_digest": self.context_digest,
            "models": list(self.models),
            "tags": dict(self.tags),
            "properties": dict(self.properties),
            "description": self.description,
            "error": dict(self.error),
            "created_by": self.created_by,
            "created_at": self.created_at.isoformat(),
            "ended_at": self.ended_at.isoformat() if self.ended_at else None,
            "seconds": self.seconds,
            "log_file": str(self.log_file),
        }


@dataclass(frozen=True)
class ImageQuery:
    """Which images are wanted; every condition that is given must hold. A tag mapped to None asks for any value."""

    name: str | None = None
    version: int | None = None
    kind: str | None = None
    model_name: str | None = None
    model_id: str | None = None
    tags: Mapping[str, str | None] = field(default_factory=dict)
    properties: Mapping[str, str | None] = field(default_factory=dict)

    def matches(self, record: ImageRecord) -> bool:
        """Whether a record fulfils the conditions."""
        return (
            self.name in (None, record.name)
            and self.version in (None, record.version)
            and self.kind in (None, record.kind)
            and (self.model_id is None or self.model_id in record.models)
            and (self.model_name is None or self.model_name in {model.rpartition(":")[0] for model in record.models})
            and _hold(self.tags, record.tags)
            and _hold(self.properties, record.properties)
        )

    def words(self) -> str:
        """The conditions in words, for messages: `name 'churn', version 3`."""
        model = self.model_id or self.model_name
        plain = {"name": self.name, "version": self.version, "kind": self.kind, "model": model}
        parts = [f"{noun} {value!r}" for noun, value in plain.items() if value is not None]
        parts += [_condition("tag", *item) for item in self.tags.items()]
        parts += [_condition("property", *item) for item in self.properties.items()]
        return ", ".join(parts) or "any name"


def _condition(noun: str, key: str, value: str | None) -> str:
    return f"{noun} {key!r}" if value is None else f"{noun} {key}={value!r}"


def _hold(wanted: Mapping[str, str | None], present: Mapping[str, str]) -> bool:
    return all(key in present and value in (None, present[key]) for key, value in wanted.items())


@dataclass(frozen=True)
class ImageChange:
    """A change to the words about an image; `tags` replaces all tags before `add_tags` and `remove_tags` apply."""

    tags: Mapping[str, str] | None = None
    add_tags: Mapping[str, str] = field(default_factory=dict)
    remove_tags: Iterable[str] = ()
    add_properties: Mapping[str, str] = field(default_factory=dict)
