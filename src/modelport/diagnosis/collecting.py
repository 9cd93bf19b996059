"""Collects the facts of an examination: from the record of a service, from what is asked, and from this machine."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from modelport.diagnosis.facts import (
    EnvironmentFacts,
    Facts,
    Failure,
    MachineFacts,
    MissingPath,
    ModelFacts,
    RequestFailure,
    ScriptFacts,
    ServiceFacts,
)
from modelport.diagnosis.pickle_reading import BYTES_MAX as PICKLE_BYTES_MAX
from modelport.diagnosis.pickle_reading import read_pickle
from modelport.diagnosis.request_reading import without_own_place
from modelport.diagnosis.script_reading import read_script
from modelport.diagnosis.traceback_reading import read_stack, read_traceback
from modelport.environments import interpreters
from modelport.errors import DeploymentError, ModelportError, ScriptError
from modelport.services.service import Service
from modelport.services.spec import ModelPlacement, ScriptSpec, ServiceSpec
from modelport.targets.local import socket_path

_ANY_ID = "0" * 16  # a service's folder is named by its id
_HEAD_BYTES = 64
_SCRIPT_BYTES_MAX = 4_000_000
_FILES_MAX = 2000
_PICKLES = (".pkl", ".pickle", ".joblib", ".sav", ".model", ".bin")
_LOG_LINES = 40
_OF_MISSING_PATHS = ("script-missing", "model-path-missing", "model-not-found", "source-directory-missing")
_SIGNALS = ("SIGSEGV", "SIGBUS", "SIGILL", "SIGFPE", "SIGABRT", "SIGKILL", "SIGTERM")


@dataclass(frozen=True)
class Sources:
    """Where facts come from beside the machine: the folder in which a model lies (None: it is not known), the Python
    that serves a spec (raises what forbids it), and why there is no engine (empty: there is one, or none was asked)."""

    folder_of: Callable[[ModelPlacement], Path | None]
    python_of: Callable[[ServiceSpec], str]
    engine_trouble: Callable[[], str]
    environ: Mapping[str, str]
    home: Path
    runtime_directory: Path


@dataclass(frozen=True)
class Subject:
    """What is examined: a spec (None: it cannot be made out), the service that it became, how it failed, which of its
    requests failed and how long they take, and whether it is asked for and not made yet."""

    spec: ServiceSpec | None = None
    service: Service | None = None
    failure: ModelportError | None = None
    requests: tuple[RequestFailure, ...] = ()
    mean_run_seconds: float = 0.0
    is_asked: bool = False


def collect(subject: Subject, sources: Sources) -> Facts:
    """Everything that can be known about a subject; what cannot is left out."""
    spec = subject.spec
    return Facts(
        machine=_machine(spec, sources),
        script=_script(spec.script) if spec is not None and spec.script.entry_script else None,
        models=tuple(_models(spec, sources)) if spec is not None else (),
        environment=_environment(spec, sources) if spec is not None else None,
        service=_service(subject.service, subject.mean_run_seconds) if subject.service is not None else None,
        failure=failure_of(subject.failure) if subject.failure is not None else None,
        missing=_missing(subject.failure) if subject.failure is not None else None,
        requests=subject.requests,
        is_asked=subject.is_asked,
    )


def failure_of(error: ModelportError) -> Failure:
    """An error as facts."""
    deployment = error if isinstance(error, DeploymentError) else None
    script = error if isinstance(error, ScriptError) else None
    told = without_own_place(deployment.traceback) if deployment else ""
    return Failure(
        code=error.code,
        message=without_own_place(error.message),
        remedy=error.remedy,
        step=getattr(error, "step", "") or "check",
        file=script.file or "" if script else "",
        line=script.line or 0 if script else 0,
        raised=read_traceback(told) if told else None,
        stack=read_stack(told),
        log=tuple(_printed(deployment.logs) if deployment else ())[-_LOG_LINES:],
        signal=next((name for name in _SIGNALS if name in error.message), ""),
    )


def _missing(error: ModelportError) -> MissingPath | None:
    """The path that an error tells is not there, if it does."""
    if error.code not in _OF_MISSING_PATHS:
        return None
    named = (Path(word) for word in re.findall(r"'([^'\n]+)'", error.message))
    path = next((each for each in named if each.is_symlink() or each.suffix or each.parent != Path()), None)
    if path is None or path.exists():
        return None
    if path.is_symlink():
        return MissingPath(str(path), path.name, str(path.parent), link=str(path.readlink()))
    first = next((each for each in reversed([path, *path.parents]) if not each.exists()), path)
    with suppress(OSError):
        return MissingPath(str(path), first.name, str(first.parent), tuple(os.listdir(first.parent)))  # noqa: PTH208
    return None


def _printed(log: str) -> Iterator[str]:
    """What user code printed, out of the lines of a log: time, who, stream, request, then the text."""
    for line in log.splitlines():
        head, mark, text = line.partition(" | ")
        if mark and ("stdout" in head or "stderr" in head):
            yield text


def _machine(spec: ServiceSpec | None, sources: Sources) -> MachineFacts:
    place = next((each for each in (sources.home, *sources.home.parents) if each.exists()), Path("/"))
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return MachineFacts(
        cpu_count=os.cpu_count() or 1,
        memory_bytes=total,
        memory_free_bytes=_memory_free_bytes(total),
        disk_free_bytes=shutil.disk_usage(place).free,
        home=str(sources.home),
        socket_path_bytes=len(os.fsencode(socket_path(sources.runtime_directory / _ANY_ID))),
        engine_trouble=sources.engine_trouble() if spec is not None and spec.target == "container" else "",
    )


def _memory_free_bytes(otherwise: int) -> int:
    with suppress(OSError, ValueError, IndexError):
        for line in Path("/proc/meminfo").read_text(encoding="ascii").splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    return otherwise


def _script(script: ScriptSpec) -> ScriptFacts:
    path = script.path
    content = b""
    with suppress(OSError):
        content = path.read_bytes()[:_SCRIPT_BYTES_MAX]
    reading = None
    with suppress(SyntaxError, ValueError):
        reading = read_script(content.decode("utf-8")) if content else None
    beside: tuple[str, ...] = ()
    with suppress(OSError):
        beside = tuple(sorted(each.name for each in path.parent.iterdir()))
    return ScriptFacts(path.name, content, reading, bool(script.source_directory), beside)


def _models(spec: ServiceSpec, sources: Sources) -> Iterator[ModelFacts]:
    for placement in spec.models:
        with suppress(OSError, ModelportError):
            folder = sources.folder_of(placement)
            if folder is not None:
                yield _model(placement, folder)


def _model(placement: ModelPlacement, folder: Path) -> ModelFacts:
    """The files of a model, which lie in `folder` as they do in a service."""
    files = {path.relative_to(folder).as_posix(): path for path in _files_below(folder)}
    return ModelFacts(
        placement.name,
        placement.version,
        files={name: path.stat().st_size for name, path in files.items()},
        heads={name: _head(path) for name, path in files.items()},
        made_with=_made_with(files.values()),
    )


def _made_with(paths: Iterable[Path]) -> dict[str, str]:
    """The versions that packages left in the pickles among the files."""
    found: dict[str, str] = {}
    for path in paths:
        if path.suffix.lower() in _PICKLES:
            with path.open("rb") as file:
                reading = read_pickle(file.read(PICKLE_BYTES_MAX))
            found.update(reading.made_with if reading else {})
    return found


def _files_below(folder: Path) -> Iterator[Path]:
    found = 0
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            found += 1
            yield path
        if found == _FILES_MAX:
            return


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(_HEAD_BYTES)


def _environment(spec: ServiceSpec, sources: Sources) -> EnvironmentFacts | None:
    try:
        python = Path(sources.python_of(spec))
        packages = interpreters.installed_packages(python, sources.environ)
        version = interpreters.inspect(python, sources.environ).version
    except (ModelportError, OSError):
        return None  # why it cannot be had is told as the failure
    return EnvironmentFacts(str(version), packages={each.name.lower(): each.version for each in packages})


def _service(service: Service, mean_run_seconds: float) -> ServiceFacts:
    status, spec = service.status, service.spec
    condition = next((each for each in status.conditions if not each.status), None)
    return ServiceFacts(
        name=service.name,
        target=spec.target,
        state=status.state,
        reason=condition.reason if condition else "",
        message=condition.message if condition else "",
        limits={key: value for key, value in asdict(spec.limits).items() if value},
        mean_run_seconds=mean_run_seconds,
    )
