"""The options that say what is served: models, a script, an environment; for commands that deploy or build."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from modelport.cli.doors import completing

if TYPE_CHECKING:
    from modelport.workspace import OpenWorkspace

Option = Callable[[Callable[..., Any]], Callable[..., Any]]


def model_ids(workspace: OpenWorkspace) -> list[str]:
    """The ids of all registered models, for completion."""
    return [each.id for each in workspace.models.find()]


def script_options(source_directory_help: str) -> tuple[Option, ...]:
    """The options, in the order in which help lists them."""
    return (
        click.option("--entry-script", "-e", metavar="FILE", help="Script with init() and run(data)."),
        click.option("--source-directory", "-s", metavar="FOLDER", help=source_directory_help),
        click.option(
            "--model", "-m", "models", multiple=True, metavar="NAME:VERSION|PATH", shell_complete=completing(model_ids),
            help="Registered model, or a file or folder that is not registered; repeatable.",
        ),
        click.option(
            "--conda-file", "--cf", type=click.Path(path_type=Path), metavar="FILE",
            help="Environment from a conda file.",
        ),
        click.option(
            "--requirements", type=click.Path(path_type=Path), metavar="FILE",
            help="Environment from a requirements file.",
        ),
        click.option("--environment", metavar="NAME[:VERSION]", help="A registered or curated environment."),
    )  # fmt: skip


def with_options(command: Callable[..., Any], options: tuple[Option, ...]) -> Callable[..., Any]:
    """The command with these options, listed in this order."""
    for option in reversed(options):
        command = option(command)
    return command
