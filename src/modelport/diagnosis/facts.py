"""What an examination rests on: facts as they were collected, and nothing that judges them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from modelport.diagnosis.script_reading import ScriptReading
from modelport.diagnosis.traceback_reading import Raised


@dataclass(frozen=True)
class Failure:
    """How a deployment ended, or a service: the error that was told, and what was behind it.

    `step` is one of `finding.STEPS`; `raised` is the exception of the user's code, as its traceback tells it; `log`
    holds the last lines of the log. `signal` is the name of the signal that ended the worker, if one did.
    """

    code: str
    message: str
    remedy: str = ""
    step: str = "check"
    file: str = ""
    line: int = 0
    raised: Raised | None = None
    log: tuple[str, ...] = ()
    exit_code: int | None = None
    signal: str = ""


@dataclass(frozen=True)
class ScriptFacts:
    """The entry script: its path and folder, its bytes, and what they say (None where they do not parse).

    `folder_is_deployed` says that its whole folder is (source_directory); `beside` are the names of files and folders
    that lie beside it on this machine.
    """

    path: str
    content: bytes = b""
    reading: ScriptReading | None = None
    folder_is_deployed: bool = False
    beside: tuple[str, ...] = ()


@dataclass(frozen=True)
class ModelFacts:
    """One model that is served: `files` maps relative paths, from the entry of its version folder on, to bytes;
    `heads` the same paths to what each file begins with; `made_with` packages to the versions that marked it."""

    name: str
    version: int
    files: Mapping[str, int] = field(default_factory=dict)
    heads: Mapping[str, bytes] = field(default_factory=dict, repr=False)
    made_with: Mapping[str, str] = field(default_factory=dict)

    @property
    def id(self) -> str:
        """`name:version`."""
        return f"{self.name}:{self.version}"

    @property
    def entry(self) -> str:
        """The one file or folder in its version folder."""
        return next(iter(self.files), "").partition("/")[0]

    @property
    def is_folder(self) -> bool:
        """Whether that is a folder."""
        return any("/" in path for path in self.files)


@dataclass(frozen=True)
class EnvironmentFacts:
    """The Python that serves: its version, and the packages there with theirs."""

    python: str = ""
    packages: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class ServiceFacts:
    """A service as it is: its state, the reasons for it, and limits in words of `manifest.Limits`."""

    name: str
    target: str = ""
    state: str = ""
    reason: str = ""
    message: str = ""
    limits: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class MachineFacts:
    """This machine: its cores, memory and the room for workspaces in bytes, and why there is no engine (empty: there is
    one)."""

    cpu_count: int = 1
    memory_bytes: int = 0
    memory_free_bytes: int = 0
    disk_free_bytes: int = 0
    home: str = ""
    engine_trouble: str = ""


@dataclass(frozen=True)
class Facts:
    """Everything that is known; what could not be collected is None or empty, and no check may take it for a fault.

    `is_asked` says that a deployment is asked for, which is not made yet.
    """

    machine: MachineFacts | None = None
    script: ScriptFacts | None = None
    models: tuple[ModelFacts, ...] = ()
    environment: EnvironmentFacts | None = None
    service: ServiceFacts | None = None
    failure: Failure | None = None
    is_asked: bool = False

    @property
    def raised(self) -> Raised | None:
        """The exception that the user's code ended with, if it did."""
        return self.failure.raised if self.failure else None
