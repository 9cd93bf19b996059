"""What is asked for when an image is built: one frozen value, the same for every door and for targets.

A wish names everything that the image is made of, and nothing of how it is built:

    ImageWish(
        name="churn",                                  # with the next version it names the record and the image
        kind="service",                                # who it is for, see `ImageKind`
        models=(ImageModel("churn", 3),),              # registered, or version 0 with the path of local files
        script=ImageScript("score.py", "/home/me/src"),  # or laid out already: ImageScript("src/score.py", laid_out=…)
        environment=definition.to_json(),              # `EnvironmentDefinition`; its section `container` names the base
        environment_variables={"THREADS": "2"},        # beside those of the environment, which they win over
        limits=Limits(workers=2),
    )

`workspace.images.build(wish, report)` blocks until there is an image and returns its record; `begin` returns at once.
Equal wishes lead to equal images: what the engine holds already is not built again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from modelport.manifest import Limits
from modelport.naming import ENVIRONMENT, IMAGE, SERVICE

ImageKind = Literal["image", "package", "environment", "service"]
"""`image`: made by name, each time the next version. `package`: made by `Model.package`. `environment`: packages alone.
`service`: made for a service by its target. Of the last two a wish that was fulfilled before gives the same record."""

KINDS: tuple[ImageKind, ...] = ("image", "package", "environment", "service")
_RULES = {"image": IMAGE, "service": SERVICE, "environment": ENVIRONMENT}


@dataclass(frozen=True)
class ImageModel:
    """One model in an image: a registered version, or a local file or folder (version 0, with its `path`)."""

    name: str
    version: int
    path: str = ""

    @property
    def id(self) -> str:
        """`name:version`."""
        return f"{self.name}:{self.version}"


@dataclass(frozen=True)
class ImageScript:
    """The entry script, by absolute paths; with a `source_directory` the whole folder goes into the image.

    `laid_out` is a working directory as it should be in the image, `entry_script` then relative to it and nothing else
    of the user's is read. `extra_files` maps places in the working directory to files and folders that go there too.
    """

    entry_script: str
    source_directory: str = ""
    laid_out: Path | None = None
    extra_files: Mapping[str, str] = field(default_factory=dict)

    @property
    def path(self) -> Path:
        """Where the script is on this machine."""
        return Path(self.laid_out or self.source_directory or ".") / self.entry_script

    @property
    def served_path(self) -> str:
        """Where the script stands, relative to the working directory in the image.

        >>> ImageScript("score.py", "/home/me/src").served_path
        'src/score.py'
        """
        if self.laid_out is not None:
            return self.entry_script
        if self.source_directory:
            return f"{Path(self.source_directory).name}/{self.entry_script}"
        return Path(self.entry_script).name


@dataclass(frozen=True)
class ImageLabels:
    """Words about an image that change nothing in it; `details` are recorded as they are (JSON-ready)."""

    tags: Mapping[str, str] = field(default_factory=dict)
    properties: Mapping[str, str] = field(default_factory=dict)
    description: str = ""
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class ImageWish:
    """Everything that an image is to be made of; raises `UserError` (`name-invalid`, `limit-invalid`).

    Without a `script` the image holds the environment alone. `steps` are further Dockerfile lines of the user's, behind
    those that the environment's `container` has under that name; they are added to the base. `reference` is a name that
    the image gets in the engine beside its own. `context_only` asks for the Dockerfile and its context instead of an
    image.
    """

    name: str
    kind: ImageKind = "image"
    models: tuple[ImageModel, ...] = ()
    script: ImageScript | None = None
    environment: Mapping[str, Any] = field(default_factory=dict)
    environment_variables: Mapping[str, str] = field(default_factory=dict, repr=False)
    limits: Limits = field(default_factory=Limits)
    steps: str = ""
    reference: str = ""
    context_only: bool = False
    labels: ImageLabels = ImageLabels()

    def __post_init__(self) -> None:
        if self.kind in _RULES:
            _RULES[self.kind].check(self.name)
        self.limits.check()

    @property
    def may_share_record(self) -> bool:
        """Whether a record of equal content may stand for this wish too."""
        return self.kind in ("environment", "service") and not self.context_only
