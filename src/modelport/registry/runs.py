"""Experiments and runs: what a training program logs and uploads, and how a model is registered from it."""

from __future__ import annotations

import datetime
import posixpath
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from modelport.errors import ConflictError, NotFoundError
from modelport.naming import EXPERIMENT, new_id
from modelport.registry import delivery
from modelport.registry.artifacts import ArtifactStore
from modelport.registry.catalog import ModelRegistry
from modelport.registry.labels import add_properties, check_labels
from modelport.registry.model import Blob, Contents, ModelFile, ModelVersion, Origin, Registration
from modelport.registry.references import storing
from modelport.registry.run_records import (
    COMPLETED,
    RUNNING,
    ExperimentRecord,
    Metric,
    RunRecord,
    checked_metric,
    checked_name,
    file_missing,
    summarised,
)
from modelport.registry.survey import SourceFile, survey
from modelport.storage.database import Database
from modelport.storage.tables import experiments, run_files, run_metrics, runs


class RunStore:
    """The experiments and runs of one workspace; `registry` receives the models that runs register."""

    def __init__(self, database: Database, artifacts: ArtifactStore, registry: ModelRegistry) -> None:
        self._database = database
        self._artifacts = artifacts
        self._registry = registry

    def experiment(self, name: str) -> ExperimentRecord:
        """The experiment of that name, made if it does not exist; raises `UserError` (`name-invalid`)."""
        EXPERIMENT.check(name)
        wanted = sa.select(experiments).where(experiments.c.name == name)
        with self._database.reading() as connection:
            row = connection.execute(wanted).first()
        if row is None:
            with self._database.writing() as connection:
                row = connection.execute(wanted).first()  # another process may have been first
                if row is None:
                    connection.execute(experiments.insert().values(name=name, id=new_id(), created_at=_now()))
                    row = connection.execute(wanted).one()
        return ExperimentRecord(**row._mapping)

    def experiments(self) -> list[ExperimentRecord]:
        """All experiments, by name."""
        with self._database.reading() as connection:
            rows = connection.execute(sa.select(experiments).order_by(experiments.c.name)).all()
        return [ExperimentRecord(**row._mapping) for row in rows]

    def start(
        self, experiment_name: str, *, display_name: str = "", outputs_directory: Path | None = None
    ) -> RunRecord:
        """Begin a run; the files in `outputs_directory` are uploaded as `outputs/…` when it ends."""
        self.experiment(experiment_name)
        run_id = new_id()
        with self._database.writing() as connection:
            of_experiment = sa.select(sa.func.max(runs.c.number)).where(runs.c.experiment_name == experiment_name)
            connection.execute(
                runs.insert().values(
                    id=run_id,
                    experiment_name=experiment_name,
                    number=(connection.scalar(of_experiment) or 0) + 1,
                    status=RUNNING,
                    display_name=display_name or f"{experiment_name}_{run_id}",
                    tags={},
                    properties={},
                    outputs_directory=str(outputs_directory.absolute()) if outputs_directory else None,
                    error="",
                    started_at=_now(),
                )
            )
        return self.get(run_id)

    def get(self, run_id: str) -> RunRecord:
        """One run; raises `NotFoundError` (`run-not-found`)."""
        with self._database.reading() as connection:
            row = connection.execute(sa.select(runs).where(runs.c.id == run_id)).first()
        if row is None:
            raise _run_not_found(run_id)
        return RunRecord(**row._mapping)

    def find(self, experiment_name: str | None = None, *, status: str | None = None) -> list[RunRecord]:
        """The runs of an experiment (None: of all), the newest first."""
        statement = sa.select(runs).order_by(runs.c.started_at.desc(), runs.c.number.desc())
        if experiment_name is not None:
            statement = statement.where(runs.c.experiment_name == experiment_name)
        if status is not None:
            statement = statement.where(runs.c.status == status)
        with self._database.reading() as connection:
            return [RunRecord(**row._mapping) for row in connection.execute(statement)]

    def log(self, run_id: str, metric: Metric) -> None:
        """Add one value to a metric; raises `UserError` (`metric-invalid`), `NotFoundError` (`run-not-found`)."""
        metric = checked_metric(metric.name, metric.kind, metric.value)
        values = {"name": metric.name, "kind": metric.kind, "value": metric.value, "created_at": _now()}
        try:
            with self._database.writing() as connection:
                connection.execute(run_metrics.insert().values(run_id=run_id, **values))
        except sa.exc.IntegrityError as error:
            raise _run_not_found(run_id) from error

    def metrics(self, run_id: str, name: str | None = None) -> dict[str, Any]:
        """What was logged, one value per name, or a list where a name was logged more than once."""
        statement = sa.select(run_metrics).where(run_metrics.c.run_id == run_id).order_by(run_metrics.c.id)
        if name is not None:
            statement = statement.where(run_metrics.c.name == name)
        with self._database.reading() as connection:
            rows = connection.execute(statement).all()
        return summarised([Metric(row.name, row.kind, row.value) for row in rows])

    def upload(self, run_id: str, name: str, path: Path) -> None:
        """Keep the file or folder at `path` under the run's own `name` (a path with slashes), all of it or nothing.

        Raises `UserError` (`run-file-invalid`, `model-path-missing`, `model-path-refused`), `ConflictError`
        (`run-file-exists`), `NotFoundError` (`run-not-found`).
        """
        self.get(run_id)
        kept = checked_name(name)
        source = survey(path)
        files = [file for file in source.files if file.location is not None]
        named = [(posixpath.join(kept, *file.path.split("/")[1:]), file) for file in files]
        self._refuse_existing(run_id, [target for target, _ in named])
        self._keep(run_id, named)

    def _refuse_existing(self, run_id: str, targets: list[str]) -> None:
        present = set(self.files(run_id))
        taken = sorted(present.intersection(targets))
        if taken:
            raise ConflictError(
                "run-file-exists",
                f"Run '{run_id}' has a file {taken[0]!r} already.",
                "Files of a run never change: upload it under another name.",
            )

    def _keep(self, run_id: str, named: list[tuple[str, SourceFile]]) -> None:
        with storing(self._database, self._artifacts):
            stored = [(name, self._artifacts.put(file.location)) for name, file in named if file.location]
            rows = [
                {"run_id": run_id, "path": name, "digest": blob.digest, "size_bytes": blob.size_bytes}
                for name, blob in stored
            ]
            try:
                with self._database.writing() as connection:
                    connection.execute(run_files.insert(), rows)
            except sa.exc.IntegrityError:
                self._refuse_existing(run_id, [name for name, _ in named])  # another process was first
                raise

    def files(self, run_id: str) -> list[str]:
        """The names of the uploaded files, sorted."""
        return [path for path, _ in self._files(run_id)]

    def _files(self, run_id: str) -> list[tuple[str, Blob]]:
        statement = sa.select(run_files).where(run_files.c.run_id == run_id).order_by(run_files.c.path)
        with self._database.reading() as connection:
            return [(row.path, Blob(row.digest, row.size_bytes)) for row in connection.execute(statement)]

    def download(self, run_id: str, name: str, target: Path) -> Path:
        """Copy an uploaded file, or all below a folder's name, to `target`, replacing files that are there.

        Raises `NotFoundError` (`run-file-missing`), `ConflictError` (`download-exists`: a folder where a file is
        wanted, or the other way round).
        """
        contents = self._select(run_id, name, target.name)
        return delivery.download(self._artifacts, contents, target.parent, exist_ok=True)

    def register_model(self, run_id: str, registration: Registration, model_path: str | None) -> ModelVersion:
        """Register an uploaded file or folder of the run as the next version of a model; None: named as the model.

        Raises `NotFoundError` (`run-not-found`, `run-file-missing`: it names what was uploaded) and as
        `ModelRegistry.register` does.
        """
        run = self.get(run_id)
        with self._artifacts.writing():
            contents = self._select(run_id, registration.name if model_path is None else model_path)
            return self._registry.register_contents(contents, registration, Origin(run.id, run.experiment_name))

    def _select(self, run_id: str, name: str, root_name: str | None = None) -> Contents:
        """The file or folder that was uploaded as `name`, to be called `root_name` (None: as it is)."""
        wanted = checked_name(name)
        files = self._files(run_id)
        root_name = root_name or posixpath.basename(wanted)
        for path, blob in files:
            if path == wanted:
                return Contents(root_name, False, (ModelFile(root_name, blob),))
        below = [(path[len(wanted) + 1 :], blob) for path, blob in files if path.startswith(f"{wanted}/")]
        if below:
            return Contents(root_name, True, tuple(ModelFile(f"{root_name}/{path}", blob) for path, blob in below))
        raise file_missing(run_id, wanted, [path for path, _ in files])

    def set_tag(self, run_id: str, key: str, value: str) -> None:
        """Set one tag; raises `NotFoundError` (`run-not-found`), `UserError` (`labels-invalid`)."""
        tags = check_labels("tags", {key: value})
        self._change(run_id, lambda run: {"tags": {**run.tags, **tags}})

    def add_properties(self, run_id: str, properties: Mapping[str, str]) -> None:
        """Add properties, which never change; raises `ConflictError` (`properties-immutable`)."""
        added = check_labels("properties", properties)
        self._change(run_id, lambda run: {"properties": add_properties(run.properties, added)})

    def finish(self, run_id: str, *, status: str = COMPLETED, error: str = "") -> RunRecord:
        """End a run, once the files in its outputs folder are uploaded (those that are there already stay)."""
        self._upload_outputs(self.get(run_id))
        self._change(run_id, lambda _: {"status": status, "error": error, "ended_at": _now()})
        return self.get(run_id)

    def _upload_outputs(self, run: RunRecord) -> None:
        folder = Path(run.outputs_directory) if run.outputs_directory else None
        if folder is None or not folder.is_dir() or not any(folder.iterdir()):
            return
        present = set(self.files(run.id))
        named = [(posixpath.join("outputs", *file.path.split("/")[1:]), file) for file in survey(folder).files]
        new = [(name, file) for name, file in named if file.location is not None and name not in present]
        if new:
            self._keep(run.id, new)

    def _change(self, run_id: str, values_of: Any) -> None:
        with self._database.writing() as connection:
            row = connection.execute(sa.select(runs).where(runs.c.id == run_id)).first()
            if row is None:
                raise _run_not_found(run_id)
            values = values_of(RunRecord(**row._mapping))
            connection.execute(runs.update().where(runs.c.id == run_id).values(values))


def _now() -> datetime.datetime:
    return datetime.datetime.now(datetime.timezone.utc)


def _run_not_found(run_id: str) -> NotFoundError:
    return NotFoundError(
        "run-not-found",
        f"There is no run '{run_id}' in this workspace.",
        "List the runs: Experiment(ws, name).get_runs()",
    )
