"""`modelport ml workspace`: create, show and delete workspaces."""

from __future__ import annotations

from typing import Any

import click

from modelport.cli.doors import session_of
from modelport.cli.ml import options as flags
from modelport.cli.ml.door import MlGroup, azure_words, warn, workspace_of
from modelport.cli.words import pairs

_NAME = flags.text("name", "--name", "-n", help="Name of the workspace, as -w.")


@click.group(
    cls=MlGroup,
    examples=["modelport ml workspace create -w research -g my-group --exist-ok", "modelport ml workspace show"],
)
def workspace() -> None:
    """Create, show and delete workspaces."""


def _named(context: click.Context, name: str | None) -> str:
    """The name that -n or -w gives, else that of the workspace in use."""
    session = session_of(context)
    if name is not None:
        session.workspace_name = name
    return session.workspace_name or workspace_of(context).name


@workspace.command(examples=["modelport ml workspace create -w research -g my-group -l westeurope --exist-ok"])
@_NAME
@flags.text("friendly_name", "--friendly-name", "-f", help="What people call it.")
@flags.text("location", "--location", "-l", help="Recorded.")
@flags.text("sku", "--sku", help="Recorded.")
@flags.text("storage_account", "--storage-account", help="Recorded.")
@flags.text("key_vault", "--keyvault", help="Recorded.")
@flags.text("app_insights", "--application-insights", help="Recorded.")
@flags.text("container_registry", "--container-registry", help="Recorded.")
@flags.many("tags", "--tag", metavar="KEY=VALUE", help="Tag; repeatable.")
@click.option("--exist-ok", is_flag=True, help="Use it as it is if there is one already.")
@click.option("--yes", "-y", is_flag=True, help="Without effect: nothing is asked.")
@click.option("--no-wait", is_flag=True, help="Without effect: it is there at once.")
@click.pass_context
def create(context: click.Context, /, **options: Any) -> dict[str, Any]:
    """Make a workspace: a folder on this machine."""
    from modelport.sdk.workspace import Workspace

    names = ("friendly_name", "location", "storage_account", "key_vault", "app_insights", "container_registry", "sku")
    words: dict[str, Any] = {name: options[name] for name in names if options[name] is not None}
    words.update(azure_words(context))
    made = Workspace.create(
        _named(context, options["name"]),
        tags=pairs(options["tags"], "--tag"),
        exist_ok=options["exist_ok"],
        **words,
    )
    return made.get_details()


@workspace.command(examples=["modelport ml workspace show", "modelport ml workspace show -w research --query location"])
@_NAME
@click.pass_context
def show(context: click.Context, name: str | None) -> dict[str, Any]:
    """Show a workspace."""
    from modelport.sdk.workspace import Workspace

    return Workspace.get(_named(context, name)).get_details()


@workspace.command("list", examples=["modelport ml workspace list -o table"])
@click.pass_context
def list_workspaces(context: click.Context) -> list[dict[str, Any]]:
    """List the workspaces of this home, or of one resource group."""
    from modelport.sdk.workspace import Workspace

    found = Workspace.list(**azure_words(context))
    return [each.get_details() for several in found.values() for each in several]


@workspace.command(examples=["modelport ml workspace delete -w research --yes"])
@_NAME
@click.option("--all-resources", is_flag=True, help="Also take its images out of the container engine.")
@click.option("--yes", "-y", is_flag=True, help="Do not ask.")
@click.option("--no-wait", is_flag=True, help="Without effect.")
@click.pass_context
def delete(context: click.Context, /, **options: Any) -> None:
    """Delete a workspace with its models and secrets; its services must be gone."""
    from modelport.sdk.workspace import Workspace

    name = _named(context, options["name"])
    if not options["yes"]:
        click.confirm(f"Delete workspace '{name}' with all its models?", abort=True, err=True)
    Workspace.get(name).delete(delete_dependent_resources=options["all_resources"])


@workspace.command(examples=["modelport ml workspace update -w research --friendly-name Research"])
@_NAME
@flags.text("friendly_name", "--friendly-name", "-f", help="What people call it.")
@flags.text("description", "--description", "-d", help="What it is.")
@flags.many("tags", "--tags", "--tag", metavar="KEY=VALUE", help="Tag, in place of all that there are; repeatable.")
@click.pass_context
def update(context: click.Context, /, **options: Any) -> dict[str, Any]:
    """Change what is said of a workspace; what is not named stays."""
    from modelport.sdk.workspace import Workspace

    tags = pairs(options["tags"], "--tag") or None
    found = Workspace.get(_named(context, options["name"]))
    return found.update(options["friendly_name"], options["description"], tags)


@workspace.command("sync-keys", examples=["modelport ml workspace sync-keys -w research"])
@_NAME
@click.pass_context
def sync_keys(context: click.Context, name: str | None) -> None:
    """Without effect: a workspace on this machine has no keys of other resources."""
    from modelport.sdk.workspace import Workspace

    Workspace.get(_named(context, name))
    warn("there are no keys of other resources to read again.")


@workspace.command(examples=["modelport ml workspace share -w research --role reader --user me@example.com"])
@_NAME
@flags.text("role", "--role", help="Without effect.")
@flags.text("user", "--user", help="Without effect.")
@click.pass_context
def share(context: click.Context, name: str | None, role: str | None, user: str | None) -> None:
    """Without effect: the file system says who may use a workspace."""
    from modelport.sdk.workspace import Workspace

    _ = role, user
    directory = Workspace.get(_named(context, name)).get_details()["directory"]
    warn(f"who may use the workspace is who may read '{directory}'.")
