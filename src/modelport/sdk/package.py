"""`Model.package`: an image that runs with plain `docker run`, or the Dockerfile and the context of one."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from modelport.errors import NotFoundError, UserError
from modelport.images.failure import failure_of
from modelport.images.registries.reference import parse_reference
from modelport.images.wish import ImageLabels, ImageScript, ImageWish
from modelport.sdk.arguments import opened, say, show
from modelport.sdk.environment_sections import ContainerRegistry
from modelport.sdk.image_wish import placements_of, wish_parts, wished_models
from modelport.sdk.inference_config import InferenceConfig
from modelport.sdk.logins import images_of

if TYPE_CHECKING:
    from modelport.images.record import ImageRecord
    from modelport.sdk.environment import Environment
    from modelport.sdk.workspace import Workspace
    from modelport.services.spec import ModelPlacement


class ModelPackage:
    """A package that is being built, or was: `Model.package` makes one.

    `operation_id` is the id of its record. Raises `NotFoundError` (`image-not-found`).
    """

    def __init__(self, workspace: Workspace, operation_id: str, environment: Environment | None) -> None:
        self.workspace = workspace
        self.operation_id = operation_id
        self.environment = environment
        self._images = opened(workspace).images
        found = self._images.store.by_id(operation_id)
        if found is None:
            raise NotFoundError(
                "image-not-found", f"No package has the operation id {operation_id!r}.",
                "Model.package(...) returns a package; list images: modelport image list",
            )  # fmt: skip
        self._record = found

    def __repr__(self) -> str:
        return f"ModelPackage(workspace={self.workspace!r}, location={self.location!r}, state={self.state!r})"

    def _now(self) -> ImageRecord:
        self._record = self._images.store.again(self._record)
        return self._record

    @property
    def generate_dockerfile(self) -> bool:
        """Whether it is a Dockerfile with its context instead of an image."""
        return bool(self._record.details.get("generate_dockerfile"))

    @property
    def state(self) -> str:
        """NotStarted, Running, Succeeded, Failed or Cancelled."""
        return self._now().state

    @property
    def location(self) -> str | None:
        """The name of the image (in the registry that it was pushed to, else in the engine), or the folder of the
        Dockerfile as a URL; None until it is there."""
        record = self._now()
        if record.state != "Succeeded":
            return None
        if self.generate_dockerfile:
            return record.context.as_uri()
        return record.location or str(record.details["package"])

    @property
    def error(self) -> dict[str, str] | None:
        """Why it was not built, with code, message and remedy; None if nothing went wrong."""
        return dict(self._now().error) or None

    @property
    def package_build_log_uri(self) -> str:
        """The log of the build, as a URL that a browser opens."""
        return self._record.log_file.as_uri()

    def update_creation_state(self) -> None:
        """Read the state again (every property does so by itself)."""
        self._now()

    def wait_for_creation(self, show_output: bool = False) -> None:
        """Block until the build has ended; `show_output` prints its log as it comes. Ctrl-C cancels the build.

        Raises what broke the build; its whole log is `get_logs()`.
        """
        self._record = self._images.wait(self._record, say) if show_output else self._images.wait(self._record)
        if show_output:
            say(f"Package creation {self._record.state}")
        if self._record.state != "Succeeded":
            raise failure_of(self._record)

    def get_logs(self, decode: bool = True, offset: int = 0) -> str | bytes:
        """The log of the build from the byte `offset` on, as text or (with `decode=False`) as bytes."""
        log = self._images.log(self._record, offset)
        return log.decode(errors="replace") if decode else log

    def get_container_registry(self) -> ContainerRegistry:
        """The registry that the image was pushed to; its address is None until then. Logins stay with the engine."""
        registry = ContainerRegistry()
        location = self._now().location
        registry.address = parse_reference(location).registry if location else None
        return registry

    def pull(self) -> None:
        """Bring the image to this machine's engine, where one that was built here is already.

        Raises `UserError` (`package-not-an-image`), `ConflictError` (`image-not-built`), `NotFoundError`.
        """
        if self.generate_dockerfile:
            raise UserError(
                "package-not-an-image",
                "The package is a Dockerfile with its context; there is no image to pull.",
                "Write it to a folder: package.save('FOLDER')",
            )
        pulled = self._images.pull(self._record, lambda line: show(f"{line}\n"))
        say(f"Status: {self.location} is in the engine ({pulled.image_id})")

    def save(self, output_directory: str) -> None:
        """Write the Dockerfile and its context into a folder, which is made if missing.

        Raises `UserError` (`context-not-kept` for an image, `output-not-a-folder`).
        """
        self._images.save_context(self._record, Path(output_directory))

    def serialize(self) -> dict[str, Any]:
        """The package as JSON-ready words, under v1's keys."""
        return {"generateDockerfile": self.generate_dockerfile, "state": self.state, "location": self.location}


def package(
    workspace: Workspace,
    models: Iterable[Any],
    inference_config: InferenceConfig | None = None,
    generate_dockerfile: bool = False,
    image_name: str | None = None,
    image_label: str | None = None,
) -> ModelPackage:
    """See `Model.package`, which is this function."""
    label = image_label or datetime.datetime.now(datetime.timezone.utc).strftime("%Y%m%d%H%M%S")
    name = f"{image_name or 'package'}:{label}"
    parse_reference(name)
    found = placements_of(models, workspace)
    parts = wish_parts(inference_config) if inference_config is not None else _without_script(workspace, found)
    wish = ImageWish(
        image_name or "package",
        "package",
        wished_models(found),
        reference="" if generate_dockerfile else name,
        context_only=generate_dockerfile,
        labels=ImageLabels(details={"generate_dockerfile": generate_dockerfile, "package": name}),
        **parts,
    )
    environment = inference_config.environment if inference_config is not None else None
    record = images_of(workspace, *_registries(inference_config)).begin(wish)
    return ModelPackage(workspace, record.id, environment)


def _registries(config: InferenceConfig | None) -> list[ContainerRegistry]:
    if config is None:
        return []
    named = [config.base_image_registry, config.environment.docker.base_image_registry if config.environment else None]
    return [registry for registry in named if registry is not None]


def _without_script(workspace: Workspace, models: tuple[ModelPlacement, ...]) -> dict[str, Any]:
    """The script and the environment of ours, for one model of a framework that needs none of the user's."""
    script, environment = opened(workspace).services.without_script(models)
    return {"script": ImageScript(script.entry_script), "environment": environment}
