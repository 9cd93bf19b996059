"""What an examination rests on: facts as they were collected, and nothing that judges them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from modelport.diagnosis.script_reading import ScriptReading
from modelport.diagnosis.traceback_reading import Frame, Raised


@dataclass(frozen=True)
class Failure:
    """How a deployment ended, or a service: the error that was told, and what was behind it.

    `step` is one of `finding.STEPS`; `raised` is the exception of the user's code, as its traceback tells it;
    `stack` is where it stood when it was ended, outermost first; `log` holds the last lines of the log. `signal` is the
    name of the signal that ended the worker, if one did.
    """

    code: str
    message: str
    remedy: str = ""
    step: str = "check"
    file: str = ""
    line: int = 0
    raised: Raised | None = None
    stack: tuple[Frame, ...] = ()
    log: tuple[str, ...] = ()
    exit_code: int | None = None
    signal: str = ""


@dataclass(frozen=True)
class MissingPath:
    """A path that was named and is not there: its first part that is missing, the folder where that should be, what is
    in that folder instead; and where it leads if it is a link to nowhere."""

    path: str
    name: str
    folder: str
    beside: tuple[str, ...] = ()
    link: str = ""


@dataclass(frozen=True)
class RequestFailure:
    """One request that failed or was refused: the code of the problem, and what the record and the log tell of it.

    `raised` is the exception of `run()`; `stack` where its worker stood when it crashed or was ended, outermost first;
    `numbers` what the record counts (queue_length, places, mean_run_ms, left_out_before); `time` is in RFC 3339.
    """

    code: str
    message: str
    id: str = ""
    time: str = ""
    raised: Raised | None = None
    stack: tuple[Frame, ...] = ()
    numbers: Mapping[str, float] = field(default_factory=dict)
    log: tuple[str, ...] = ()


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
    """A service as it is: its state, the reasons for it, limits in words of `manifest.Limits`, and how long its last
    calls of `run()` took on average (0: it made none, or does not answer)."""

    name: str
    target: str = ""
    state: str = ""
    reason: str = ""
    message: str = ""
    limits: Mapping[str, float] = field(default_factory=dict)
    mean_run_seconds: float = 0.0


@dataclass(frozen=True)
class MachineFacts:
    """This machine: its cores, memory and the room for workspaces in bytes, how long the path of a service's socket
    becomes, and why there is no engine (empty: there is one)."""

    cpu_count: int = 1
    memory_bytes: int = 0
    memory_free_bytes: int = 0
    disk_free_bytes: int = 0
    home: str = ""
    socket_path_bytes: int = 0
    engine_trouble: str = ""


@dataclass(frozen=True)
class Facts:
    """Everything that is known; what could not be collected is None or empty, and no check may take it for a fault.

    `missing` is the path for whose sake a deployment was refused; `requests` are those that failed lately, the last one
    first.
    `is_asked` says that a deployment is asked for, which is not made yet.
    """

    machine: MachineFacts | None = None
    script: ScriptFacts | None = None
    models: tuple[ModelFacts, ...] = ()
    environment: EnvironmentFacts | None = None
    service: ServiceFacts | None = None
    failure: Failure | None = None
    missing: MissingPath | None = None
    requests: tuple[RequestFailure, ...] = ()
    is_asked: bool = False

    @property
    def raised(self) -> Raised | None:
        """The exception that the user's code ended with, if it did."""
        return self.failure.raised if self.failure else None
