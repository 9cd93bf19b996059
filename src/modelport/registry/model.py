"""The records of the registry: what is asked for, what is kept, what is given out."""

from __future__ import annotations

import datetime
import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Blob:
    """The content of one file: its SHA-256 in hexadecimal digits, and its size."""

    digest: str
    size_bytes: int


@dataclass(frozen=True)
class ModelFile:
    """One file of a model version, by its path below the version's folder (`my_model.pkl`, `folder/weights.bin`).

    `blob` is None for a folder that holds no file.
    """

    path: str
    blob: Blob | None
    is_executable: bool = False


@dataclass(frozen=True)
class Contents:
    """The files of a model version: the name of the file or folder that was registered, and what it consists of."""

    root_name: str
    is_folder: bool
    files: tuple[ModelFile, ...]

    @property
    def size_bytes(self) -> int:
        """The size of all files together."""
        return sum(file.blob.size_bytes for file in self.files if file.blob)

    @property
    def digest(self) -> str:
        """One SHA-256 over all paths and contents: equal contents have equal digests."""
        lines = sorted(f"{f.path}\0{f.blob.digest if f.blob else ''}\0{int(f.is_executable)}\n" for f in self.files)
        return hashlib.sha256("".join(lines).encode()).hexdigest()


@dataclass(frozen=True)
class Origin:
    """The run that a model comes from."""

    run_id: str
    experiment_name: str


@dataclass(frozen=True)
class Registration:
    """What a new model version is called and described by; `details` are recorded as they are (JSON-ready)."""

    name: str
    description: str = ""
    framework: str = ""
    framework_version: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)
    properties: Mapping[str, str] = field(default_factory=dict)
    details: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class ModelVersion:
    """One registered version of a model; its files and properties never change, its tags and description may."""

    name: str
    version: int
    root_name: str
    is_folder: bool
    digest: str
    size_bytes: int
    description: str
    framework: str
    framework_version: str
    tags: Mapping[str, str]
    properties: Mapping[str, str]
    details: Mapping[str, object]
    created_by: str
    created_at: datetime.datetime
    origin: Origin | None = None

    @property
    def id(self) -> str:
        """`name:version`."""
        return f"{self.name}:{self.version}"

    def to_dict(self) -> dict[str, object]:
        """The version as JSON-ready words."""
        return {
            "id": self.id,
            "name": self.name,
            "version": self.version,
            "root_name": self.root_name,
            "is_folder": self.is_folder,
            "digest": self.digest,
            "size_bytes": self.size_bytes,
            "description": self.description,
            "framework": self.framework,
            "framework_version": self.framework_version,
            "tags": dict(self.tags),
            "properties": dict(self.properties),
            "details": dict(self.details),
            "created_by": self.created_by,
            "created_at": self.created_at.isoformat(),
            "run_id": self.origin.run_id if self.origin else None,
            "experiment_name": self.origin.experiment_name if self.origin else None,
        }


@dataclass(frozen=True)
class ModelQuery:
    """Which versions are wanted; every condition that is given must hold.

    `tags` and `properties` map a key to its value, or to None where any value will do; `latest` keeps only the newest
    version of each name among those that match.
    """

    name: str | None = None
    version: int | None = None
    tags: Mapping[str, str | None] = field(default_factory=dict)
    properties: Mapping[str, str | None] = field(default_factory=dict)
    run_id: str | None = None
    framework: str | None = None
    latest: bool = False

    def matches_labels(self, tags: Mapping[str, str], properties: Mapping[str, str]) -> bool:
        """Whether a version with these tags and properties fulfils the conditions on them."""
        return _holds(self.tags, tags) and _holds(self.properties, properties)

    def words(self) -> str:
        """The conditions in words, for messages: `name 'diabetes', version 3`."""
        parts = [f"name {self.name!r}"] if self.name is not None else []
        parts += [f"version {self.version}"] if self.version is not None else []
        parts += [f"tag {_condition(item)}" for item in self.tags.items()]
        parts += [f"property {_condition(item)}" for item in self.properties.items()]
        parts += [f"run {self.run_id!r}"] if self.run_id is not None else []
        parts += [f"framework {self.framework!r}"] if self.framework is not None else []
        return ", ".join(parts) or "any name"


def _holds(wanted: Mapping[str, str | None], present: Mapping[str, str]) -> bool:
    return all(key in present and value in (None, present[key]) for key, value in wanted.items())


def _condition(item: tuple[str, str | None]) -> str:
    key, value = item
    return repr(key) if value is None else f"{key}={value!r}"


@dataclass(frozen=True)
class ModelChange:
    """A change to a version's words; None leaves a part as it is.

    `tags` replaces all tags, before `add_tags` and `remove_tags` apply; `add_properties` only adds.
    """

    description: str | None = None
    tags: Mapping[str, str] | None = None
    add_tags: Mapping[str, str] = field(default_factory=dict)
    remove_tags: Iterable[str] = ()
    add_properties: Mapping[str, str] = field(default_factory=dict)
    details: Mapping[str, object] = field(default_factory=dict)
