"""`inferenceconfig.json`: the arguments of `InferenceConfig`, of both generations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from modelport.cli.ml.keys import Key, Words, translated
from modelport.errors import nearest

KEYS: dict[str, Key] = {
    "entryScript": Key("entry_script"),
    "sourceDirectory": Key("source_directory"),
    "description": Key("description"),
    "environment": Key("environment", "group"),
    "runtime": Key("runtime"),
    "condaFile": Key("conda_file"),
    "extraDockerfileSteps": Key("extra_docker_file_steps"),
    "enableGpu": Key("enable_gpu", "switch"),
    "baseImage": Key("base_image"),
    "baseImageRegistry": Key("base_image_registry", "registry"),
    "cudaVersion": Key("cuda_version"),
}
_ENVIRONMENT = (
    "name", "version", "environmentVariables", "python", "docker", "inferencingStackVersion", "assetId", "spark",
    "databricks", "r",
)  # fmt: skip


def inference_words(content: Mapping[str, Any], source: str) -> Words:
    """What an inference file says; `environment` stays as it is written. Raises `UserError` (`config-value-invalid`).

    >>> inference_words({"entryScript": "score.py", "runtime": None}, "i.json").arguments
    {'entry_script': 'score.py'}
    """
    found = translated(content, KEYS, source)
    unknown = [key for key in found.arguments.get("environment", ()) if key not in _ENVIRONMENT]
    more = tuple(
        f"{source}: the key 'environment.{key}' is not known and has no effect. {nearest(key, _ENVIRONMENT)}"
        for key in unknown
    )
    return Words(found.arguments, found.warnings + more)
