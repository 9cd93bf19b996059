"""What a run has to do with its workspace: models that are registered from it, and secrets."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from modelport.registry.offline_runs import OfflineRuns
from modelport.sdk.arguments import opened, refuse_unknown
from modelport.sdk.model import Model
from modelport.sdk.model_arguments import registration_of

if TYPE_CHECKING:
    from modelport.registry.runs import RunStore
    from modelport.sdk.resource import ResourceConfiguration
    from modelport.sdk.run import Experiment


class RunModels:
    """How models are registered from a run, and how it gets secrets."""

    id: str
    _store: RunStore | OfflineRuns

    @property
    def experiment(self) -> Experiment:
        """The experiment; a run that has none says so."""
        raise TypeError(f"{type(self).__name__} belongs to no experiment")

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
        sample_input_dataset: object = None,
        sample_output_dataset: object = None,
        resource_configuration: ResourceConfiguration | None = None,
        **kwargs: Any,
    ) -> Model:
        """Register an uploaded file or folder as the next version of a model; None: the one called `model_name`.

        Raises `NotFoundError` (`run-file-missing`, naming what was uploaded), `UserError` (`run-offline`).
        """
        refuse_unknown("Run.register_model", RunModels.register_model, kwargs)
        registration = registration_of(
            model_name,
            tags=tags,
            properties=properties,
            description=description,
            model_framework=model_framework,
            model_framework_version=model_framework_version,
            datasets=datasets,
            sample_input_dataset=sample_input_dataset,
            sample_output_dataset=sample_output_dataset,
            resource_configuration=resource_configuration,
        )
        record = self._store.register_model(self.id, registration, model_path)
        return Model._of(self.experiment.workspace, record)

    def get_secret(self, name: str) -> str:
        """A secret of the workspace; raises `NotFoundError` (`secret-not-found`), `UserError` (`run-offline`)."""
        return opened(self.experiment.workspace).secrets.get(name)

    def get_secrets(self, secrets: Iterable[str]) -> dict[str, str | None]:
        """Secrets of the workspace; None for a name that is not there."""
        return opened(self.experiment.workspace).secrets.get_many(secrets)
