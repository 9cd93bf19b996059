"""The format of `tests/corpus/<group>/<case>/case.toml`; `tests/corpus/README.md` explains it to people."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, TypeVar

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

CORPUS = Path(__file__).resolve().parents[1] / "corpus"
HEALTHY = "healthy"
STEPS = ("check", "solve", "place", "build", "launch", "init", "serve", "request", "setup")
WAITS = ("doctor", "pre-flight", "drift gate", "pickle policy", "capacity")
NEEDS = ("engine",)


@dataclass(frozen=True)
class Fails:
    """What the user meets. `code` is that of the error, or of the problem in the answer; empty where nothing complains
    and the answer alone is wrong. `says` are words of the line that names step and cause, `traceback` is the
    "file:line" of the user's that stands above it."""

    code: str = ""
    says: tuple[str, ...] = ()
    traceback: str = ""
    status: int = 0


@dataclass(frozen=True)
class Edit:
    """One change of a file: `old` becomes `new`; without `old` the file becomes `new`."""

    file: str
    new: str
    old: str = ""


@dataclass(frozen=True)
class Remedy:
    """What makes it work: variables and files that change, then commands (none: what the printed remedy says, else the
    same again), or what a client sends instead; `says` are words that the printed remedy has to hold."""

    says: tuple[str, ...] = ()
    edits: tuple[Edit, ...] = ()
    commands: tuple[str, ...] = ()
    request: str | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    http: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class World:
    """What is special about the machine: variables, a port that somebody else has."""

    environment: Mapping[str, str] = field(default_factory=dict)
    port_taken: bool = False


@dataclass(frozen=True)
class Http:
    """How a client asks that does more than `service run` does. The body is the request of the case, filled up to
    `size_bytes`, or `body_hex`, or brackets `nested` so deep; it is sent `times` times, `together` at once. `{key}` in
    a header is the service's own key, `{number}` in the body counts the requests."""

    method: str = "POST"
    path: str = "/score"
    headers: Mapping[str, str] = field(default_factory=dict)
    size_bytes: int = 0
    body_hex: str = ""
    nested: int = 0
    times: int = 1
    together: int = 1


@dataclass(frozen=True)
class Case:
    """One deployment as a user would have it; broken ones say how, and what makes them work."""

    title: str
    pain: int = 0
    step: str = ""
    cause: str = ""
    target: str = "local"
    before: tuple[str, ...] = ()
    commands: tuple[str, ...] = ("modelport deploy churn -e score.py",)
    request: str = "[1, 2]"
    answer: str = "3"
    answers: tuple[str, ...] = ()
    waits: str = ""
    needs: tuple[str, ...] = ()
    fails: Fails = Fails()
    remedy: Remedy = Remedy()
    world: World = World()
    http: Http | None = None
    folder: Path = Path()

    @property
    def name(self) -> str:
        """The group and the name of the folder: "init/empty-model"."""
        return f"{self.folder.parent.name}/{self.folder.name}"

    @property
    def is_broken(self) -> bool:
        """Whether there is something to find."""
        return self.folder.parent.name != HEALTHY

    @property
    def fails_when_asked(self) -> bool:
        """Whether the service comes up, and what fails is a request."""
        return self.step == "request"


Part = TypeVar("Part")
_PARTS: dict[str, type] = {"fails": Fails, "remedy": Remedy, "world": World, "http": Http}


def read_case(folder: Path) -> Case:
    """Read the case in a folder. Raises `ValueError` for keys and words that the format does not have."""
    words = tomllib.loads((folder / "case.toml").read_text(encoding="utf-8"))
    if "remedy" in words:
        words["remedy"]["edits"] = [_made(Edit, edit, folder) for edit in words["remedy"].get("edits", ())]
    parts = {key: _made(_PARTS[key], value, folder) if key in _PARTS else value for key, value in words.items()}
    case = _made(Case, {**parts, "folder": folder}, folder)
    for value, valid in ((case.step, STEPS), (case.waits, WAITS), *((need, NEEDS) for need in case.needs)):
        if value and value not in valid:
            raise ValueError(f"{folder}: '{value}' is none of {valid}")
    return case


def _made(kind: type[Part], words: Mapping[str, Any], folder: Path) -> Part:
    known = {entry.name for entry in fields(kind)}  # type: ignore[arg-type]
    if set(words) - known:
        raise ValueError(f"{folder}: unknown in {kind.__name__}: {sorted(set(words) - known)}")
    return kind(**{key: tuple(value) if isinstance(value, list) else value for key, value in words.items()})


def all_cases() -> list[Case]:
    """Every case of the corpus, by name."""
    return [read_case(path.parent) for path in sorted(CORPUS.glob("*/*/case.toml"))]
