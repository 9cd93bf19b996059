"""Reads and writes the files that `az ml` passes from command to command."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from modelport.errors import UserError


def read_file(path: str, option: str) -> dict[str, Any]:
    """The object in a file of JSON or YAML; raises `UserError` (`config-file-unusable`) that names the option."""
    import yaml

    try:
        text = Path(path).read_text(encoding="utf-8-sig")
        content = json.loads(text) if text.lstrip().startswith("{") else yaml.safe_load(text)
    except OSError as error:
        raise _unusable(path, option, error.strerror or str(error)) from error
    except (ValueError, yaml.YAMLError) as error:
        raise _unusable(path, option, " ".join(str(error).split())) from error
    if not isinstance(content, dict):
        raise _unusable(path, option, f"it holds {type(content).__name__}, not an object")
    return {str(key): value for key, value in content.items()}


def write_file(path: str, content: Mapping[str, Any]) -> None:
    """Write what a later command reads; raises `UserError` (`config-file-unusable`)."""
    try:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        Path(path).write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    except OSError as error:
        raise _unusable(path, "--output-metadata-file", error.strerror or str(error)) from error


def named_in(path: str, option: str, key: str) -> str:
    """The value of one key of a metadata file, such as `modelId`; raises `UserError` (`config-file-unusable`)."""
    value = read_file(path, option).get(key)
    if isinstance(value, str) and value:
        return value
    raise _unusable(path, option, f"it has no {key}")


def _unusable(path: str, option: str, why: str) -> UserError:
    return UserError(
        "config-file-unusable",
        f"The file '{path}' of {option} cannot be used: {why}.",
        "Name a readable file of JSON or YAML with one object in it.",
    )
