"""An environment in a folder, laid out as v1 does: `azureml_environment.json`, the conda file, and `BaseDockerfile`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from modelport.environments.source_file import read_text
from modelport.errors import ConflictError, UserError

if TYPE_CHECKING:
    from modelport.sdk.environment import Environment

JSON_FILE = "azureml_environment.json"
CONDA_FILE = "conda_dependencies.yml"
DOCKERFILE = "BaseDockerfile"

# Name in the file -> name of the attribute.
_PYTHON = {
    "userManagedDependencies": "user_managed_dependencies",
    "interpreterPath": "interpreter_path",
    "baseCondaEnvironment": "base_conda_environment",
}
_DOCKER = {
    "enabled": "enabled",
    "baseImage": "base_image",
    "buildContext": "build_context",
    "sharedVolumes": "shared_volumes",
    "shmSize": "shm_size",
    "arguments": "arguments",
}

_SPARK = {"repositories": "repositories", "packages": "packages", "precachePackages": "precache_packages"}
_DATABRICKS = {
    "mavenLibraries": "maven_libraries", "pypiLibraries": "pypi_libraries", "rcranLibraries": "rcran_libraries",
    "jarLibraries": "jar_libraries", "eggLibraries": "egg_libraries",
}  # fmt: skip


def write_folder(environment: Environment, folder: Path, *, overwrite: bool) -> None:
    """Write an environment into a folder; passwords are left out.

    Raises `ConflictError` (`environment-folder-exists`).
    """
    if folder.exists() and not overwrite:
        raise ConflictError(
            "environment-folder-exists",
            f"The folder '{folder}' exists.",
            "Choose another folder, or write over it: save_to_directory(path, overwrite=True)",
        )
    folder.mkdir(parents=True, exist_ok=True)
    dependencies = environment.python.conda_dependencies
    if dependencies is not None:
        dependencies.save(str(folder / CONDA_FILE))
    if environment.docker.base_dockerfile is not None:
        (folder / DOCKERFILE).write_text(environment.docker.base_dockerfile, encoding="utf-8")
    (folder / JSON_FILE).write_text(json.dumps(_words_of(environment), indent=4) + "\n", encoding="utf-8")


def _words_of(environment: Environment) -> dict[str, Any]:
    python, docker = environment.python, environment.docker
    registry = docker.base_image_registry
    return {
        "name": environment.name,
        "version": environment.version,
        "environmentVariables": environment.environment_variables,
        "python": {
            **{word: getattr(python, name) for word, name in _PYTHON.items()},
            "condaDependenciesFile": CONDA_FILE if python.conda_dependencies is not None else None,
        },
        "docker": {
            **{word: getattr(docker, name) for word, name in _DOCKER.items()},
            "baseDockerfile": DOCKERFILE if docker.base_dockerfile is not None else None,
            "platform": {"os": docker.platform.os, "architecture": docker.platform.architecture},
            "baseImageRegistry": {"address": registry.address, "username": registry.username, "password": None},
        },
        "spark": {word: getattr(environment.spark, name) for word, name in _SPARK.items()},
        "databricks": {word: getattr(environment.databricks, name) for word, name in _DATABRICKS.items()},
        "r": environment.r,
        "inferencingStackVersion": environment.inferencing_stack_version,
        "assetId": environment.asset_id,
    }


def read_folder(folder: Path) -> tuple[dict[str, Any], Path | None]:
    """What `write_folder` wrote, under the names of attributes, and the conda file if there is one.

    Raises `UserError` (`environment-file-missing`, `environment-folder-invalid`).
    """
    file = folder / JSON_FILE
    try:
        words = json.loads(read_text(file, str(file)))
        found = {
            "name": words["name"],
            "environment_variables": words.get("environmentVariables") or {},
            "inferencing_stack_version": words.get("inferencingStackVersion"),
            "python": {name: words["python"][word] for word, name in _PYTHON.items() if word in words["python"]},
            "docker": _docker_of(words["docker"], folder),
        }
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UserError(
            "environment-folder-invalid",
            f"The file '{file}' does not describe an environment ({type(error).__name__}: {error}).",
            "It is written by Environment.save_to_directory.",
        ) from error
    conda = folder / CONDA_FILE
    return found, conda if conda.is_file() else None


def _docker_of(words: dict[str, Any], folder: Path) -> dict[str, Any]:
    docker = {name: words[word] for word, name in _DOCKER.items() if words.get(word) is not None}
    if words.get("platform"):
        docker["platform"] = words["platform"]
    docker["base_image_registry"] = words.get("baseImageRegistry") or {}
    if words.get("baseDockerfile"):
        docker["base_dockerfile"] = read_text(folder / DOCKERFILE, str(folder / DOCKERFILE))
    return docker
