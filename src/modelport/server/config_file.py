"""config.json, from which v1's server read what no variable said: its keys are the names of the variables."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from modelport.errors import UserError

FILE_NAME = "config.json"


def variables_with_config(environ: Mapping[str, str], folders: Iterable[Path], named: str = "") -> dict[str, str]:
    """The variables, and what config.json says where no variable does.

    The file is the one that is `named`, else the one that AZUREML_CONFIG_FILE names, else the first config.json in
    `folders` that is not empty. Raises `UserError` (`config-file-unusable`) for one that was named and cannot be used;
    any other config.json may be of another program, and then says nothing.
    """
    named = named or environ.get("AZUREML_CONFIG_FILE", "")
    if named:
        return {**_values(Path(named)), **environ}
    for path in (folder / FILE_NAME for folder in folders):
        if path.is_file() and path.stat().st_size:
            try:
                return {**_values(path), **environ}
            except UserError:
                return dict(environ)
    return dict(environ)


def _values(path: Path) -> dict[str, str]:
    try:
        words = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UserError(
            "config-file-unusable",
            f"The configuration file '{path}' cannot be read: {error}.",
            'It is JSON such as {"AZUREML_ENTRY_SCRIPT": "score.py", "SERVER_PORT": 5001}.',
        ) from error
    if not isinstance(words, dict):
        raise UserError(
            "config-file-unusable",
            f"The configuration file '{path}' holds no JSON object.",
            'It is JSON such as {"AZUREML_ENTRY_SCRIPT": "score.py", "SERVER_PORT": 5001}.',
        )
    return {name: _text(value) for name, value in words.items() if isinstance(value, (str, int, float))}


def _text(value: Any) -> str:
    """As a variable would say it.

    >>> _text(True), _text(5001)
    ('true', '5001')
    """
    return str(value).lower() if isinstance(value, bool) else str(value)
