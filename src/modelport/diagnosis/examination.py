"""An examination from its beginning to its findings: who is looked at, what is known of it, what that tells."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from modelport.diagnosis.collecting import Sources, Subject, collect
from modelport.diagnosis.doctor import examine
from modelport.diagnosis.facts import RequestFailure
from modelport.diagnosis.finding import Finding, Severity
from modelport.diagnosis.request_reading import read_requests
from modelport.errors import ModelportError
from modelport.events import EventRecord
from modelport.services import rehearsal
from modelport.services.parts import Parts
from modelport.services.request import ServiceRequest
from modelport.services.resolving import resolve
from modelport.services.service import look
from modelport.services.spec import ModelPlacement, ServiceSpec
from modelport.services.store import ServiceRecord
from modelport.services.target import LogRequest, Observation

_LOG_LINES = 5000

@dataclass(frozen=True)
class Surroundings:
    """What an examination needs of the workspace: its services, why there is no engine, the environment, its home,
    and the folder for sockets."""

    parts: Parts
    engine_trouble: Callable[[], str]
    environ: Mapping[str, str]
    home: Path
    runtime_directory: Path


@dataclass(frozen=True)
class Asked:
    """A deployment that is asked for: the request, or why there is none."""

    request: ServiceRequest | None = None
    refused: ModelportError | None = None

    @property
    def is_any(self) -> bool:
        """Whether a deployment is asked for at all."""
        return self.request is not None or self.refused is not None


def refusal(error: ModelportError) -> Finding:
    """What is wrong where not even the workspace can be opened."""
    return Finding(error.code, Severity.ERROR, "machine", error.message, (), error.remedy)


def examine_deployment(around: Surroundings, name: str, asked: Asked) -> list[Finding]:
    """What is wrong with a service, or with a deployment that is asked for, or (without a name) with this machine.

    With a request the deployment is rehearsed up to its start; what it fails with goes before what the service of that
    name failed with. Raises `NotFoundError` (`service-not-found`) for a name without a request that no service has.
    """
    record = around.parts.store.find(name) if name else None
    if name and record is None and not asked.is_any:
        around.parts.store.get(name)  # raises, and names the nearest
    subject = _subject(around.parts, record, asked)
    with tempfile.TemporaryDirectory(prefix="modelport-doctor-") as scratch:
        return examine(collect(subject, _sources(around, record, Path(scratch))))


def _subject(parts: Parts, record: ServiceRecord | None, asked: Asked) -> Subject:
    subject = Subject(is_asked=asked.is_any)
    if record is not None:
        seen = parts.target_of(record.spec).observe(record.place())
        failure = rehearsal.last_failure(parts, record, seen)
        subject = replace(subject, spec=rehearsal.last_wish(record), service=look(parts, record), failure=failure)
        if not asked.is_any:  # what is asked for has not been called by anybody yet
            subject = replace(subject, requests=_requests(parts, record), mean_run_seconds=_mean(seen))
    if asked.refused is not None:
        return replace(subject, failure=asked.refused)
    if asked.request is None:
        return subject
    try:
        return replace(subject, spec=rehearsal.rehearse(parts, asked.request))
    except ModelportError as error:
        return replace(subject, spec=_spec_if_any(parts, asked.request) or subject.spec, failure=error)


def _requests(parts: Parts, record: ServiceRecord) -> tuple[RequestFailure, ...]:
    events = list(EventRecord(record.directory).read())
    if not any(event.kind == "request-failure" for event in events):
        return ()
    return read_requests(events, parts.target_of(record.spec).logs(record.place(), LogRequest(_LOG_LINES)))


def _mean(seen: Observation) -> float:
    told = seen.status.get("mean_run_ms")
    return told / 1000 if isinstance(told, (int, float)) else 0.0


def _spec_if_any(parts: Parts, request: ServiceRequest) -> ServiceSpec | None:
    try:
        return resolve(parts, request)
    except ModelportError:
        return None


def _sources(around: Surroundings, record: ServiceRecord | None, scratch: Path) -> Sources:
    def folder_of(model: ModelPlacement) -> Path:
        return rehearsal.model_folder(around.parts, record, model, scratch)

    def python_of(spec: ServiceSpec) -> str:
        return around.parts.realise(spec.environment, lambda _: None).python

    return Sources(
        folder_of, python_of, around.engine_trouble, around.environ, around.home, around.runtime_directory
    )  # fmt: skip
