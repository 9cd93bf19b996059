"""Where services run: the protocol that every target keeps, with six methods, and the values that pass through it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from modelport.manifest import Manifest


@dataclass(frozen=True)
class ServicePlace:
    """One service as a target sees it: who it is and where its files lie.

    `directory` holds manifest, log and event record; `runtime_directory` is short and holds sockets; `revision` is the
    one that serves, or last did; `operation` joins the events of what is being done.
    """

    service_id: str
    name: str
    directory: Path
    runtime_directory: Path
    revision: int = 0
    operation: str = ""

    def manifest_path(self, revision: int | None = None) -> Path:
        """Where the manifest of a revision lies."""
        return self.directory / "revisions" / str(self.revision if revision is None else revision) / "service.json"


@dataclass(frozen=True)
class Trouble:
    """What a place tells of a service that is not as it should be.

    `reason` is Kubernetes' own word where there is one; `lasting` says that it will not pass by itself.
    """

    reason: str
    message: str
    remedy: str = ""
    lasting: bool = True


@dataclass(frozen=True)
class Observation:
    """What a target sees of a service right now; facts only, judged by `status.derive`.

    `launched` says that there was a server at all; `status` is what the server says of itself, empty if it does not
    answer; `endpoint` is where it listens, or last did ("127.0.0.1", 8890). For a server that is gone `last_seen` is
    when it last lived, in seconds since the epoch (0: not known), and `crash` what it said of a crash in native code.
    `trouble` is what the place itself tells of why nothing answers, `warnings` what it tells beside an answer.
    """

    launched: bool = False
    alive: bool = False
    same_boot: bool = True
    status: Mapping[str, Any] = field(default_factory=dict)
    endpoint: tuple[str, int] = ("", 0)
    pid: int = 0
    last_seen: float = 0.0
    crash: str = ""
    trouble: Trouble | None = None
    warnings: tuple[Trouble, ...] = ()


@dataclass(frozen=True)
class LogRequest:
    """Which lines of a log are wanted: the last `num_lines`, and with `follow` every line that comes after."""

    num_lines: int = 5000
    follow: bool = False


@dataclass(frozen=True)
class Call:
    """One request to a service: its body, its headers, and how long to wait for the answer."""

    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    path: str = "/score"
    timeout_seconds: float = 70.0


@dataclass(frozen=True)
class Reply:
    """What a service answered."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Target(Protocol):
    """A place where services run. Every method may be called from any process at any time, and says the truth."""

    def observe(self, place: ServicePlace) -> Observation:
        """What is there now; never raises for a service that is gone."""

    def apply(self, place: ServicePlace, manifest: Manifest) -> Observation:
        """Make `manifest` what runs: started, or handed to what runs, which then swaps its workers without a lost
        request. Returns when init() is under way, or when it is known how it ended (`observe` tells). Raises
        `ConflictError`, `DeploymentError`; then nothing changed."""

    def scale(self, place: ServicePlace, replicas: int) -> Observation:
        """Run `place.revision` with so many replicas; 0 drains and ends it, and it can be scaled up again."""

    def logs(self, place: ServicePlace, request: LogRequest) -> Iterator[str]:
        """Lines of the service's log, without line ends; the log of a service that failed stays readable."""

    def execute(self, place: ServicePlace, call: Call) -> Reply:
        """Send one request and return the answer, whatever its status; raises `ScoringError` if there is none."""

    def delete(self, place: ServicePlace) -> None:
        """End everything that runs for the service and remove what the target made; gone already is no error."""
