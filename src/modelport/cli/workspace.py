"""`modelport workspace`: workspaces and their secrets."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from modelport.cli.doors import DoorGroup, session_of
from modelport.cli.output import Column, moment
from modelport.cli.words import pairs
from modelport.errors import UserError

if TYPE_CHECKING:
    from modelport.workspace import OpenWorkspace

_COLUMNS = (Column("name"), Column("description"), Column("created_at", "Created", moment), Column("directory"))


@click.group(
    cls=DoorGroup,
    examples=["modelport workspace create research", "modelport workspace secret set database-password"],
)
def workspace() -> None:
    """Create, show and delete workspaces; keep their secrets."""


@workspace.command(
    examples=[
        "modelport workspace create research",
        "modelport workspace create research --exist-ok --write-config",
    ]
)
@click.argument("name")
@click.option("--exist-ok", is_flag=True, help="Use it as it is if there is one already; nothing is touched.")
@click.option("--description", "-d", default="", help="What the workspace is for.")
@click.option("--tag", "tags", multiple=True, metavar="KEY=VALUE", help="Tag; repeatable.")
@click.option("--write-config", is_flag=True, help="Write a config.json, so that this folder uses the workspace.")
@click.pass_context
def create(context: click.Context, /, name: str, **options: Any) -> None:
    """Make the workspace NAME."""
    from modelport.settings import WorkspaceConfig, write_workspace_config
    from modelport.workspace import WorkspaceDetails

    session = session_of(context)
    details = WorkspaceDetails(description=options["description"], tags=pairs(options["tags"], "--tag"))
    made = session.home.create(name, details, exist_ok=options["exist_ok"])
    if options["write_config"]:
        config = WorkspaceConfig(name, made.details.subscription_id, made.details.resource_group)
        session.output.note(f"Wrote {write_workspace_config(config, Path.cwd())}.")
    session.output.done(f"Workspace '{name}' is there, in {made.directory}.", _words(made))


@workspace.command("list", examples=["modelport workspace list", "modelport workspace list --output json"])
@click.pass_context
def list_workspaces(context: click.Context) -> None:
    """List the workspaces of this home."""
    session = session_of(context)
    found = [_words(each) for each in session.home.list()]
    session.output.rows(found, _COLUMNS, none="There is no workspace. Make one: modelport workspace create NAME")


@workspace.command(examples=["modelport workspace show", "modelport workspace show research"])
@click.argument("name", required=False)
@click.pass_context
def show(context: click.Context, name: str | None) -> None:
    """Show a workspace: the one that is used here, or NAME."""
    session = session_of(context)
    found = session.home.get(name) if name else session.workspace
    counted = {"models": len(found.models.find()), "services": found.service_names()}
    session.output.record({**_words(found), **counted}, {"created_at": moment})


@workspace.command(examples=["modelport workspace delete research", "modelport workspace delete research --yes"])
@click.argument("name")
@click.option("--yes", "-y", is_flag=True, help="Do not ask.")
@click.option(
    "--delete-dependent-resources", "with_images", is_flag=True, help="Also take its images out of the engine."
)
@click.pass_context
def delete(context: click.Context, name: str, yes: bool, with_images: bool) -> None:
    """Delete the workspace NAME with its models, runs and secrets; refused while it has services."""
    session = session_of(context)
    found = session.home.get(name)
    if not yes:
        _ask(f"Delete workspace '{name}' with {len(found.models.find())} model versions and its secrets?", name)
    session.home.delete(name, with_images=with_images)
    session.output.done(f"Deleted workspace '{name}'.", {"name": name, "deleted": True})


def _ask(question: str, name: str) -> None:
    """Let a person confirm; without a terminal there is nobody to ask. Raises `UserError`."""
    remedy = f"To delete it without being asked: modelport workspace delete {name} --yes"
    if not sys.stdin.isatty():
        raise UserError("confirmation-needed", f"{question} There is no terminal to ask at.", remedy)
    if not click.confirm(question, err=True):
        raise UserError("confirmation-needed", f"Workspace '{name}' was not deleted: the answer was no.", remedy)


def _words(found: OpenWorkspace) -> dict[str, Any]:
    return {
        "name": found.name,
        "id": found.id,
        "description": found.details.description,
        "tags": dict(found.details.tags),
        "directory": str(found.directory),
        "created_at": found.created_at.isoformat(),
    }


@workspace.group(
    examples=[
        "modelport workspace secret set database-password",
        "modelport workspace secret set database-password < password.txt",
        "modelport workspace secret list",
    ]
)
def secret() -> None:
    """Keep secrets of the workspace, encrypted at rest."""


@secret.command(
    "set",
    examples=[
        "modelport workspace secret set database-password",
        "modelport workspace secret set database-password < password.txt",
    ],
)
@click.argument("name")
@click.pass_context
def set_secret(context: click.Context, name: str) -> None:
    """Keep a secret under NAME. Its value is asked for, or read from a pipe; never written in the command line."""
    session = session_of(context)
    value = _secret_value(name)
    session.workspace.secrets.set({name: value})
    session.output.done(f"Set secret '{name}'.", {"name": name, "set": True})


def _secret_value(name: str) -> str:
    if sys.stdin.isatty():
        return str(click.prompt(f"Value of '{name}'", hide_input=True, err=True))
    return sys.stdin.read().removesuffix("\n")


@secret.command(
    "get",
    examples=[
        "modelport workspace secret get database-password",
        "modelport workspace secret get database-password --reveal",
    ],
)
@click.argument("name")
@click.option("--reveal", is_flag=True, help="Print the value itself.")
@click.pass_context
def get_secret(context: click.Context, name: str, reveal: bool) -> None:
    """Say whether the secret NAME is there and can be read; print its value only with --reveal."""
    session = session_of(context)
    value = session.workspace.secrets.get(name)
    if reveal:
        session.output.done(value, {"name": name, "value": value})
    else:
        sentence = f"Secret '{name}' is there ({len(value)} characters). Print it with --reveal."
        session.output.done(sentence, {"name": name, "characters": len(value)})


@secret.command("list", examples=["modelport workspace secret list"])
@click.pass_context
def list_secrets(context: click.Context) -> None:
    """List the names of the secrets; values are never listed."""
    session = session_of(context)
    rows = [
        {"name": each.name, "created_at": each.created_at.isoformat(), "updated_at": each.updated_at.isoformat()}
        for each in session.workspace.secrets.list()
    ]
    columns = (Column("name"), Column("created_at", "Created", moment), Column("updated_at", "Updated", moment))
    session.output.rows(rows, columns, none="There is no secret. Set one: modelport workspace secret set NAME")


@secret.command("delete", examples=["modelport workspace secret delete database-password"])
@click.argument("name")
@click.pass_context
def delete_secret(context: click.Context, name: str) -> None:
    """Forget the secret NAME."""
    session = session_of(context)
    session.workspace.secrets.delete([name])
    session.output.done(f"Deleted secret '{name}'.", {"name": name, "deleted": True})
