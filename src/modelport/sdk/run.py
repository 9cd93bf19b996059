"""Experiments and runs, as far as training programs log to them and register models from them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from modelport.errors import UserError
from modelport.naming import EXPERIMENT, new_id
from modelport.registry.offline_runs import OfflineRuns, run_offline
from modelport.registry.run_records import CANCELED, FAILED, RUNNING
from modelport.sdk.absent import REASONS, absent
from modelport.sdk.arguments import accepted, opened, refuse_unknown, say
from modelport.sdk.run_models import RunModels
from modelport.sdk.run_parts import RunFiles, RunLogging

if TYPE_CHECKING:
    from modelport.registry.runs import RunStore
    from modelport.sdk.workspace import Workspace


class Experiment:
    """A named series of runs in a workspace; made when its first run starts.

    v1's underscored arguments have no effect. Raises `UserError` (`name-invalid`, `argument-unknown`).
    """

    submit = absent("azureml.core.Experiment.submit", REASONS["training"])
    archive = absent("azureml.core.Experiment.archive", REASONS["training"])
    reactivate = absent("azureml.core.Experiment.reactivate", REASONS["training"])
    delete = absent("azureml.core.Experiment.delete", REASONS["training"])

    def __init__(
        self,
        workspace: Workspace,
        name: str,
        _skip_name_validation: bool = False,
        _id: str | None = None,
        _archived_time: object = None,
        _create_in_cloud: bool = True,
        _experiment_dto: object = None,
        **kwargs: Any,
    ) -> None:
        refuse_unknown("Experiment", Experiment.__init__, kwargs)
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

    def get_runs(
        self, type: str | None = None, tags: Any = None, properties: Any = None, include_children: bool = False
    ) -> list[Run]:
        """The runs of this experiment, the newest first; `tags` is a key or a mapping that they must have."""
        _ = type, include_children
        found = self._runs.find(self.name)
        return [
            Run(self, record.id)
            for record in found
            if _has(record.tags, tags) and _has(record.properties, properties)
        ]

    @staticmethod
    def list(
        workspace: Workspace, experiment_name: str | None = None, view_type: str = "ActiveOnly", tags: Any = None
    ) -> list[Experiment]:
        """The experiments of the workspace, by name; they have no tags, so that asking for some finds none."""
        _ = view_type
        return [
            Experiment(workspace, record.name)
            for record in opened(workspace).runs.experiments()
            if experiment_name in (None, record.name) and not tags
        ]


class Run(RunLogging, RunFiles, RunModels):
    """One run: what it logs, the files it uploads, and the models registered from it.

    `Run(experiment, run_id)` gets an existing run; raises `NotFoundError` (`run-not-found`). As a context it is
    completed at the end of the block, or failed by an error. Outside a workspace `Run.get_context()` gives an offline
    run: it keeps everything in memory and prints what is logged.
    """

    submit_child = absent("azureml.core.Run.submit_child", REASONS["training"])
    child_run = absent("azureml.core.Run.child_run", REASONS["training"])
    create_children = absent("azureml.core.Run.create_children", REASONS["training"])
    get_children = absent("azureml.core.Run.get_children", REASONS["training"])
    take_snapshot = absent("azureml.core.Run.take_snapshot", REASONS["training"])
    restore_snapshot = absent("azureml.core.Run.restore_snapshot", REASONS["training"])
    log_image = absent("azureml.core.Run.log_image", REASONS["tracking"])
    log_confusion_matrix = absent("azureml.core.Run.log_confusion_matrix", REASONS["tracking"])
    log_accuracy_table = absent("azureml.core.Run.log_accuracy_table", REASONS["tracking"])
    log_residuals = absent("azureml.core.Run.log_residuals", REASONS["tracking"])
    log_predictions = absent("azureml.core.Run.log_predictions", REASONS["tracking"])

    def __init__(
        self, experiment: Experiment | None, run_id: str, outputs: str | None = None, **kwargs: Any
    ) -> None:
        _ = outputs  # a run that exists has its folder already
        refuse_unknown("Run", Run.__init__, {name: value for name, value in kwargs.items() if name[0] != "_"})
        self._experiment = experiment
        self._store: RunStore | OfflineRuns = OfflineRuns(run_id) if experiment is None else experiment._runs
        self.id = self._store.get(run_id).id

    def __repr__(self) -> str:
        return f"Run(Experiment: {self._store.get(self.id).experiment_name}, Id: {self.id}, Status: {self.status})"

    @staticmethod
    def get(workspace: Workspace, run_id: str) -> Run:
        """A run of any experiment; raises `NotFoundError` (`run-not-found`)."""
        return workspace.get_run(run_id)

    @staticmethod
    def list(
        experiment: Experiment,
        type: str | None = None,
        tags: Any = None,
        properties: Any = None,
        status: str | None = None,
        include_children: bool = False,
        _rehydrate_runs: bool = True,
    ) -> list[Run]:
        """The runs of an experiment, the newest first, that have the tags, properties and the status."""
        found = experiment.get_runs(type, tags, properties, include_children)
        return [run for run in found if status in (None, run.status)]

    @classmethod
    def get_context(cls, allow_offline: bool = True, used_for_context_manager: bool = False, **kwargs: Any) -> Run:
        """The run that this program belongs to: an offline one, as nothing submits programs here.

        Raises `UserError` (`run-offline`) if `allow_offline` is False.
        """
        _ = used_for_context_manager, kwargs
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

    # The end -----------------------------------------------------------------------------------------------------

    def complete(self, _set_status: bool = True) -> None:
        """End the run as completed."""
        self._store.finish(self.id)

    def fail(self, error_details: object = None, error_code: str | None = None, _set_status: bool = True) -> None:
        """End the run as failed, with what is known about it."""
        words = [str(word) for word in (error_code, error_details) if word]
        self._store.finish(self.id, status=FAILED, error=": ".join(words))

    def cancel(self) -> None:
        """End the run as canceled."""
        self._store.finish(self.id, status=CANCELED)

    def flush(self, timeout_seconds: float = 300) -> None:
        """Everything is kept as soon as it is logged; v1 programs may ask for it again."""
        _ = timeout_seconds

    def wait_for_completion(
        self, show_output: bool = False, wait_post_processing: bool = False, raise_on_error: bool = True
    ) -> dict[str, Any]:
        """The details of the run, which ends by the hand of the program that started it."""
        _ = wait_post_processing, raise_on_error
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


def get_run(experiment: Experiment, run_id: str, rehydrate: bool = True, clean_up: bool = True) -> Run:
    """A run of an experiment; the last two have no effect. Raises `NotFoundError` (`run-not-found`)."""
    _ = rehydrate, clean_up
    return Run(experiment, run_id)
