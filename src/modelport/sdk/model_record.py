"""The attributes of a registered model."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any

from modelport.registry.model import ModelVersion
from modelport.registry.served_path import MODELS_FOLDER
from modelport.sdk.arguments import opened
from modelport.sdk.resource import ResourceConfiguration

if TYPE_CHECKING:
    from modelport.sdk.run import Run
    from modelport.sdk.workspace import Workspace

_MIME_TYPE = "application/x-python"


class ModelRecord:
    """What a model version is: read here, changed by the methods of `Model`."""

    workspace: Workspace
    _record: ModelVersion

    def __repr__(self) -> str:
        return (
            f"Model(workspace={self.workspace!r}, name={self.name}, id={self.id}, version={self.version}, "
            f"tags={self.tags}, properties={self.properties})"
        )

    @property
    def name(self) -> str:
        """The model's name."""
        return self._record.name

    @property
    def version(self) -> int:
        """The version, from 1 on."""
        return self._record.version

    @property
    def id(self) -> str:
        """`name:version`."""
        return self._record.id

    @property
    def description(self) -> str:
        """The description, "" if none was given."""
        return self._record.description

    @property
    def tags(self) -> dict[str, str]:
        """The tags; change them with `add_tags` and `remove_tags`."""
        return dict(self._record.tags)

    @property
    def properties(self) -> dict[str, str]:
        """The properties, which never change; new ones may be added."""
        return dict(self._record.properties)

    @property
    def model_framework(self) -> str | None:
        """One of `Model.Framework`, or None."""
        return self._record.framework or None

    @property
    def model_framework_version(self) -> str | None:
        """The framework's version, or None."""
        return self._record.framework_version or None

    @property
    def created_by(self) -> str:
        """The user of this machine who registered it."""
        return self._record.created_by

    @property
    def created_time(self) -> datetime.datetime:
        """When it was registered, in UTC."""
        return self._record.created_at

    @property
    def run_id(self) -> str | None:
        """The run that it was registered from, or None."""
        return self._record.origin.run_id if self._record.origin else None

    @property
    def experiment_name(self) -> str | None:
        """The experiment of that run, or None."""
        return self._record.origin.experiment_name if self._record.origin else None

    @property
    def run(self) -> Run | None:
        """The run that it was registered from, or None."""
        return self.workspace.get_run(self.run_id) if self.run_id else None

    @property
    def unpack(self) -> bool:
        """Whether it is a folder."""
        return self._record.is_folder

    @property
    def mime_type(self) -> str:
        """Always the same; v1 programs may read it."""
        return _MIME_TYPE

    @property
    def url(self) -> str:
        """An address that changes with the contents; it names them and cannot be opened."""
        return f"aml://asset/{self._record.digest[:32]}"

    @property
    def resource_configuration(self) -> ResourceConfiguration | None:
        """The resources that the model asks for, or None."""
        return ResourceConfiguration.deserialize(self._detail("resource_configuration"))

    @property
    def sample_input_dataset(self) -> str | None:
        """The identity of the sample input, as it was given."""
        identity: str | None = self._detail("sample_input_dataset")
        return identity

    @property
    def sample_output_dataset(self) -> str | None:
        """The identity of the sample output, as it was given."""
        identity: str | None = self._detail("sample_output_dataset")
        return identity

    @property
    def datasets(self) -> dict[str, list[str]]:
        """The identities of the data sets, by the purpose that they were given for."""
        found: dict[str, list[str]] = {}
        for purpose, identity in self._detail("datasets") or ():
            found.setdefault(purpose, []).append(identity)
        return found

    def _detail(self, key: str) -> Any:
        return self._record.details.get(key)

    def serialize(self) -> dict[str, Any]:
        """Everything about this version, JSON-ready, under v1's keys."""
        return {
            "createdTime": self.created_time.isoformat(),
            "createdBy": self.created_by,
            "description": self.description,
            "id": self.id,
            "mimeType": self.mime_type,
            "name": self.name,
            "framework": self.model_framework,
            "frameworkVersion": self.model_framework_version,
            "tags": self.tags,
            "properties": self.properties,
            "unpack": self.unpack,
            "url": self.url,
            "version": self.version,
            "experimentName": self.experiment_name,
            "runId": self.run_id,
            "runDetails": repr(self.run) if self.run else None,
            "datasets": self.datasets,
            "resourceConfiguration": self._detail("resource_configuration"),
            "sampleInputDatasetId": self.sample_input_dataset,
            "sampleOutputDatasetId": self.sample_output_dataset,
        }

    def get_sas_urls(self) -> dict[str, str]:
        """Where its files can be read: path in the model -> URL of a copy on this machine.

        v1's led to Azure's storage and expired; these are `file:` URLs, for programs on this machine. Raises
        `StorageError`.
        """
        found = opened(self.workspace)
        placed = found.models.place(self._record, found.directory / "cache" / MODELS_FOLDER)
        files = sorted(path for path in placed.rglob("*") if path.is_file()) if placed.is_dir() else [placed]
        return {path.relative_to(placed.parent).as_posix(): path.absolute().as_uri() for path in files}
