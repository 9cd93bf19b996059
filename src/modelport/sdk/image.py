"""Images, as programs of v1's first generation see them; `Image(ws, name)` gets one, `Image.create` makes one."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from modelport.errors import NotFoundError, UserError
from modelport.images.failure import failure_of
from modelport.images.record import ImageChange, ImageQuery, ImageRecord
from modelport.images.wish import ImageWish
from modelport.naming import parse_model_id
from modelport.registry.labels import check_labels
from modelport.registry.model import ModelQuery
from modelport.sdk.arguments import opened, say, v1_word
from modelport.sdk.environment_sections import ContainerRegistry
from modelport.sdk.image_config import ContainerImageConfig, checked_config
from modelport.sdk.image_view import ImageView
from modelport.sdk.image_watch import StateWatch
from modelport.sdk.image_wish import first_generation_parts, placements_of, wished_models
from modelport.sdk.logins import images_of
from modelport.sdk.model import Model
from modelport.sdk.model_arguments import TagFilter, conditions_of, version_of, words_of

if TYPE_CHECKING:
    from modelport.sdk.workspace import Workspace


class Image(ImageView):
    """One version of an image; `Image(ws, name)` gets the newest. Every image is a `ContainerImage`.

    Raises `NotFoundError` (`image-not-found`), `UserError` (`argument-invalid`, `version-invalid`).
    """

    def __new__(cls, *args: object, **kwargs: object) -> Image:
        """The object of the class that fits."""
        _ = args, kwargs
        return object.__new__(ContainerImage if cls is Image else cls)

    def __init__(
        self,
        workspace: Workspace,
        name: str | None = None,
        id: str | None = None,
        tags: TagFilter = None,
        properties: TagFilter = None,
        version: int | None = None,
    ) -> None:
        if id is not None:
            name, version = parse_model_id(id)
        if name is None:
            raise UserError(
                "argument-invalid",
                "Image needs the name or the id of the image to get.",
                "Write Image(ws, name='NAME')   or: Image(ws, id='NAME:VERSION')",
            )
        query = ImageQuery(
            name, version_of(version), tags=conditions_of(tags), properties=conditions_of(properties)
        )
        self.workspace = workspace
        self._is_deleted = False
        try:
            self._last = opened(workspace).images.store.newest(query)
        except NotFoundError as error:
            raise v1_word("ImageNotFound", error) from None

    @classmethod
    def _of(cls, workspace: Workspace, record: ImageRecord) -> Image:
        image = cls.__new__(cls)
        image.workspace = workspace
        image._last = record
        image._is_deleted = False
        return image

    # Making and finding --------------------------------------------------------------------------------------------

    @staticmethod
    def create(workspace: Workspace, name: str, models: Iterable[Any], image_config: ContainerImageConfig) -> Image:
        """Begin to build the next version of an image and return; `wait_for_creation` sees it through.

        The build goes on in a thread: a program that ends waits for it, Ctrl-C cancels it. Raises `UserError`,
        `ScriptError`, `NotFoundError` and `EngineError` before anything is recorded.
        """
        config = checked_config(image_config)
        wish = ImageWish(name, models=wished_models(placements_of(models, workspace)), **first_generation_parts(config))
        say(f"Creating image {name}")
        return Image._of(workspace, images_of(workspace, config.base_image_registry).begin(wish))

    @staticmethod
    def image_configuration(*args: Any, **kwargs: Any) -> ContainerImageConfig:
        """See `ContainerImage.image_configuration`: there is no other kind of image."""
        return ContainerImage.image_configuration(*args, **kwargs)

    @staticmethod
    def list(
        workspace: Workspace,
        image_name: str | None = None,
        model_name: str | None = None,
        model_id: str | None = None,
        tags: TagFilter = None,
        properties: TagFilter = None,
    ) -> list[Image]:
        """The images that match, by name, the newest version first."""
        query = ImageQuery(
            image_name, None, "image", model_name, model_id, conditions_of(tags), conditions_of(properties)
        )
        return [Image._of(workspace, record) for record in opened(workspace).images.list(query)]

    @staticmethod
    def prune(workspace: Workspace, every_kind: bool = False, dry_run: bool = False) -> Sequence[Image]:
        """Delete the images that were made for services and that none runs any more; returns them.

        `every_kind`: also those that were made by hand. `dry_run` deletes nothing.
        """
        images = opened(workspace).images
        found = images.unused(every_kind=every_kind)
        return [Image._of(workspace, record) for record in (found if dry_run else images.prune(found))]

    @classmethod
    def deserialize(cls, workspace: Workspace, image_payload: Mapping[str, Any]) -> Image:
        """The image that `serialize` described, as it is in `workspace` now; raises `NotFoundError`."""
        return Image(workspace, id=str(image_payload.get("id", "")))

    @property
    def models(self) -> Sequence[Model]:
        """Its registered models, without those that were deleted since."""
        registered = {model.id: model for model in opened(self.workspace).models.find(ModelQuery())}
        return [Model._of(self.workspace, registered[each]) for each in self._last.models if each in registered]

    # Its life ------------------------------------------------------------------------------------------------------

    def wait_for_creation(self, show_output: bool = False) -> None:
        """Block until the build has ended; `show_output` prints its state, with a dot for each five seconds.

        Raises what broke the build; its whole log is at `image_build_log_uri`. Ctrl-C cancels the build.
        """
        watch = StateWatch() if show_output else None
        images = opened(self.workspace).images
        self._last = images.wait(self._last, on_poll=watch.look) if watch else images.wait(self._last)
        if watch is not None:
            watch.end()
        if self._last.state != "Succeeded":
            say(f"The log of the build: {self.image_build_log_uri}")
            raise failure_of(self._last)
        if show_output:
            say(f'Image {self.id} is built, operation "Succeeded"')

    def update_creation_state(self) -> None:
        """Read the image again (every property does so by itself)."""
        self._now()

    def update(self, tags: Mapping[str, str]) -> None:
        """Replace all tags."""
        self._change(ImageChange(tags=check_labels("tags", tags)))

    def add_tags(self, tags: Mapping[str, str]) -> None:
        """Add tags; those that are there already change."""
        self._change(ImageChange(add_tags=check_labels("tags", tags)))
        say(f"Tags added to image {self.id}.")

    def remove_tags(self, tags: Iterable[str]) -> None:
        """Remove tags by their keys; one that is not there is no error."""
        self._change(ImageChange(remove_tags=words_of(tags)))
        say(f"Tags removed from image {self.id}.")

    def add_properties(self, properties: Mapping[str, str]) -> None:
        """Add properties; raises `ConflictError` (`properties-immutable`) if one of the keys is there already."""
        self._change(ImageChange(add_properties=check_labels("properties", properties)))
        say(f"Properties added to image {self.id}.")

    def add_tags_properties(
        self, add_tags: Mapping[str, str] | None = None, add_properties: Mapping[str, str] | None = None
    ) -> None:
        """Add tags and properties in one step."""
        self._change(ImageChange(add_tags=add_tags or {}, add_properties=add_properties or {}))

    def _change(self, change: ImageChange) -> None:
        self._last = opened(self.workspace).images.update(self._last, change)

    def delete(self) -> None:
        """Delete the image; raises `ConflictError` (`image-in-use`, `image-being-built`), `NotFoundError`."""
        opened(self.workspace).images.delete(self._last)
        self._is_deleted = True


class ContainerImage(Image):
    """An image that serves: one container of it answers on port 5001."""

    @staticmethod
    def image_configuration(
        execution_script: str | None = None,
        runtime: str | None = None,
        conda_file: str | None = None,
        docker_file: str | None = None,
        schema_file: str | None = None,
        dependencies: Iterable[str] | None = None,
        enable_gpu: bool | None = None,
        tags: Mapping[str, str] | None = None,
        properties: Mapping[str, str] | None = None,
        description: str | None = None,
        base_image: str | None = None,
        base_image_registry: ContainerRegistry | None = None,
        cuda_version: str | None = None,
        *,
        entry_script: str | None = None,
    ) -> ContainerImageConfig:
        """What an image is made of; `entry_script` is another word for `execution_script`.

        `docker_file` holds further Dockerfile steps, `dependencies` files and folders that go beside the script,
        `schema_file` the description of its interface. `enable_gpu` and `cuda_version` are recorded: give a
        `base_image` that has the CUDA libraries. Raises `ScriptError`, `UserError` (`image-config-invalid`).
        """
        if execution_script is not None and entry_script is not None and execution_script != entry_script:
            raise UserError(
                "argument-invalid",
                f"Both execution_script {execution_script!r} and entry_script {entry_script!r} are given.",
                "They are two words for the same; keep one of them.",
            )
        script = execution_script if execution_script is not None else entry_script
        return ContainerImageConfig(
            script, runtime, conda_file, docker_file, schema_file, dependencies, enable_gpu, tags, properties,
            description, base_image, base_image_registry, cuda_version=cuda_version,
        )  # fmt: skip

    @property
    def assets(self) -> list[str]:
        """Files and folders that were put beside the script."""
        return list(self._last.details.get("assets", ()))

    @property
    def target_runtime(self) -> str:
        """The runtime that was asked for."""
        return str(self._last.details.get("runtime", "python"))

    @property
    def driver_program(self) -> str:
        """The script that serves."""
        return str(self._last.details.get("entry_script", ""))

    def run(self, input_data: bytes | str) -> Any:
        """Score once with a container of this image that is made for it and removed again; prints the answer, too.

        Raises `ScoringError`, `DeploymentError` (`image-run-failed`), `EngineError`.
        """
        if not input_data:
            raise UserError("input-data-invalid", "There is no input data.", "Example: image.run(b'{}')")
        say(f"Scoring with image {self.id} …")
        body = input_data.encode() if isinstance(input_data, str) else bytes(input_data)
        answer = opened(self.workspace).images.try_out(self._last, body)
        try:
            found = json.loads(answer)
        except ValueError:
            found = answer
        say("Scoring result:")
        say(str(found))
        return found
