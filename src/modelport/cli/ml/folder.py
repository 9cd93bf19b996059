"""`modelport ml folder`: tie a folder to a workspace."""

from __future__ import annotations

from pathlib import Path

import click

from modelport.cli.doors import session_of
from modelport.cli.ml.door import MlGroup, azure_words


@click.group(cls=MlGroup, examples=["modelport ml folder attach -w research"])
def folder() -> None:
    """Tie a folder to a workspace."""


@folder.command(examples=["modelport ml folder attach -w research"])
@click.option("--experiment-name", "-e", help="Without effect.")
@click.pass_context
def attach(context: click.Context, experiment_name: str | None) -> dict[str, str]:
    """Write a config.json here, so that lines in this folder use the workspace."""
    from modelport.settings import WorkspaceConfig, write_workspace_config

    _ = experiment_name
    found = session_of(context).workspace
    azure = azure_words(context)
    config = WorkspaceConfig(
        found.name,
        azure.get("subscription_id", found.details.subscription_id),
        azure.get("resource_group", found.details.resource_group),
    )
    return {"workspaceName": found.name, "path": str(write_workspace_config(config, Path.cwd()))}
