"""Wheels of one's own, kept in a workspace for its environments."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from modelport.errors import ConflictError
from modelport.registry.datastores import DatastoreFolders
from modelport.sdk.arguments import opened, say

if TYPE_CHECKING:
    from modelport.sdk.workspace import Workspace

_STORE = "private-wheels"


def add_wheel(workspace: Workspace, file_path: str, *, exist_ok: bool = False) -> str:
    """See `Environment.add_private_pip_wheel`, which is this function."""
    folder = DatastoreFolders(opened(workspace).directory).make(_STORE)
    name = Path(file_path).name
    kept = folder.place(name)
    if kept.exists() and not exist_ok:
        raise ConflictError(
            "wheel-exists",
            f"The workspace '{workspace.name}' has a wheel '{name}' already.",
            "Get the URL of that one with exist_ok=True; a changed wheel needs another version in its name.",
        )
    folder.put([(Path(file_path), name)], overwrite=False, tell=say)
    return kept.as_uri()
