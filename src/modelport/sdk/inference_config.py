"""How a service scores: the entry script and the environment it runs in, in the forms of both generations of v1."""

from __future__ import annotations

import ast
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

from modelport.environments.environment import EnvironmentDefinition, from_conda_file
from modelport.environments.source_file import read_text
from modelport.errors import ScriptError, UserError, nearest
from modelport.sdk.environment import ContainerRegistry, Environment, definition_of
from modelport.services.request import ScriptRequest
from modelport.services.resolving import resolve_script

_RUNTIMES = ("python", "python-slim")
_CUDA_VERSIONS = ("9.0", "9.1", "10.0")
_EXCLUSIVE = (
    "runtime", "conda_file", "extra_docker_file_steps", "enable_gpu", "base_image", "base_image_registry",
    "cuda_version",
)  # fmt: skip


class InferenceConfig:
    """The entry script and what it needs.

    `entry_script` is relative to `source_directory` if there is one (then the whole folder is served), else to the
    current folder. `environment` is an `Environment`; without one the Python that runs this program serves. The other
    parameters are those of v1's first generation: `runtime` and `conda_file` become an environment, `enable_gpu`,
    `cuda_version`, `base_image`, `base_image_registry` and `extra_docker_file_steps` are recorded for targets that
    build images. Raises `ScriptError` and `UserError` (`inference-config-invalid`, `argument-invalid`).
    """

    def __init__(
        self,
        entry_script: str,
        runtime: str | None = None,
        conda_file: str | None = None,
        extra_docker_file_steps: str | None = None,
        source_directory: str | None = None,
        enable_gpu: bool | None = None,
        description: str | None = None,
        base_image: str | None = None,
        base_image_registry: ContainerRegistry | None = None,
        cuda_version: str | None = None,
        environment: Environment | None = None,
    ) -> None:
        self.entry_script = entry_script
        self.runtime = runtime
        self.conda_file = conda_file
        self.extra_docker_file_steps = extra_docker_file_steps
        self.source_directory = source_directory
        self.enable_gpu = enable_gpu
        self.description = description
        self.base_image = base_image
        self.base_image_registry = base_image_registry
        self.cuda_version = cuda_version
        self.environment = environment
        self._extra_files: dict[str, str] = {}  # of an image configuration of the first generation
        self.validate_configuration()

    def __repr__(self) -> str:
        environment = self.environment.name if self.environment is not None else None
        return f"InferenceConfig(entry_script={self.entry_script!r}, environment={environment!r})"

    def validate_configuration(self) -> None:
        """Check that the parts fit together and the files exist; raises as the class does."""
        self._check_script()
        given = [name for name in _EXCLUSIVE if getattr(self, name) is not None]
        if self.environment is not None:
            self._check_environment(given)
        self._check_runtime()
        if self.cuda_version is not None and str(self.cuda_version) not in _CUDA_VERSIONS:
            raise _invalid(f"cuda_version {self.cuda_version!r} is not one of {', '.join(_CUDA_VERSIONS)}.")
        for name in ("conda_file", "extra_docker_file_steps"):
            if getattr(self, name) is not None and not self._beside(getattr(self, name)).is_file():
                raise _invalid(
                    f"{name} {getattr(self, name)!r} is not a file (looked at '{self._beside(getattr(self, name))}')."
                )

    def validation_script_content(self) -> None:
        """Check that the entry script is Python; raises `ScriptError` (`script-syntax`) at its line."""
        path = resolve_script(self._script()).path
        try:
            ast.parse(path.read_bytes(), filename=str(path))
        except (SyntaxError, ValueError) as error:
            line = getattr(error, "lineno", 0) or 0
            raise ScriptError(
                "script-syntax", f"The script is not valid Python: {getattr(error, 'msg', error)}.",
                "Mend that line; python -m py_compile shows the same.", file=str(path), line=line,
            ) from error  # fmt: skip

    def _check_script(self) -> None:
        if not isinstance(self.entry_script, (str, os.PathLike)) or not str(self.entry_script):
            raise ScriptError(
                "script-needed",
                f"The entry_script {self.entry_script!r} is no path.",
                "Give the path of the .py file that defines init() and run().",
            )
        script = resolve_script(self._script())
        if not script.path.is_file():
            raise ScriptError(
                "script-missing",
                f"The entry script '{self.entry_script}' does not exist (looked at '{script.path}').",
                "It is relative to source_directory if there is one, else to the current folder.",
            )

    def _check_environment(self, given: list[str]) -> None:
        if not isinstance(self.environment, Environment):
            raise UserError(
                "argument-invalid",
                f"The environment is {type(self.environment).__name__}; an Environment is needed.",
                "Example: Environment.from_conda_specification(name='env', file_path='myenv.yml')",
            )
        if given:
            raise _invalid(f"An environment and {', '.join(given)} cannot be given together.")

    def _check_runtime(self) -> None:
        if self.runtime is None or str(self.runtime).lower() in _RUNTIMES:
            return
        if str(self.runtime).lower() == "spark-py":
            raise _invalid("The runtime 'spark-py' needs a Spark cluster, which Modelport does not run.")
        raise _invalid(f"The runtime {self.runtime!r} is not known. {nearest(str(self.runtime), _RUNTIMES)}")

    def _beside(self, path: str) -> Path:
        return Path(self.source_directory or ".") / path

    # What the workspace is asked for ------------------------------------------------------------------------------

    def _script(self) -> ScriptRequest:
        folder = os.fspath(self.source_directory or "")
        return ScriptRequest(os.fspath(self.entry_script), folder, self._extra_files)

    def _definition(self) -> dict[str, Any]:
        """The environment as JSON words; empty for the Python that runs this program."""
        if self.environment is not None:
            return definition_of(self.environment).to_json()
        if self.conda_file is not None:
            path = self._beside(self.conda_file)
            return _named(from_conda_file("environment", path), path).to_json()
        return {}

    def _image_environment(self) -> dict[str, Any]:
        """The environment with what an image is built on, further Dockerfile steps as text, as JSON words; empty if
        nothing is asked for."""
        described = self._definition()
        registry = self.base_image_registry
        address = {"address": registry.address, "username": registry.username} if registry is not None else None
        steps = self.extra_docker_file_steps
        given = {
            "base_image": self.base_image,
            "base_image_registry": address,
            "gpu_support": self.enable_gpu,
            "steps": read_text(self._beside(steps), str(steps)) if steps is not None else None,
        }
        container = {name: value for name, value in given.items() if value}
        if not container:
            return described
        return {**(described or EnvironmentDefinition("environment").to_json()), "container": container}

    def _recorded(self) -> dict[str, Any]:
        """The arguments without effect on this machine."""
        recorded = {name: getattr(self, name) for name in _EXCLUSIVE if getattr(self, name) is not None}
        registry = recorded.pop("base_image_registry", None)
        if registry is not None:  # never its password
            recorded["base_image_registry"] = str(getattr(registry, "address", registry))
        return {**recorded, **({"image_description": self.description} if self.description else {})}


def check_inference_config(config: object) -> None:
    """Raise `UserError` (`argument-invalid`) for what is neither an `InferenceConfig` nor None."""
    if config is not None and not isinstance(config, InferenceConfig):
        raise UserError(
            "argument-invalid",
            f"The inference_config is {type(config).__name__}; an InferenceConfig is needed.",
            "Example: InferenceConfig(entry_script='score.py', environment=env)",
        )


def _named(definition: EnvironmentDefinition, path: Path) -> EnvironmentDefinition:
    """An environment of the first generation has no name of its own: that of its file will do, if it is one."""
    try:
        return replace(definition, name=path.stem)
    except UserError:
        return definition


def _invalid(what: str) -> UserError:
    return UserError(
        "inference-config-invalid",
        f"The InferenceConfig is not valid: {what}",
        "Write InferenceConfig(entry_script='score.py', environment=Environment.from_conda_specification(…)).",
    )
