"""`Model.profile`: what a service costs, measured; and `ModelProfile`, which tells it in v1's words."""

from __future__ import annotations

import datetime
import json
import os
import warnings
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from modelport.errors import UserError
from modelport.measuring.measurement import Load
from modelport.sdk.arguments import opened, say
from modelport.sdk.deployment_configuration import LocalWebserviceDeploymentConfiguration
from modelport.sdk.deployment_request import request_of
from modelport.sdk.update_arguments import model_words
from modelport.services.profiling import FAILED, SUCCEEDED, ProfileRecord, ProfileRequest
from modelport.units import BYTES_OF_GB

if TYPE_CHECKING:
    from modelport.sdk.inference_config import InferenceConfig
    from modelport.sdk.workspace import Workspace

_CPU_RANGE, _MEMORY_RANGE = (0.1, 3.5), (0.1, 15.0)  # v1's largest test machine
_PERCENTILES = ("50", "90", "95", "99", "999")
_NEVER_IN_DETAILS = ("id", "modelIds", "environment")


class ModelProfile:
    """What a service costs: `ModelProfile(ws, name)` gets a profile that was made by `Model.profile`.

    Raises `NotFoundError` (`profile-not-found`), `UserError` (`name-invalid`).
    """

    def __init__(self, workspace: Workspace, name: str) -> None:
        self.workspace = workspace
        self.name = name
        self._record: ProfileRecord = opened(workspace).profiles.get(name)

    def __repr__(self) -> str:
        shown = {name: value for name, value in self.serialize().items() if name not in _NEVER_IN_DETAILS}
        words = ", ".join(f"{name}={value}" for name, value in shown.items() if value is not None)
        return f"ModelProfile(workspace={self.workspace!r}, {words})"

    def _measured(self, *names: str) -> Any:
        """One value of what was measured; None if nothing was."""
        found: Any = self._record.measured
        for name in names:
            found = found.get(name) if isinstance(found, Mapping) else None
        return found

    # What was asked for -------------------------------------------------------------------------------------------

    @property
    def id(self) -> str:
        """The identity of this measurement; another one under the same name has another."""
        return self._record.id

    @property
    def description(self) -> str | None:
        """The description, if one was given."""
        return self._record.description or None

    @property
    def created_time(self) -> datetime.datetime:
        """When it was begun, in UTC."""
        return datetime.datetime.fromisoformat(self._record.created_at)

    @property
    def state(self) -> str:
        """Succeeded or Failed."""
        return self._record.state

    @property
    def requested_cpu(self) -> float | None:
        """The cores that the service is meant to be given, if that was told."""
        return self._record.cpu_cores

    @property
    def requested_memory_in_gb(self) -> float | None:
        """The memory that the service is meant to be given, if that was told."""
        return self._record.memory_gb

    @property
    def requested_queries_per_second(self) -> float | None:
        """How many requests were sent each second."""
        return self._measured("asked_per_second")  # type: ignore[no-any-return]

    @property
    def input_dataset_id(self) -> str | None:
        """Where the requests came from, if that has a name."""
        return self._record.input_id or None

    @property
    def model_ids(self) -> list[str]:
        """The models that were measured, as they were named."""
        return list(self._record.models)

    @property
    def environment(self) -> dict[str, Any]:
        """The definition of the environment that served; empty for the one of the program that measured."""
        return dict(self._record.environment)

    # What was found -----------------------------------------------------------------------------------------------

    @property
    def max_utilized_cpu(self) -> float | None:
        """The most cores that the service used within a second."""
        return self._measured("loaded", "cpu_cores_max")  # type: ignore[no-any-return]

    @property
    def max_utilized_memory(self) -> float | None:
        """The most memory that the service held, server and worker, in gigabytes (2^30 bytes)."""
        used = self._measured("loaded", "memory_bytes_max")
        return None if used is None else used / BYTES_OF_GB

    @property
    def total_queries(self) -> int | None:
        """How many requests were sent under load."""
        return self._measured("figures", "total")  # type: ignore[no-any-return]

    @property
    def success_queries(self) -> int | None:
        """How many of them were answered with 200."""
        return self._measured("figures", "succeeded")  # type: ignore[no-any-return]

    @property
    def success_rate(self) -> float | None:
        """The share of them that was answered with 200, in percent."""
        return 100 * (self.success_queries or 0) / self.total_queries if self.total_queries else None

    @property
    def measured_queries_per_second(self) -> float | None:
        """How many were answered with 200 each second."""
        return self._measured("figures", "per_second")  # type: ignore[no-any-return]

    @property
    def average_latency_in_ms(self) -> float | None:
        """How long answers took on average, from the moment when the request was due."""
        return self._latency("mean")

    def _latency(self, name: str) -> float | None:
        seconds = self._measured("figures", "latencies", name)
        return None if seconds is None else seconds * 1000

    @property
    def latency_percentile_50_in_ms(self) -> float | None:
        """What half of the answers took at most."""
        return self._latency("percentile_50")

    @property
    def latency_percentile_90_in_ms(self) -> float | None:
        """What 90 percent of the answers took at most."""
        return self._latency("percentile_90")

    @property
    def latency_percentile_95_in_ms(self) -> float | None:
        """What 95 percent of the answers took at most."""
        return self._latency("percentile_95")

    @property
    def latency_percentile_99_in_ms(self) -> float | None:
        """What 99 percent of the answers took at most."""
        return self._latency("percentile_99")

    @property
    def latency_percentile_999_in_ms(self) -> float | None:
        """What 99.9 percent of the answers took at most."""
        return self._latency("percentile_999")

    @property
    def service_seconds(self) -> float | None:
        """The seconds that `run()` took on average, one at a time: what `modelport plan --service-time` asks."""
        return self._measured("service_times", "mean_seconds")  # type: ignore[no-any-return]

    @property
    def service_variation(self) -> float | None:
        """How much that varied (variance / mean²): what `modelport plan --variation` asks."""
        return self._measured("service_times", "variation")  # type: ignore[no-any-return]

    @property
    def recommended_cpu(self) -> float | None:
        """How many cores to give the service: what it used, and a fifth more."""
        return self._measured("advice", "cpu_cores")  # type: ignore[no-any-return]

    @property
    def recommended_memory(self) -> float | None:
        """How many gigabytes of memory to give the service: what it held, and a fifth more."""
        return self._measured("advice", "memory_gb")  # type: ignore[no-any-return]

    @property
    def error(self) -> dict[str, str] | None:
        """Why it failed, or what fell short although it did not, with code, message and remedy."""
        return dict(self._record.error) if self._record.error else None

    @property
    def error_logs_url(self) -> str | None:
        """Where the last lines of the service's log are, if it got so far."""
        return Path(self._record.log_file).as_uri() if self._record.log_file else None

    # What v1 programs call ----------------------------------------------------------------------------------------

    def wait_for_completion(self, show_output: bool = False) -> None:
        """Return at once, for `Model.profile` has measured already; warn of a failure, or of what fell short.

        `show_output` prints the state, and what is recommended.
        """
        if show_output:
            say(self.state)
            if self.state == SUCCEEDED:
                say(f"Recommended: {self.recommended_cpu:g} cores, {self.recommended_memory:g} GB of memory.")
        self._warn()

    def _warn(self) -> None:
        if self.error is None:
            return
        began = f"Profile {self.name} failed" if self.state == FAILED else f"Profile {self.name} was measured, but"
        warnings.warn(f"{began}: {self.error['message']} {self.error['remedy']}", UserWarning, stacklevel=3)

    def wait_for_profiling(self, show_output: bool = False) -> None:
        """The name of `wait_for_completion` in v1's first generation."""
        self.wait_for_completion(show_output)

    def get_results(self) -> dict[str, float | None]:
        """What is recommended, as v1's first generation told it: `cpu` and `memoryInGB`."""
        return {"cpu": self.recommended_cpu, "memoryInGB": self.recommended_memory}

    def get_details(self) -> dict[str, Any]:
        """Everything that is known, under v1's keys; of a failure, what was asked for and why it failed."""
        words = {name: value for name, value in self.serialize().items() if value is not None}
        left_out = (*_NEVER_IN_DETAILS, "errorLogsUri") if self.state == SUCCEEDED else _NEVER_IN_DETAILS
        return {name: value for name, value in words.items() if name not in left_out}

    def serialize(self) -> dict[str, Any]:
        """The profile as JSON-ready words, under v1's keys."""
        latencies = {
            f"latencyPercentile{share}InMs": self._latency(f"percentile_{share}") for share in _PERCENTILES
        }
        return {
            "id": self.id,
            "name": self.name,
            "createdTime": self.created_time.isoformat(),
            "state": self.state,
            "description": self.description,
            "requestedCpu": self.requested_cpu,
            "requestedMemoryInGB": self.requested_memory_in_gb,
            "requestedQueriesPerSecond": self.requested_queries_per_second,
            "inputDatasetId": self.input_dataset_id,
            "maxUtilizedMemoryInGB": self.max_utilized_memory,
            "totalQueries": self.total_queries,
            "successQueries": self.success_queries,
            "successRate": self.success_rate,
            "averageLatencyInMs": self.average_latency_in_ms,
            **latencies,
            "modelIds": self.model_ids,
            "environment": self.environment,
            "maxUtilizedCpu": self.max_utilized_cpu,
            "measuredQueriesPerSecond": self.measured_queries_per_second,
            "error": self.error,
            "errorLogsUri": self.error_logs_url,
            "recommendedMemoryInGB": self.recommended_memory,
            "recommendedCpu": self.recommended_cpu,
        }


def profile(
    workspace: Workspace, name: str, models: Iterable[Any], script: InferenceConfig, **given: Any
) -> ModelProfile:
    """Measure a service; see `Model.profile`, whose other arguments are `given`."""
    _check_range("cpu", given["cpu"], _CPU_RANGE)
    _check_range("memory_in_gb", given["memory_in_gb"], _MEMORY_RANGE)
    config = LocalWebserviceDeploymentConfiguration()
    service = request_of("profile", model_words(models, workspace), script, config)
    requests = given["requests"]
    load = Load(bodies_of(requests), given["seconds"], given["queries_per_second"])
    wish = ProfileRequest(
        name, service, load, given["cpu"], given["memory_in_gb"], given["description"] or "", _identity(requests)
    )
    opened(workspace).profiles.profile(wish, say)
    return ModelProfile(workspace, name)


def bodies_of(requests: Any) -> tuple[bytes, ...]:
    """The bodies of requests in what a program gives for them: text or bytes is one, a list several.

    A file (as `Path`) is one request, or with the suffix .jsonl one in each line; a table with one column (of pandas,
    or one that `to_pandas_dataframe()` makes) has one in each row. Raises `UserError` (`requests-invalid`).
    """
    if isinstance(requests, (str, bytes, bytearray)):
        return (_body(requests),)
    if isinstance(requests, os.PathLike):
        return _bodies_in(Path(requests))
    if hasattr(requests, "to_pandas_dataframe"):
        requests = requests.to_pandas_dataframe()
    if hasattr(requests, "columns") and hasattr(requests, "iloc"):
        if len(requests.columns) != 1:
            raise _invalid(f"the table has {len(requests.columns)} columns; one is needed, with a request in each row")
        requests = requests.iloc[:, 0].tolist()
    if isinstance(requests, Mapping) or not isinstance(requests, Iterable):
        raise _invalid(f"it is {type(requests).__name__}")
    return tuple(_body(request) for request in requests)


def _body(request: Any) -> bytes:
    if isinstance(request, str):
        return request.encode()
    if isinstance(request, (bytes, bytearray)):
        return bytes(request)
    if isinstance(request, (dict, list)):
        return json.dumps(request).encode()
    raise _invalid(f"{request!r} is no request")


def _bodies_in(path: Path) -> tuple[bytes, ...]:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise _invalid(f"the file '{path}' cannot be read ({error.strerror})") from error
    return tuple(line for line in content.splitlines() if line.strip()) if path.suffix == ".jsonl" else (content,)


def _invalid(what: str) -> UserError:
    return UserError(
        "requests-invalid",
        f"The requests for a profile cannot be used: {what}.",
        "Give the text of a request, or a list of such: ['{\"data\": [[1, 2]]}']",
    )


def _identity(requests: Any) -> str:
    """The name of what requests came from, if it has one."""
    return str(requests) if isinstance(requests, os.PathLike) else str(getattr(requests, "id", "") or "")


def _check_range(name: str, value: object, bounds: tuple[float, float]) -> None:
    least, most = bounds
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if value is None or (is_number and least <= float(str(value)) <= most):
        return
    raise UserError(
        "argument-invalid",
        f"Model.profile: {name} is {value!r}; a number from {least:g} to {most:g} is needed.",
        f"Leave {name} out, and what is measured is not compared with it.",
    )
