"""What the line and its files ask for, as the objects that a deployment needs."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from modelport.cli.ml.deployment_file import KEYS, DeploymentWords, compute_type_of, deployment_words
from modelport.cli.ml.door import warn
from modelport.cli.ml.files import named_in, read_file
from modelport.cli.ml.inference_file import inference_words
from modelport.errors import UserError

if TYPE_CHECKING:
    from modelport.sdk.environment import Environment
    from modelport.sdk.inference_config import InferenceConfig
    from modelport.sdk.workspace import Workspace

_INFERENCE = (
    "entry_script", "source_directory", "conda_file", "runtime", "extra_docker_file_steps", "enable_gpu",
    "cuda_version", "base_image", "base_image_registry",
)  # fmt: skip
_LABELS = ("tags", "properties", "description")
_ARGUMENTS = {kind: {key.argument for key in keys.values()} for kind, keys in KEYS.items()}
# What all versions of an endpoint share is not told of one version.
_ARGUMENTS["version"] = _ARGUMENTS["aksendpoint"] - {
    "auth_enabled", "token_auth_enabled", "enable_app_insights", "primary_key", "secondary_key", "namespace",
    "version_name", "traffic_percentile",
}  # fmt: skip


def model_ids(options: Mapping[str, Any]) -> list[str]:
    """The models that -m and the metadata files of -f name. Raises `UserError` (`config-file-unusable`)."""
    from_files = [named_in(path, "--model-metadata-file", "modelId") for path in options["model_metadata_files"]]
    return [*options["models"], *from_files]


# How it scores ----------------------------------------------------------------------------------------------------


def inference_config_of(workspace: Workspace, options: Mapping[str, Any]) -> InferenceConfig | None:
    """What --ic and the flags say, the flags first; None where nothing is said: a model that needs no script."""
    from modelport.sdk.environment_sections import ContainerRegistry
    from modelport.sdk.inference_config import InferenceConfig

    given = _from_file(options["inference_config_file"])
    given.update({name: options[name] for name in _INFERENCE if options.get(name) is not None})
    described = given.pop("environment", None)
    environment = environment_of(workspace, options) or (environment_from(described) if described else None)
    if not given and environment is None:
        return None
    if "entry_script" not in given:
        raise UserError(
            "script-needed",
            "There is no entry script: neither --entry-script nor entryScript in the file of --inference-config-file.",
            "For example: --entry-script score.py",
        )
    if "base_image_registry" in given:
        given["base_image_registry"] = _registry(ContainerRegistry(), given["base_image_registry"])
    return InferenceConfig(**given, environment=environment)


def _from_file(path: str | None) -> dict[str, Any]:
    if path is None:
        return {}
    found = inference_words(read_file(path, "--inference-config-file"), path)
    for warning in found.warnings:
        warn(warning)
    return dict(found.arguments)


def _registry(registry: Any, given: str | Mapping[str, Any]) -> Any:
    words = {"address": given} if isinstance(given, str) else given
    for name in ("address", "username", "password"):
        setattr(registry, name, words.get(name))
    return registry


def environment_of(workspace: Workspace, options: Mapping[str, Any]) -> Environment | None:
    """The environment that -e and --ev or --ed name; None if they name none."""
    from modelport.sdk.environment import Environment

    if options.get("environment_name"):
        return Environment.get(workspace, options["environment_name"], options["environment_version"])
    if options.get("environment_directory"):
        return Environment.load_from_directory(options["environment_directory"])
    return None


def environment_from(words: Mapping[str, Any]) -> Environment:
    """The environment that an inference file describes: `azureml_environment.json`, with its conda packages inline."""
    from modelport.sdk.environment import Environment
    from modelport.sdk.environment_folder import CONDA_FILE, DOCKERFILE, JSON_FILE

    python, docker = dict(words.get("python") or {}), dict(words.get("docker") or {})
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        conda = python.pop("condaDependencies", None)
        if conda is not None:
            (folder / CONDA_FILE).write_text(json.dumps(conda), encoding="utf-8")  # JSON is YAML
        if docker.get("baseDockerfile"):
            (folder / DOCKERFILE).write_text(str(docker["baseDockerfile"]), encoding="utf-8")
        whole = {"name": "environment", **words, "python": python, "docker": docker}
        (folder / JSON_FILE).write_text(json.dumps(whole), encoding="utf-8")
        return Environment.load_from_directory(name)


# Where it runs ----------------------------------------------------------------------------------------------------


def deployment_config_of(options: Mapping[str, Any], labels: Mapping[str, Any]) -> Any:
    """What --dc and the flags say of where and how it runs, the flags first; None where nothing is said.

    `labels` are tags, properties and description. Raises `UserError` (`compute-type-unknown`, `config-value-invalid`).
    """
    words = _deployment_words(options)
    if words is None:
        return None
    for warning in words.warnings:
        warn(warning)
    kept = {name: value for name, value in labels.items() if value}
    given = {**words.arguments, **effective(options, words.compute_type)}
    return configuration_class(words.compute_type).deploy_configuration(**given, **kept)


def effective(options: Mapping[str, Any], compute_type: str) -> dict[str, Any]:
    """The flags that say how a service runs and that its compute type (or "version", one of an endpoint) understands;
    the others are warned about."""
    known, given = _ARGUMENTS[compute_type.lower()], _serving(options)
    for name in sorted(set(given) - known):
        warn(f"--{name.replace('_', '-')} has no effect for the compute type {compute_type.lower()}.")
    return {name: value for name, value in given.items() if name in known}


def _serving(options: Mapping[str, Any]) -> dict[str, Any]:
    names = sorted(set().union(*_ARGUMENTS.values()))
    return {name: options[name] for name in names if options.get(name) is not None}


def _deployment_words(options: Mapping[str, Any]) -> DeploymentWords | None:
    path, named = options["deploy_config_file"], options.get("compute_type")
    if path is not None:
        return deployment_words(read_file(path, "--deploy-config-file"), path)
    if named is not None:
        return DeploymentWords(compute_type_of(named, "--compute-type"), {})
    if options.get("compute_target") is not None:
        return DeploymentWords("aks", {})
    given = set(_serving(options))
    if not given:
        return None
    return DeploymentWords("local" if given <= _ARGUMENTS["local"] else "aci", {})


def configuration_class(compute_type: str) -> Any:
    """The class whose `deploy_configuration` belongs to a compute type of `KEYS`."""
    from modelport.sdk.webservice import AksEndpoint, AksWebservice, ContainerWebservice, LocalWebservice

    classes = {
        "local": LocalWebservice, "aci": ContainerWebservice, "aks": AksWebservice, "aksendpoint": AksEndpoint,
    }  # fmt: skip
    return classes[compute_type]


def target_of(workspace: Workspace, options: Mapping[str, Any]) -> Any:
    """The cluster that --compute-target names, None without."""
    if options["compute_target"] is None:
        return None
    from modelport.sdk.compute import ComputeTarget

    return ComputeTarget(workspace, options["compute_target"])
