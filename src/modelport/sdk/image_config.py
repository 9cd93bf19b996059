"""What an image of v1's first generation is made of, and the one table that leads to the second."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from modelport.errors import UserError
from modelport.registry.labels import check_labels
from modelport.sdk.environment_sections import ContainerRegistry
from modelport.sdk.inference_config import InferenceConfig

SWAGGER = "swagger.json"
"""Where the description of an interface lies in the working directory, to be served as it is."""

# The one table between the generations: argument of an image configuration -> argument of an InferenceConfig.
FIRST_GENERATION = {
    "execution_script": "entry_script",
    "runtime": "runtime",
    "conda_file": "conda_file",
    "docker_file": "extra_docker_file_steps",
    "enable_gpu": "enable_gpu",
    "description": "description",
    "base_image": "base_image",
    "base_image_registry": "base_image_registry",
    "cuda_version": "cuda_version",
}


class ContainerImageConfig:
    """What `ContainerImage.image_configuration` makes; its attributes are the arguments given there.

    `allow_absolute_path` has no effect: paths may be absolute.

    Raises `ScriptError`, `UserError` (`image-config-invalid`, `labels-invalid`).
    """

    def __init__(
        self,
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
        allow_absolute_path: bool = False,
        cuda_version: str | None = None,
    ) -> None:
        _ = allow_absolute_path  # v1 had to be told; here every path is one
        self.execution_script = execution_script
        self.runtime = runtime
        self.conda_file = conda_file
        self.docker_file = docker_file
        self.schema_file = schema_file
        self.dependencies = [dependencies] if isinstance(dependencies, str) else list(dependencies or ())
        self.enable_gpu = enable_gpu
        self.tags = check_labels("tags", tags)
        self.properties = check_labels("properties", properties)
        self.description = description
        self.base_image = base_image
        self.base_image_registry = base_image_registry
        self.cuda_version = cuda_version
        self.validate_configuration()

    def __repr__(self) -> str:
        return f"ContainerImage.image_configuration(execution_script={self.execution_script!r})"

    def validate_configuration(self) -> None:
        """Check that the parts fit together and the files exist; raises as the class does."""
        self._inference_config()
        for name, paths in (("dependencies", self.dependencies), ("schema_file", [self.schema_file])):
            for path in paths:
                if path is not None and not Path(path).exists():
                    raise _invalid(f"{name}: '{path}' does not exist (looked at '{Path(path).absolute()}')")

    def _inference_config(self) -> InferenceConfig:
        """The same in the words of the second generation."""
        given = {theirs: getattr(self, ours) for ours, theirs in FIRST_GENERATION.items()}
        try:
            config = InferenceConfig(**given)
        except UserError as error:
            if error.code != "inference-config-invalid":
                raise
            what = error.message.partition(": ")[2].replace("extra_docker_file_steps", "docker_file")
            raise _invalid(what.rstrip(".")) from error
        config._extra_files = {Path(path).name: path for path in self.dependencies}
        if self.schema_file is not None:
            config._extra_files[SWAGGER] = self.schema_file
        return config


def _invalid(what: str) -> UserError:
    return UserError(
        "image-config-invalid",
        f"The image configuration is not valid: {what}.",
        "Write ContainerImage.image_configuration(execution_script='score.py', runtime='python', "
        "conda_file='myenv.yml').",
    )


def checked_config(config: object) -> ContainerImageConfig:
    """`config`, if it is an image configuration; raises `UserError` (`argument-invalid`)."""
    if isinstance(config, ContainerImageConfig):
        return config
    raise UserError(
        "argument-invalid",
        f"The image_config is {type(config).__name__}; what ContainerImage.image_configuration makes is needed.",
        "Example: ContainerImage.image_configuration(execution_script='score.py', runtime='python')",
    )
