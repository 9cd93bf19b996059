"""A registered model, as v1 programs see it. Deploying and packaging are in modules of their own."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from modelport.errors import UserError
from modelport.naming import MODEL, parse_model_id
from modelport.registry.labels import check_labels
from modelport.registry.model import ModelChange, ModelQuery, ModelVersion, Registration
from modelport.registry.served_path import MODELS_FOLDER, find_served_path
from modelport.sdk.arguments import accepted, opened, say
from modelport.sdk.resource import ResourceConfiguration
from modelport.settings import read_settings

if TYPE_CHECKING:
    from modelport.sdk.run import Run
    from modelport.sdk.workspace import Workspace

TagFilter = Mapping[str, "str | None"] | Iterable["str | Sequence[str]"] | None

_MIME_TYPE = "application/x-python"


class Model:
    """One version of a registered model; `Model(ws, name)` gets the newest, `Model.register` makes a new one.

    `tags` and `properties` filter: `["key", ["key", "value"]]` or `{"key": "value"}`. `expand` is accepted and has no
    effect: everything about a model is always there.
    Raises `NotFoundError` (`model-not-found`), `UserError` (`argument-invalid`, `version-invalid`).
    """

    class Framework:
        """The frameworks that a model may name."""

        CUSTOM = "Custom"
        TENSORFLOW = "TensorFlow"
        SCIKITLEARN = "ScikitLearn"
        ONNX = "Onnx"
        TFKERAS = "TfKeras"
        PYTORCH = "PyTorch"
        MULTI = "Multi"

    def __init__(
        self,
        workspace: Workspace,
        name: str | None = None,
        id: str | None = None,
        tags: TagFilter = None,
        properties: TagFilter = None,
        version: int | None = None,
        run_id: str | None = None,
        model_framework: str | None = None,
        expand: bool = True,  # noqa: ARG002 - v1's; see the class
    ) -> None:
        registry = opened(workspace).models
        if id is not None:
            name, version = parse_model_id(id)
        if name is None:
            raise UserError(
                "argument-invalid",
                "Model needs the name or the id of the model to get.",
                "Write Model(ws, name='NAME')   or: Model(ws, id='NAME:VERSION')",
            )
        query = ModelQuery(
            name, _version(version), _conditions(tags), _conditions(properties), run_id, model_framework
        )
        self.workspace = workspace
        self._record = registry.newest(query)

    @classmethod
    def _of(cls, workspace: Workspace, record: ModelVersion) -> Model:
        model = cls.__new__(cls)
        model.workspace = workspace
        model._record = record
        return model

    def __repr__(self) -> str:
        return (
            f"Model(workspace={self.workspace!r}, name={self.name}, id={self.id}, version={self.version}, "
            f"tags={self.tags}, properties={self.properties})"
        )

    # What a version is -------------------------------------------------------------------------------------------

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

    # Making, finding, giving out ---------------------------------------------------------------------------------

    @staticmethod
    def register(
        workspace: Workspace,
        model_path: str,
        model_name: str,
        tags: Mapping[str, str] | None = None,
        properties: Mapping[str, str] | None = None,
        description: str | None = None,
        datasets: Iterable[tuple[str, object]] | None = None,
        model_framework: str | None = None,
        model_framework_version: str | None = None,
        child_paths: Sequence[str] | None = None,
        sample_input_dataset: object = None,
        sample_output_dataset: object = None,
        resource_configuration: ResourceConfiguration | None = None,
    ) -> Model:
        """Register the file or folder at `model_path`, anywhere on this machine, as the next version of `model_name`.

        A file keeps its name, a folder its base name; `child_paths` restricts a folder to some of its parts. Data sets
        are recorded by their identity alone. Raises `UserError` before anything is stored, `StorageError`.
        """
        registry = opened(workspace).models
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
        say(f"Registering model {model_name}")
        return Model._of(workspace, registry.register(Path(model_path), registration, child_paths=child_paths))

    @staticmethod
    def list(
        workspace: Workspace,
        name: str | None = None,
        tags: TagFilter = None,
        properties: TagFilter = None,
        run_id: str | None = None,
        latest: bool = False,
        dataset_id: str | None = None,
        expand: bool = True,  # noqa: ARG004 - v1's; everything about a model is always there
        page_count: int = 255,  # noqa: ARG004 - v1's; there are no pages
        model_framework: str | None = None,
    ) -> list[Model]:
        """The versions that match, by name, the newest first; `latest` keeps only the newest of each name."""
        query = ModelQuery(
            name, None, _conditions(tags), _conditions(properties), run_id, model_framework, latest=latest
        )
        found = [Model._of(workspace, record) for record in opened(workspace).models.find(query)]
        if dataset_id is None:
            return found
        return [model for model in found if any(dataset_id in ids for ids in model.datasets.values())]

    def download(self, target_dir: str = ".", exist_ok: bool = False, exists_ok: bool | None = None) -> str:
        """Copy the model into `target_dir` and return the path of its file or folder there.

        `exists_ok` is v1's older spelling. Raises `ConflictError` (`download-exists`), `StorageError`.
        """
        overwrite = exist_ok if exists_ok is None else exists_ok
        return str(opened(self.workspace).models.download(self._record, Path(target_dir), exist_ok=overwrite))

    @staticmethod
    def get_model_path(model_name: str, version: int | None = None, _workspace: Workspace | None = None) -> str:
        """The path of a model's file or folder inside a service; with `_workspace`, of the registered one.

        Looks in `azureml-models/<name>/<version>/` below `AML_APP_ROOT` (default: the current folder), the highest
        version if none is given, then for `model_name` in the current folder; at logging level DEBUG it tells where
        it looked. Raises `NotFoundError` (`served-model-missing`, `model-not-found`), `UserError`.
        """
        if not isinstance(model_name, str) or not model_name:
            raise UserError(
                "argument-invalid",
                f"get_model_path needs the name of a model, not {model_name!r}.",
                "Example: Model.get_model_path('my_model')",
            )
        version = _version(version)
        if _workspace is not None:
            workspace = opened(_workspace)
            record = workspace.models.get(MODEL.check(model_name), version)
            return str(workspace.models.place(record, workspace.directory / "cache" / MODELS_FOLDER))
        root = read_settings().environ.get("AML_APP_ROOT", "")
        return str(find_served_path(Path(root), model_name, version))

    # Changing ----------------------------------------------------------------------------------------------------

    def update(
        self,
        tags: Mapping[str, str] | None = None,
        description: str | None = None,
        sample_input_dataset: object = None,
        sample_output_dataset: object = None,
        resource_configuration: ResourceConfiguration | None = None,
    ) -> None:
        """Replace all tags, the description, or the recorded details; None leaves a part as it is."""
        details = _details(
            sample_input_dataset=sample_input_dataset,
            sample_output_dataset=sample_output_dataset,
            resource_configuration=resource_configuration,
        )
        self._change(ModelChange(description=description, tags=tags, details=details))

    def update_tags_properties(
        self,
        add_tags: Mapping[str, str] | None = None,
        remove_tags: Iterable[str] | None = None,
        add_properties: Mapping[str, str] | None = None,
    ) -> None:
        """Add and remove tags and add properties, in one step; raises `ConflictError` (`properties-immutable`)."""
        self._change(
            ModelChange(
                add_tags=add_tags or {}, remove_tags=_words(remove_tags or ()), add_properties=add_properties or {}
            )
        )

    def add_tags(self, tags: Mapping[str, str]) -> None:
        """Add tags; those that are there already change, and a line says so."""
        before = self.tags
        self._change(ModelChange(add_tags=check_labels("tags", tags)))
        for key in tags:
            if key in before:
                say(f"Tag {key}: {before[key]} -> {tags[key]}")
        say(f"Tags added to model {self.id}.")

    def remove_tags(self, tags: Iterable[str]) -> None:
        """Remove tags by their keys; one that is not there is no error, a line says so."""
        unwanted = _words(tags)
        before = self.tags
        self._change(ModelChange(remove_tags=unwanted))
        for key in unwanted:
            if key not in before:
                say(f"Model {self.id} has no tag {key}.")
        say(f"Tags removed from model {self.id}.")

    def add_properties(self, properties: Mapping[str, str]) -> None:
        """Add properties; raises `ConflictError` (`properties-immutable`) if one of the keys is there already."""
        self._change(ModelChange(add_properties=check_labels("properties", properties)))
        say(f"Properties added to model {self.id}.")

    def add_dataset_references(self, datasets: Iterable[tuple[str, object]]) -> None:
        """Record more data sets, by their identity, as (purpose, data set)."""
        present = [tuple(pair) for pair in self._detail("datasets") or ()]
        self._change(ModelChange(details=_details(datasets=[*present, *datasets])))

    def _change(self, change: ModelChange) -> None:
        self._record = opened(self.workspace).models.update(self._record, change)

    def delete(self) -> None:
        """Delete this version; raises `ConflictError` (`model-in-use`) while a service serves it."""
        opened(self.workspace).models.delete(self._record)

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

    @staticmethod
    def deserialize(workspace: Workspace, model_payload: Mapping[str, Any]) -> Model:
        """The model that `serialize` described, as it is in `workspace` now; raises `NotFoundError`."""
        return Model(workspace, id=str(model_payload.get("id", "")))


def registration_of(
    model_name: str,
    *,
    tags: Mapping[str, str] | None = None,
    properties: Mapping[str, str] | None = None,
    description: str | None = None,
    model_framework: str | None = None,
    model_framework_version: str | None = None,
    **details: Any,
) -> Registration:
    """What the registry is asked for, from v1's arguments; raises `UserError` for one that is unknown or not valid."""
    return Registration(
        MODEL.check(model_name),
        description or "",
        model_framework or "",
        model_framework_version or "",
        check_labels("tags", tags),
        check_labels("properties", properties),
        _details(**details),
    )


def _details(**given: Any) -> dict[str, object]:
    known = ("datasets", "sample_input_dataset", "sample_output_dataset", "resource_configuration")
    details = accepted("Model.register", given, known)
    resources = details.get("resource_configuration")
    if isinstance(resources, ResourceConfiguration):
        details["resource_configuration"] = resources.serialize()
    elif resources is not None:
        raise UserError(
            "argument-invalid",
            f"resource_configuration is {type(resources).__name__}; a ResourceConfiguration is needed.",
            "Example: ResourceConfiguration(cpu=1, memory_in_gb=0.5)",
        )
    for key in ("sample_input_dataset", "sample_output_dataset"):
        if key in details:
            details[key] = _identity(details[key])
    if "datasets" in details:
        details["datasets"] = [[str(purpose), _identity(dataset)] for purpose, dataset in given["datasets"]]
    return details


def _identity(dataset: object) -> str:
    return str(getattr(dataset, "id", None) or dataset)


def _version(version: object) -> int | None:
    return None if version is None else parse_model_id(f"model:{version}")[1]


def _words(words: str | Iterable[str]) -> tuple[str, ...]:
    return (words,) if isinstance(words, str) else tuple(words)


def _conditions(given: TagFilter) -> dict[str, str | None]:
    """v1's filter, `["key", ["key", "value"]]`, or a mapping, as a mapping; raises `UserError` (`argument-invalid`)."""
    if given is None:
        return {}
    if isinstance(given, Mapping):
        return dict(given)
    conditions: dict[str, str | None] = {}
    for item in [given] if isinstance(given, str) else given:
        pair = [item] if isinstance(item, str) else list(item)
        if not 1 <= len(pair) <= 2 or not all(isinstance(word, str) for word in pair):
            raise UserError(
                "argument-invalid",
                f"The filter {item!r} is neither a key nor a pair of key and value.",
                "Write tags=['key'], tags=[['key', 'value']] or tags={'key': 'value'}.",
            )
        conditions[pair[0]] = pair[1] if len(pair) == 2 else None
    return conditions
