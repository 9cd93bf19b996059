"""Profiles: a service is deployed for a moment, measured under load, and deleted; what was found is kept.

    profiles/<name>.json   what was asked for, and what was found; written when it has ended
                   .log    the last lines of the service's log
"""

from __future__ import annotations

import datetime
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from modelport.errors import DeploymentError, ModelportError, NotFoundError, StorageError, UserError, nearest
from modelport.measuring.measurement import Load, Measurement, measure
from modelport.measuring.open_loop import Scoring
from modelport.naming import PROFILE, new_id
from modelport.services.manager import ServiceManager
from modelport.services.request import ServiceRequest
from modelport.services.target import LogRequest
from modelport.storage.files import make_private_directory, storage_failures, write_durably

SUCCEEDED, FAILED = "Succeeded", "Failed"
_LOG_LINES = 200


@dataclass(frozen=True)
class ProfileRequest:
    """What is to be measured: a service (its name is chosen here), with which load.

    `cpu_cores` and `memory_gb` are what it is meant to be given; they are compared with what it used. `input_id` tells
    where the requests came from.
    """

    name: str
    service: ServiceRequest
    load: Load
    cpu_cores: float | None = None
    memory_gb: float | None = None
    description: str = ""
    input_id: str = ""


@dataclass(frozen=True)
class ProfileRecord:
    """One profile: what was asked for, its state, and what was measured (`Measurement` as words) or went wrong.

    `error` has `code`, `message` and `remedy`; beside a success it says what fell short.
    """

    name: str
    id: str
    state: str
    created_at: str
    description: str = ""
    cpu_cores: float | None = None
    memory_gb: float | None = None
    input_id: str = ""
    models: tuple[str, ...] = ()
    environment: Mapping[str, Any] = field(default_factory=dict)
    measured: Mapping[str, Any] = field(default_factory=dict)
    error: Mapping[str, str] | None = None
    log_file: str = ""


class Profiler:
    """Measures services of one workspace, and keeps what was found in `directory`."""

    def __init__(self, services: ServiceManager, directory: Path) -> None:
        self._services = services
        self._directory = directory

    def get(self, name: str) -> ProfileRecord:
        """One profile; raises `NotFoundError` (`profile-not-found`), `StorageError` (`profile-damaged`)."""
        PROFILE.check(name)
        path = self._path(name)
        try:
            words = json.loads(path.read_bytes())
            return ProfileRecord(**{**words, "models": tuple(words["models"])})
        except FileNotFoundError:
            raise NotFoundError(
                "profile-not-found",
                f"There is no profile '{name}' in this workspace. {nearest(name, self.names())}".rstrip(),
                f"Make it: Model.profile(ws, {name!r}, [model], inference_config, requests)",
            ) from None
        except (ValueError, TypeError, KeyError) as error:
            raise StorageError(
                "profile-damaged",
                f"The profile in '{path}' cannot be read ({type(error).__name__}).",
                f"Remove it and measure again: rm '{path}'",
            ) from error

    def names(self) -> list[str]:
        """The names of all profiles, sorted."""
        return sorted(path.stem for path in self._directory.glob("[!.]*.json"))

    def profile(self, request: ProfileRequest, tell: Callable[[str], None]) -> ProfileRecord:
        """Deploy the service under a name of its own, measure it, delete it; returns the record, whatever it says.

        A profile of that name is replaced. Raises `UserError` (`requests-needed`, `load-invalid` and others),
        `ScriptError`, `NotFoundError` for what cannot be deployed at all; then nothing is recorded.
        """
        PROFILE.check(request.name)
        request.load.check()
        if not request.load.bodies:
            raise UserError(
                "requests-needed", f"Profile '{request.name}' has no requests to measure with.",
                "Give at least one: input_dataset=['{\"data\": [[1, 2]]}']",
            )  # fmt: skip
        service = replace(request.service, name=f"profile-{new_id()[:12]}")
        record = _begun(request)
        tell(f"Profile {request.name}: the service {service.name} is measured and deleted again.")
        try:
            self._services.deploy(service)
            self._services.wait(service.name)
            measured = self._measured(service.name, request)
            record = replace(record, measured=asdict(measured), error=_words(_shortfall(request, measured)))
        except (UserError, NotFoundError):
            raise
        except ModelportError as error:
            record = replace(record, state=FAILED, error=_words(error))
        finally:
            record = self._cleared(record, service.name)
        self._write(record)
        return record

    def _measured(self, service: str, request: ProfileRequest) -> Measurement:
        limits = request.service.limits
        patience = (limits.scoring_timeout_ms + limits.max_request_wait_time_ms) / 1000 + 10.0
        port = self._services.get(service).port
        return measure(
            Scoring(port), self._services.pid_of(service), replace(request.load, patience_seconds=patience)
        )

    def _cleared(self, record: ProfileRecord, service: str) -> ProfileRecord:
        """Keep the log of the service that was measured, and delete it."""
        if service not in self._services.names():
            return record
        path = make_private_directory(self._directory) / f"{record.name}.log"
        try:
            text = "\n".join(self._services.logs(service, LogRequest(_LOG_LINES)))
            write_durably(path, text.encode() + b"\n")
        finally:
            self._services.delete(service)
        if record.state == FAILED and record.error:
            again = f"Correct it, then measure again; the end of the service's log is in '{path}'."
            record = replace(record, error={**record.error, "remedy": again})
        return replace(record, log_file=str(path))

    def _path(self, name: str) -> Path:
        return self._directory / f"{name}.json"

    def _write(self, record: ProfileRecord) -> None:
        make_private_directory(self._directory)
        with storage_failures(self._directory):
            write_durably(self._path(record.name), json.dumps(asdict(record), indent=2).encode() + b"\n")


def _begun(request: ProfileRequest) -> ProfileRecord:
    return ProfileRecord(
        request.name,
        new_id(),
        SUCCEEDED,
        datetime.datetime.now(datetime.timezone.utc).isoformat(),
        request.description,
        request.cpu_cores,
        request.memory_gb,
        request.input_id,
        tuple(getattr(model, "id", str(model)) for model in request.service.models),
        dict(request.service.environment or {}),
    )


def _words(error: ModelportError | None) -> dict[str, str] | None:
    return {"code": error.code, "message": error.message, "remedy": error.remedy} if error else None


def _shortfall(request: ProfileRequest, measured: Measurement) -> ModelportError | None:
    """What was measured and is more than what was asked for; None if all is well."""
    told = []
    if request.cpu_cores is not None and request.cpu_cores < measured.advice.cpu_cores:
        told.append(f"{measured.advice.cpu_cores:g} cores are recommended, and {request.cpu_cores:g} were asked for")
    if request.memory_gb is not None and request.memory_gb < measured.advice.memory_gb:
        told.append(f"{measured.advice.memory_gb:g} GB are recommended, and {request.memory_gb:g} were asked for")
    if measured.figures.succeeded < measured.figures.total:
        failed = measured.figures.total - measured.figures.succeeded
        told.append(f"{failed} of {measured.figures.total} requests were not answered with 200")
    if not told:
        return None
    return DeploymentError(
        "profile-shortfall", f"Profile '{request.name}': {'; '.join(told)}.",
        "Give what is recommended: AciWebservice.deploy_configuration"
        f"(cpu_cores={measured.advice.cpu_cores:g}, memory_gb={measured.advice.memory_gb:g})",
    )  # fmt: skip
