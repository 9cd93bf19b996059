"""A run without a workspace: a training script that logs runs anywhere, and keeps what it logs in memory."""

from __future__ import annotations

import datetime
import posixpath
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NoReturn

from modelport.errors import UserError
from modelport.registry.labels import add_properties, check_labels
from modelport.registry.model import Registration
from modelport.registry.run_records import (
    COMPLETED,
    RUNNING,
    Metric,
    RunRecord,
    checked_metric,
    checked_name,
    file_missing,
    summarised,
)
from modelport.registry.survey import survey
from modelport.v1_kinds import RunOfflineError


class OfflineRuns:
    """Does for one run, in memory, what `RunStore` does for the runs of a workspace."""

    def __init__(self, run_id: str) -> None:
        self._run_id = run_id
        self._started_at = _now()
        self._ended_at: datetime.datetime | None = None
        self._status = RUNNING
        self._error = ""
        self._tags: dict[str, str] = {}
        self._properties: dict[str, str] = {}
        self._metrics: list[Metric] = []
        self._files: dict[str, Path] = {}

    def get(self, run_id: str) -> RunRecord:
        """The run as it is now."""
        return RunRecord(
            id=run_id,
            experiment_name="",
            number=1,
            status=self._status,
            display_name=run_id,
            tags=dict(self._tags),
            properties=dict(self._properties),
            outputs_directory=None,
            error=self._error,
            started_at=self._started_at,
            ended_at=self._ended_at,
        )

    def log(self, run_id: str, metric: Metric) -> None:  # noqa: ARG002 - one run alone
        """Add one value to a metric; raises `UserError` (`metric-invalid`)."""
        self._metrics.append(checked_metric(metric.name, metric.kind, metric.value))

    def metrics(self, run_id: str, name: str | None = None) -> dict[str, Any]:  # noqa: ARG002
        """What was logged, one value per name, or a list where a name was logged more than once."""
        return summarised([metric for metric in self._metrics if name in (None, metric.name)])

    def upload(self, run_id: str, name: str, path: Path) -> None:  # noqa: ARG002
        """Remember where the file or the files of the folder lie; raises `UserError` as `RunStore.upload` does."""
        kept = checked_name(name)
        for file in survey(path).files:
            if file.location is not None:
                self._files[posixpath.join(kept, *file.path.split("/")[1:])] = file.location

    def files(self, run_id: str) -> list[str]:  # noqa: ARG002
        """The names of the uploaded files, sorted."""
        return sorted(self._files)

    def download(self, run_id: str, name: str, target: Path) -> Path:
        """Copy an uploaded file to `target`; raises `NotFoundError` (`run-file-missing`)."""
        wanted = checked_name(name)
        if wanted not in self._files:
            raise file_missing(run_id, wanted, self.files(run_id))
        target.parent.mkdir(parents=True, exist_ok=True)
        return Path(shutil.copyfile(self._files[wanted], target))

    def register_model(self, run_id: str, registration: Registration, model_path: str | None) -> NoReturn:
        """Refused: there is no workspace to register in. Raises `UserError` (`run-offline`)."""
        path = model_path or registration.name
        raise run_offline(f"Model '{registration.name}' ({path}) cannot be registered", run_id)

    def set_tag(self, run_id: str, key: str, value: str) -> None:  # noqa: ARG002
        """Set one tag; raises `UserError` (`labels-invalid`)."""
        self._tags.update(check_labels("tags", {key: value}))

    def add_properties(self, run_id: str, properties: Mapping[str, str]) -> None:  # noqa: ARG002
        """Add properties, which never change; raises `ConflictError` (`properties-immutable`)."""
        self._properties = add_properties(self._properties, check_labels("properties", properties))

    def finish(self, run_id: str, *, status: str = COMPLETED, error: str = "") -> RunRecord:
        """End the run."""
        self._status, self._error, self._ended_at = status, error, _now()
        return self.get(run_id)


def run_offline(what: str, run_id: str) -> UserError:
    """The error for what needs a workspace, on a run that has none."""
    return RunOfflineError(
        "run-offline",
        f"{what}: run '{run_id}' is offline, it belongs to no workspace.",
        "Start a run of a workspace: run = Experiment(ws, 'NAME').start_logging()",
    )


def _now() -> datetime.datetime:
    return datetime.datetime.now(datetime.timezone.utc)
