"""Images of an environment alone: built, looked up, and the build contexts that one may be given as."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any

from modelport.errors import NotFoundError, UserError
from modelport.images.failure import failure_of
from modelport.images.record import ImageQuery, ImageRecord
from modelport.images.wish import ImageWish
from modelport.sdk.arguments import accepted, opened, say
from modelport.sdk.logins import images_of

if TYPE_CHECKING:
    from modelport.sdk.environment import Environment
    from modelport.sdk.workspace import Workspace


class DockerBuildContext:
    """A folder with a Dockerfile, of which the base of an environment is built.

    Only folders of this machine can be one: `from_local_directory` makes it.
    """

    class LocationType(Enum):
        """Where v1 took contexts from."""

        Git = "git"
        StorageAccount = "storageAccount"

    def __init__(
        self, location_type: object = None, location: str | None = None, dockerfile_path: str = "Dockerfile"
    ) -> None:
        if location_type is not None:
            raise UserError(
                "build-context-invalid",
                f"A build context at {location!r} ({location_type}) is not on this machine.",
                "Copy it here, then: DockerBuildContext.from_local_directory(ws, 'FOLDER')",
            )
        self.location_type = None
        self.location = location
        self.dockerfile_path = dockerfile_path

    def __repr__(self) -> str:
        return f"DockerBuildContext(location={self.location!r})"

    @property
    def path(self) -> str:
        """The folder; raises `UserError` (`build-context-invalid`) where none was given."""
        if self.location is None:
            raise UserError(
                "build-context-invalid",
                "The build context has no location.",
                "Make it of a folder: DockerBuildContext.from_local_directory(ws, 'FOLDER')",
            )
        return self.location

    @staticmethod
    def from_local_directory(
        workspace: object, path: str, dockerfile_path: str = "Dockerfile"
    ) -> DockerBuildContext:
        """The folder at `path`; the workspace is accepted as v1 has it and has no effect.

        Raises `UserError` (`build-context-invalid`) if there is no `Dockerfile` in it, or another one is named.
        """
        _ = workspace
        folder = Path(path).absolute()
        if dockerfile_path != "Dockerfile" or not (folder / "Dockerfile").is_file():
            raise UserError(
                "build-context-invalid",
                f"The build context '{folder}' has no file 'Dockerfile' at its top"
                + (f"; '{dockerfile_path}' was named." if dockerfile_path != "Dockerfile" else "."),
                "Put the Dockerfile at the top of the folder, under that name.",
            )
        return DockerBuildContext(location=str(folder))


class ImageBuildDetails:
    """A build of an environment's image that goes on in a thread, or has ended."""

    def __init__(self, workspace: Workspace, record: ImageRecord) -> None:
        self.workspace = workspace
        self._record = record

    def __repr__(self) -> str:
        return f"ImageBuildDetails(image={self._record.full_name!r}, status={self.status!r})"

    @property
    def status(self) -> str:
        """NotStarted, Running, Succeeded, Failed or Cancelled."""
        self._record = opened(self.workspace).images.store.again(self._record)
        return self._record.state

    def get_log(self) -> str:
        """The log of the build so far."""
        return opened(self.workspace).images.log(self._record).decode(errors="replace")

    def wait_for_completion(self, show_output: bool = True) -> None:
        """Block until the build has ended; `show_output` prints its log. Raises what broke it. Ctrl-C cancels it."""
        images = opened(self.workspace).images
        if show_output:
            say(f"Image Build Status: {self.status}")
        self._record = images.wait(self._record, say) if show_output else images.wait(self._record)
        if show_output:
            say(f"Image Build Status: {self._record.state}")
        if self._record.state != "Succeeded":
            raise failure_of(self._record)


class DockerImageDetails(dict[str, Any]):
    """What is known of an environment's image, as a mapping and as attributes."""

    @property
    def image_exist(self) -> bool:
        """Whether it was built and is still recorded."""
        return bool(self["imageExistsInRegistry"])

    @property
    def registry(self) -> Any:
        """The registry that it was pushed to, None until then."""
        return self["registry"]

    @property
    def repository(self) -> str:
        """Its name without the version."""
        return str(self["repository"])

    @property
    def image(self) -> str:
        """Its name in the engine, or in the registry that it was pushed to."""
        return str(self["image"])

    @property
    def interpreter_path(self) -> str:
        """The Python in it."""
        return str(self["pythonEnvironment"]["interpreterPath"])

    @property
    def environment_path(self) -> str:
        """The folder of its packages."""
        return str(self["pythonEnvironment"]["condaEnvironmentPath"])

    @property
    def dockerfile(self) -> str:
        """The text of the Dockerfile that it was built from."""
        return str(self["dockerfile"])


def build(environment: Environment, workspace: Workspace, definition: dict[str, Any]) -> ImageBuildDetails:
    """Begin to build the image of an environment, and return."""
    wish = ImageWish(environment.name, "environment", environment=definition)
    images = images_of(workspace, environment.docker.base_image_registry)
    return ImageBuildDetails(workspace, images.begin(wish))


def build_local(
    environment: Environment, workspace: Workspace, definition: dict[str, Any], options: dict[str, Any]
) -> None:
    """Build the image of an environment, printing its log; `useDocker=False` makes a virtual environment instead."""
    known = ("useDocker", "use_docker", "pushImageToWorkspaceAcr", "push_image_to_workspace_acr", "platform")
    given = accepted("Environment.build_local", options, known)
    if given.get("useDocker", given.get("use_docker", True)) is False:
        python = opened(workspace).realise(definition, say)
        say(f"The environment is at {python}")
        return
    wish = ImageWish(environment.name, "environment", environment=definition)
    images = images_of(workspace, environment.docker.base_image_registry)
    record = images.build(wish, lambda progress: say(str(progress)))
    if given.get("pushImageToWorkspaceAcr", given.get("push_image_to_workspace_acr")):
        images.push(record, opened(workspace).default_registry(), say)
    say(f"The image is {record.reference}")


def details(environment: Environment, workspace: Workspace) -> DockerImageDetails:
    """The newest image of an environment; raises `NotFoundError` (`image-not-found`) where none was built."""
    found = opened(workspace).images.list(ImageQuery(environment.name, kind="environment"))
    built = [record for record in found if record.state == "Succeeded"]
    if not built:
        raise NotFoundError(
            "image-not-found",
            f"No image of the environment '{environment.name}' was built in workspace '{workspace.name}'.",
            "Build it: env.build(ws).wait_for_completion()",
        )
    record = built[0]
    name, _, version = (record.location or record.reference).rpartition(":")
    python = str(record.details.get("interpreter", ""))
    return DockerImageDetails(
        imageExistsInRegistry=True,
        registry=record.location.partition("/")[0] or None,
        repository=name,
        image=f"{name}:{version}",
        pythonEnvironment={"interpreterPath": python, "condaEnvironmentPath": python.rpartition("/bin/")[0]},
        dockerfile=record.dockerfile.read_text(encoding="utf-8"),
    )
