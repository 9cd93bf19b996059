"""Environments, as v1 programs see them: what a service needs, described, versioned and shared by name."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import TYPE_CHECKING, Any

from modelport import naming
from modelport.environments.conda_export import export_conda_environment
from modelport.environments.environment import (
    EnvironmentDefinition,
    from_conda,
    from_conda_file,
    from_requirements_file,
)
from modelport.errors import UserError
from modelport.sdk.absent import Reason, absent
from modelport.sdk.arguments import opened
from modelport.sdk.conda_dependencies import CondaDependencies
from modelport.sdk.environment_definition import checked, definition_of
from modelport.sdk.environment_folder import read_folder, write_folder
from modelport.sdk.environment_sections import (
    ContainerRegistry,
    DatabricksSection,
    DockerSection,
    PythonSection,
    Section,
    SparkSection,
)
from modelport.settings import read_settings

if TYPE_CHECKING:
    from modelport.environments.store import RegisteredEnvironment
    from modelport.sdk.environment_images import DockerBuildContext, DockerImageDetails, ImageBuildDetails
    from modelport.sdk.workspace import Workspace

_NO_LABELS = Reason(
    "Versions of an environment have numbers here, and no labels but 'latest'.",
    "Get one by its number: Environment.get(ws, 'NAME', version='2')",
)

__all__ = ["CondaDependencies", "ContainerRegistry", "DockerSection", "Environment", "PythonSection", "definition_of"]


class Environment(Section):
    """An environment to be changed and then used or registered; `version` is None until it has been registered.

    `inferencing_stack_version` is recorded. Raises `UserError` (`name-invalid`).
    """

    _names = (
        "name", "version", "environment_variables", "python", "docker", "spark", "databricks", "r",
        "inferencing_stack_version", "asset_id",
    )  # fmt: skip

    def __init__(self, name: str, **kwargs: Any) -> None:
        self.name = naming.ENVIRONMENT.check(name)
        self.version: str | None = None
        self.environment_variables: dict[str, str] = {"EXAMPLE_ENV_VAR": "EXAMPLE_VALUE"}
        self.python = PythonSection()
        self.docker = DockerSection()
        self.spark = SparkSection()
        self.databricks = DatabricksSection()
        self.r: object = None
        self.inferencing_stack_version: str | None = None
        self.asset_id: str | None = None
        self._source = ""
        self._take(kwargs)

    def __repr__(self) -> str:
        return f"Environment(name={self.name!r}, version={self.version!r})"

    # Made from what there is.

    @staticmethod
    def from_conda_specification(name: str, file_path: str) -> Environment:
        """The environment of a conda file; without a line for python the Python that serves is used.

        Raises `UserError` (`environment-file-missing`, `conda-file-invalid`, `conda-key-unknown`,
        `conda-spec-invalid`, `requirement-invalid`), each with file:line.
        """
        return Environment._of(checked(from_conda_file(name, Path(file_path))))

    @staticmethod
    def from_pip_requirements(name: str, file_path: str, pip_version: str | None = None) -> Environment:
        """The environment of a requirements file; `pip_version` has no effect, because uv installs.

        Raises `UserError` (`environment-file-missing`, `requirement-invalid`, `index-credentials`), with file:line.
        """
        _ = pip_version
        return Environment._of(checked(from_requirements_file(name, Path(file_path))))

    @staticmethod
    def from_existing_conda_environment(name: str, conda_environment_name: str) -> Environment:
        """The environment of that name in conda on this machine.

        Raises `UserError` (`conda-missing`) and `NotFoundError` (`conda-environment-not-found`).
        """
        exported = export_conda_environment(conda_environment_name, read_settings().environ)
        return Environment._of(checked(from_conda(name, exported)))

    @staticmethod
    def from_dockerfile(
        name: str, dockerfile: str, conda_specification: str | None = None, pip_requirements: str | None = None
    ) -> Environment:
        """An environment with a Dockerfile of its own (text or path), recorded for targets that build images."""
        made = _with_packages(name, conda_specification, pip_requirements)
        made.docker.base_dockerfile = dockerfile
        return made

    @staticmethod
    def from_docker_image(
        name: str,
        image: str,
        container_registry: ContainerRegistry | None = None,
        conda_specification: str | None = None,
        pip_requirements: str | None = None,
    ) -> Environment:
        """An environment on an image, recorded for targets that build images."""
        made = _with_packages(name, conda_specification, pip_requirements)
        made.docker.base_image = image
        made.docker.base_image_registry = container_registry or ContainerRegistry()
        return made

    @staticmethod
    def from_docker_build_context(name: str, docker_build_context: DockerBuildContext) -> Environment:
        """An environment on an image that is built from a folder with a Dockerfile; its packages are those there."""
        made = _with_packages(name, None, None)
        made.docker.build_context = docker_build_context.path
        return made

    # In a workspace.

    def register(self, workspace: object) -> Environment:
        """Keep the environment in a workspace and return it: a new version only if it differs from the newest one."""
        return Environment._of_registered(opened(workspace).environments.register(definition_of(self)))

    @staticmethod
    def get(workspace: object, name: str, version: str | int | None = None, label: str | None = None) -> Environment:
        """A version of an environment, the newest one by default; the only label is "latest".

        Raises `NotFoundError` (`environment-not-found`, `environment-version-not-found`).
        """
        if label is not None and str(label).lower() != "latest":
            raise UserError("argument-invalid", f"There is no label {label!r}.", "The only label is 'latest'.")
        return Environment._of_registered(opened(workspace).environments.get(name, version))

    @staticmethod
    def list(workspace: object) -> dict[str, Environment]:
        """The newest version of every environment by name, the curated ones last."""
        found = opened(workspace).environments.list()
        return {name: Environment._of_registered(entry) for name, entry in found.items()}

    def build(self, workspace: Workspace, image_build_compute: str | None = None) -> ImageBuildDetails:
        """Begin to build an image that has this environment alone, and return; `image_build_compute` has no effect.

        Raises `UserError` and `EngineError` before anything is recorded.
        """
        from modelport.sdk.environment_images import build

        _ = image_build_compute
        return build(self, workspace, definition_of(self).to_json())

    def build_local(self, workspace: Workspace, platform: object = None, **kwargs: Any) -> None:
        """Build that image and print the log; `useDocker=False` makes a virtual environment on this machine instead.

        `pushImageToWorkspaceAcr=True` pushes it to the workspace's registry. `platform` has no effect.
        """
        from modelport.sdk.environment_images import build_local

        _ = platform
        build_local(self, workspace, definition_of(self).to_json(), kwargs)

    def get_image_details(self, workspace: Workspace) -> DockerImageDetails:
        """The newest image that was built of this environment; raises `NotFoundError` (`image-not-found`)."""
        from modelport.sdk.environment_images import details

        return details(self, workspace)

    def clone(self, new_name: str) -> Environment:
        """A copy under another name, not registered."""
        copied = copy.deepcopy(self)
        copied.name, copied.version = naming.ENVIRONMENT.check(new_name), None
        return copied

    label = absent("azureml.core.Environment.label", _NO_LABELS)

    @staticmethod
    def add_private_pip_wheel(workspace: Workspace, file_path: str, exist_ok: bool = False) -> str:
        """Keep a wheel in the workspace and return its URL, to be given to `add_pip_package`.

        It is a `file:` URL, for environments and images that are made on this machine. Raises `FileNotFoundError`
        (`upload-missing`), `ConflictError` (`wheel-exists`) unless `exist_ok`.
        """
        from modelport.sdk.environment_wheels import add_wheel

        return add_wheel(workspace, file_path, exist_ok=exist_ok)

    # In a folder.

    def save_to_directory(self, path: str, overwrite: bool = False) -> None:
        """Write `azureml_environment.json` and `conda_dependencies.yml` into a folder.

        Raises `ConflictError` (`environment-folder-exists`) if the folder exists and `overwrite` is False.
        """
        write_folder(self, Path(path), overwrite=overwrite)

    @staticmethod
    def load_from_directory(path: str) -> Environment:
        """The environment that `save_to_directory` wrote; raises `UserError` (`environment-folder-invalid`)."""
        words, conda = read_folder(Path(path))
        made = Environment(words["name"])
        made.environment_variables = dict(words["environment_variables"])
        made.inferencing_stack_version = words["inferencing_stack_version"]
        made.python.conda_dependencies = CondaDependencies(str(conda)) if conda else None
        for name, value in words["python"].items():
            setattr(made.python, name, value)
        made.docker = DockerSection._of(words["docker"])
        return made

    @classmethod
    def _of(cls, definition: EnvironmentDefinition) -> Environment:
        """The environment that a definition describes, to be changed further."""
        made = cls(definition.name)
        container = dict(definition.container)
        made.inferencing_stack_version = container.pop("inferencing_stack_version", None)
        made.docker = DockerSection._of(container)
        if definition.environment_variables:
            made.environment_variables = dict(definition.environment_variables)
        made.python.conda_dependencies = CondaDependencies._of(definition)
        made.python.user_managed_dependencies = definition.interpreter_path is not None
        made.python.interpreter_path = definition.interpreter_path or "python"
        made._source = definition.source
        return made

    @classmethod
    def _of_registered(cls, registered: RegisteredEnvironment) -> Environment:
        made = cls._of(registered.definition)
        made.environment_variables = dict(registered.definition.environment_variables)
        made.version = str(registered.version)
        return made


def _with_packages(name: str, conda_specification: str | None, pip_requirements: str | None) -> Environment:
    """An environment from either file; with neither, the packages are those of the image."""
    if conda_specification is not None and pip_requirements is not None:
        raise UserError(
            "argument-invalid",
            "Both conda_specification and pip_requirements are given; an environment has one of them.",
            "Put the requirements under '- pip:' of the conda file.",
        )
    if conda_specification is not None:
        return Environment.from_conda_specification(name, conda_specification)
    if pip_requirements is not None:
        return Environment.from_pip_requirements(name, pip_requirements)
    made = Environment(name)
    made.python.user_managed_dependencies = True
    return made
