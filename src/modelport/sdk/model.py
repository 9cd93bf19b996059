"""A registered model, as v1 programs see it. Deploying and packaging are in modules of their own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from modelport.errors import NotFoundError, UserError
from modelport.naming import MODEL, parse_model_id
from modelport.registry.labels import check_labels
from modelport.registry.model import ModelChange, ModelQuery, ModelVersion
from modelport.registry.served_path import MODELS_FOLDER, find_served_path
from modelport.sdk.arguments import opened, refuse_unknown, say, v1_word
from modelport.sdk.model_arguments import TagFilter, conditions_of, details_of, registration_of, version_of, words_of
from modelport.sdk.model_deploying import ModelDeploying
from modelport.sdk.model_record import ModelRecord
from modelport.sdk.resource import ResourceConfiguration
from modelport.settings import read_settings

if TYPE_CHECKING:
    from modelport.sdk.workspace import Workspace


class Model(ModelDeploying, ModelRecord):
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
        expand: bool = True,
        **kwargs: Any,
    ) -> None:
        _ = expand
        refuse_unknown("Model", Model.__init__, kwargs)
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
            name, version_of(version), conditions_of(tags), conditions_of(properties), run_id, model_framework
        )
        self.workspace = workspace
        try:
            self._record = registry.newest(query)
        except NotFoundError as error:
            raise v1_word("ModelNotFound", error) from None

    @classmethod
    def _of(cls, workspace: Workspace, record: ModelVersion) -> Model:
        model = cls.__new__(cls)
        model.workspace = workspace
        model._record = record
        return model

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
            name, None, conditions_of(tags), conditions_of(properties), run_id, model_framework, latest=latest
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
        version = version_of(version)
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
        details = details_of(
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
                add_tags=add_tags or {}, remove_tags=words_of(remove_tags or ()), add_properties=add_properties or {}
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
        unwanted = words_of(tags)
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
        self._change(ModelChange(details=details_of(datasets=[*present, *datasets])))

    def _change(self, change: ModelChange) -> None:
        self._record = opened(self.workspace).models.update(self._record, change)

    def delete(self) -> None:
        """Delete this version; raises `ConflictError` (`model-in-use`) while a service serves it."""
        opened(self.workspace).models.delete(self._record)

    @staticmethod
    def deserialize(workspace: Workspace, model_payload: Mapping[str, Any]) -> Model:
        """The model that `serialize` described, as it is in `workspace` now; raises `NotFoundError`."""
        return Model(workspace, id=str(model_payload.get("id", "")))
