"""Experiments and runs, as far as training programs log to them and register models from them."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import TracebackType
from typing import IO, TYPE_CHECKING, Any

from modelport.errors import UserError
from modelport.naming import EXPERIMENT, new_id
from modelport.registry.offline_runs import OfflineRuns, run_offline
from modelport.registry.run_records import CANCELED, FAILED, RUNNING, Metric, MetricKind
from modelport.sdk.arguments import accepted, opened, say
from modelport.sdk.model import Model
from modelport.sdk.model_arguments import registration_of

if TYPE_CHECKING:
    from modelport.registry.runs import RunStore
    from modelport.sdk.workspace import Workspace


class Experiment:
    """A named series of runs in a workspace; made when its first run starts.

    Raises `UserError` (`name-invalid`). `_skip_name_validation` and the like of v1 do not exist.
    """

    def __init__(self, workspace: Workspace, name: str) -> None:
        self._runs = opened(workspace).runs
        self.workspace = workspace
        self.name = EXPERIMENT.check(name)

    def __repr__(self) -> str:
        return f"Experiment(Name: {self.name}, Workspace: {self.workspace.name})"

    @property
    def id(self) -> str:
        """The experiment's identity."""
        return self._runs.experiment(self.name).id

    def start_logging(
        self, *, outputs: str | bool | None = None, snapshot_directory: str | None = None, **more: Any
    ) -> Run:
        """Begin a run of this experiment.

        `outputs` is a folder whose files are uploaded as `outputs/…` when the run ends (None or False: none).
        `snapshot_directory` is accepted and has no effect: sources are kept by version control, not by runs.
        """
        accepted("Experiment.start_logging", more, ("display_name",))
        _ = snapshot_directory
        folder = Path(outputs) if isinstance(outputs, str) else None
        record = self._runs.start(self.name, display_name=more.get("display_name") or "", outputs_directory=folder)
        return Run(self, record.id)

    def get_runs(self, type: str | None = None, tags: Any = None, properties: Any = None, **_more: Any) -> list[Run]:
        """The runs of this experiment, the newest first; `tags` is a key or a mapping that they must have."""
        _ = type
        found = self._runs.find(self.name)
        return [
            Run(self, record.id)
            for record in found
            if _has(record.tags, tags) and _has(record.properties, properties)
        ]

    @staticmethod
    def list(workspace: Workspace) -> list[Experiment]:
        """All experiments of the workspace, by name."""
        return [Experiment(workspace, record.name) for record in opened(workspace).runs.experiments()]


class Run:
    """One run: what it logs, the files it uploads, and the models registered from it.

    `Run(experiment, run_id)` gets an existing run; raises `NotFoundError` (`run-not-found`). As a context it is
    completed at the end of the block, or failed by an error. Outside a workspace `Run.get_context()` gives an offline
    run: it keeps everything in memory and prints what is logged.
    """

    def __init__(self, experiment: Experiment | None, run_id: str) -> None:
        self._experiment = experiment
        self._store: RunStore | OfflineRuns = OfflineRuns(run_id) if experiment is None else experiment._runs
        self.id = self._store.get(run_id).id

    def __repr__(self) -> str:
        return f"Run(Experiment: {self._store.get(self.id).experiment_name}, Id: {self.id}, Status: {self.status})"

    @staticmethod
    def get_context(allow_offline: bool = True, **_more: Any) -> Run:
        """The run that this program belongs to: an offline one, as nothing submits programs here.

        Raises `UserError` (`run-offline`) if `allow_offline` is False.
        """
        run_id = f"OfflineRun_{new_id()}"
        if not allow_offline:
            raise run_offline("This program was not submitted as a run", run_id)
        return Run(None, run_id)

    @property
    def experiment(self) -> Experiment:
        """The experiment; raises `UserError` (`run-offline`) for an offline run."""
        if self._experiment is None:
            raise run_offline("There is no experiment", self.id)
        return self._experiment

    @property
    def number(self) -> int:
        """The run's place in its experiment, from 1 on."""
        return self._store.get(self.id).number

    @property
    def display_name(self) -> str:
        """The name that people see."""
        return self._store.get(self.id).display_name

    @property
    def status(self) -> str:
        """`Running`, `Completed`, `Failed` or `Canceled`."""
        return self._store.get(self.id).status

    def get_status(self) -> str:
        """`Running`, `Completed`, `Failed` or `Canceled`."""
        return self.status

    @property
    def tags(self) -> dict[str, str]:
        """The tags."""
        return dict(self._store.get(self.id).tags)

    def get_tags(self) -> dict[str, str]:
        """The tags."""
        return self.tags

    @property
    def properties(self) -> dict[str, str]:
        """The properties, which never change."""
        return dict(self._store.get(self.id).properties)

    def get_properties(self) -> dict[str, str]:
        """The properties, which never change."""
        return self.properties

    def get_details(self) -> dict[str, Any]:
        """The run in v1's words: `runId`, `status`, times in UTC, `properties`, `error`."""
        record = self._store.get(self.id)
        return {
            "runId": record.id,
            "status": record.status,
            "startTimeUtc": record.started_at.isoformat(),
            "endTimeUtc": record.ended_at.isoformat() if record.ended_at else None,
            "properties": dict(record.properties),
            "error": record.error or None,
        }

    # Logging -----------------------------------------------------------------------------------------------------

    def log(self, name: str, value: float | str, description: str = "", step: int | None = None) -> None:
        """Log a number or text; a name that is logged again becomes a list. `description` and `step` are not kept."""
        _ = description, step
        self._log(name, "scalar", value)

    def log_list(self, name: str, value: Any, description: str = "") -> None:
        """Log a list of numbers or texts."""
        _ = description
        self._log(name, "list", value)

    def log_row(self, name: str, description: str | None = None, **kwargs: Any) -> None:
        """Log one row of a table, its columns as keywords."""
        _ = description
        self._log(name, "row", kwargs)

    def log_table(self, name: str, value: Mapping[str, Any], description: str = "") -> None:
        """Log a table: a mapping from column to list of values."""
        _ = description
        self._log(name, "table", value)

    def _log(self, name: str, kind: MetricKind, value: Any) -> None:
        self._store.log(self.id, Metric(name, kind, value))
        if self._experiment is None:
            say(f"{name}: {value}")

    def get_metrics(self, name: str | None = None, **_more: Any) -> dict[str, Any]:
        """What was logged: one value per name, or a list where a name was logged more than once."""
        return self._store.metrics(self.id, name)

    def tag(self, key: str, value: str | None = None) -> None:
        """Set one tag; without a value the key alone counts."""
        self._store.set_tag(self.id, key, "" if value is None else str(value))

    def set_tags(self, tags: Mapping[str, str]) -> None:
        """Set several tags."""
        for key, value in tags.items():
            self.tag(key, value)

    def add_properties(self, properties: Mapping[str, str]) -> None:
        """Add properties; raises `ConflictError` (`properties-immutable`)."""
        self._store.add_properties(self.id, properties)

    # Files -------------------------------------------------------------------------------------------------------

    def upload_file(self, name: str, path_or_stream: str | Path | IO[Any], **_more: Any) -> None:
        """Keep a file, or what a stream still holds, under `name`, such as `outputs/my_model.pkl`.

        Raises `UserError` (`model-path-missing`, `run-file-invalid`), `ConflictError` (`run-file-exists`).
        """
        if isinstance(path_or_stream, (str, Path)):
            self._store.upload(self.id, name, Path(path_or_stream))
            return
        content = path_or_stream.read()
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "stream"
            path.write_bytes(content.encode() if isinstance(content, str) else content)
            self._store.upload(self.id, name, path)

    def upload_folder(self, name: str, path: str, **_more: Any) -> None:
        """Keep all files of the folder at `path` under `name/…`, or none of them."""
        self._store.upload(self.id, name, Path(path))

    def get_file_names(self) -> list[str]:
        """The names of the uploaded files, sorted."""
        return self._store.files(self.id)

    def download_file(self, name: str, output_file_path: str | None = None, **_more: Any) -> None:
        """Copy an uploaded file to `output_file_path`: a file, or an existing folder (default: the current one)."""
        target = Path(output_file_path or ".")
        self._store.download(self.id, name, target / Path(name).name if target.is_dir() else target)

    def download_files(self, prefix: str | None = None, output_directory: str | None = None, **_more: Any) -> None:
        """Copy the files whose names begin with `prefix` (None: all) below `output_directory`, by their names."""
        for name in self.get_file_names():
            if name.startswith(prefix or ""):
                self._store.download(self.id, name, Path(output_directory or ".") / name)

    # The end -----------------------------------------------------------------------------------------------------

    def complete(self) -> None:
        """End the run as completed."""
        self._store.finish(self.id)

    def fail(self, error_details: object = None, error_code: str | None = None) -> None:
        """End the run as failed, with what is known about it."""
        words = [str(word) for word in (error_code, error_details) if word]
        self._store.finish(self.id, status=FAILED, error=": ".join(words))

    def cancel(self) -> None:
        """End the run as canceled."""
        self._store.finish(self.id, status=CANCELED)

    def flush(self, timeout_seconds: float = 300) -> None:
        """Everything is kept as soon as it is logged; v1 programs may ask for it again."""
        _ = timeout_seconds

    def wait_for_completion(self, show_output: bool = False, **_more: Any) -> dict[str, Any]:
        """The details of the run, which ends by the hand of the program that started it."""
        if show_output:
            say(repr(self))
        return self.get_details()

    def __enter__(self) -> Run:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self.status != RUNNING:
            return
        if error is None:
            self.complete()
        else:
            self.fail(error, kind.__name__ if kind else None)

    def register_model(
        self,
        model_name: str,
        model_path: str | None = None,
        tags: Mapping[str, str] | None = None,
        properties: Mapping[str, str] | None = None,
        model_framework: str | None = None,
        model_framework_version: str | None = None,
        description: str | None = None,
        datasets: Iterable[tuple[str, object]] | None = None,
        **details: Any,
    ) -> Model:
        """Register an uploaded file or folder as the next version of a model; None: the one called `model_name`.

        Raises `NotFoundError` (`run-file-missing`, naming what was uploaded), `UserError` (`run-offline`).
        """
        registration = registration_of(
            model_name,
            tags=tags,
            properties=properties,
            description=description,
            model_framework=model_framework,
            model_framework_version=model_framework_version,
            datasets=datasets,
            **details,
        )
        record = self._store.register_model(self.id, registration, model_path)
        return Model._of(self.experiment.workspace, record)

    def get_secret(self, name: str) -> str:
        """A secret of the workspace; raises `NotFoundError` (`secret-not-found`), `UserError` (`run-offline`)."""
        return opened(self.experiment.workspace).secrets.get(name)

    def get_secrets(self, secrets: Iterable[str]) -> dict[str, str | None]:
        """Secrets of the workspace; None for a name that is not there."""
        return opened(self.experiment.workspace).secrets.get_many(secrets)


def _has(labels: Mapping[str, str], wanted: object) -> bool:
    if wanted is None:
        return True
    if isinstance(wanted, str):
        return wanted in labels
    if isinstance(wanted, Mapping):
        return all(labels.get(key) == value for key, value in wanted.items())
    raise UserError(
        "argument-invalid",
        f"The filter {wanted!r} is neither a key nor a mapping.",
        "Write tags='key' or tags={'key': 'value'}.",
    )
