"""The commands of `modelport ml`: they take what every `az ml` command takes, and print as `az` prints.

A command returns its answer; all that is printed while it works goes to standard error, so that standard output holds
the answer alone. Errors go to standard error whatever the format is, as scripts for `az` expect.
"""

from __future__ import annotations

import sys
from contextlib import redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from modelport.cli.doors import Door, DoorGroup, LazyGroup, session_of
from modelport.cli.ml.answer import FORMATS, check_query, picked, text_of

if TYPE_CHECKING:
    from modelport.sdk.workspace import Workspace

_KEPT = "modelport.ml."
SHARED = (
    "workspace_name", "resource_group", "subscription_id", "config_path", "output_format", "query", "verbose",
    "az_verbose", "show_debug", "only_show_errors", "help",
)  # fmt: skip


def _keep(context: click.Context, parameter: click.Parameter, value: Any) -> None:
    if value:
        context.meta[f"{_KEPT}{parameter.name}"] = value


def _take_workspace(context: click.Context, _: click.Parameter, value: str | None) -> None:
    if value is not None:
        session_of(context).workspace_name = value


def _take_verbose(context: click.Context, _: click.Parameter, value: bool) -> None:
    if value:
        session_of(context).verbose = True


def shared_options() -> list[click.Parameter]:
    """The options that stand behind every command of `az ml`."""
    return [
        click.Option(
            ["workspace_name", "--workspace-name", "--workspace", "-w"], metavar="NAME",
            help="Workspace to use; default: MODELPORT_WORKSPACE, a config.json here or above, else 'default'.",
            callback=_take_workspace, expose_value=False,
        ),
        _kept("resource_group", "--resource-group", "-g", help="Azure's; without effect, the workspace's name counts."),
        _kept("subscription_id", "--subscription-id", "--subscription", help="Azure's; without effect."),
        _kept("config_path", "--path", metavar="FOLDER", help="Where to look for a config.json; default: here."),
        click.Option(
            ["output_format", "--output", "-o"], type=click.Choice(FORMATS), callback=_keep, expose_value=False,
            is_eager=True, help="How the answer is printed; default: json.",
        ),
        _kept("query", "--query", metavar="JMESPATH", help="Print only what this expression picks of the answer."),
        click.Option(
            ["verbose", "--verbose"], is_flag=True, callback=_take_verbose, expose_value=False, is_eager=True,
            help="Show the traceback of an error.",
        ),
        click.Option(
            ["az_verbose", "-v"], is_flag=True, expose_value=False, help="Without effect: steps are always told."
        ),
        click.Option(
            ["show_debug", "--debug"], is_flag=True, callback=_take_verbose, expose_value=False, help="As --verbose."
        ),
        click.Option(["only_show_errors", "--only-show-errors"], is_flag=True, expose_value=False, hidden=True,
                     help="Without effect: notes go to standard error."),
    ]  # fmt: skip


def _kept(name: str, *flags: str, help: str, metavar: str = "TEXT") -> click.Option:
    return click.Option([name, *flags], metavar=metavar, callback=_keep, expose_value=False, help=help)


class MlDoor(Door):
    """One command; what it returns is its answer."""

    shared = SHARED
    make_shared = staticmethod(shared_options)

    def invoke(self, ctx: click.Context) -> None:
        """Run it, then print what `--query` picks of its answer in the format that was asked for."""
        query = ctx.meta.get(f"{_KEPT}query")
        if query is not None:
            check_query(query)  # before anything is done
        with redirect_stdout(sys.stderr):
            answer = super().invoke(ctx)
        chosen = ctx.meta.get(f"{_KEPT}output_format")
        sys.stdout.write(text_of(picked(answer, query), chosen))
        sys.stdout.flush()


class MlGroup(DoorGroup):
    """A noun of `az ml` with its verbs."""

    command_class = MlDoor
    shared = SHARED
    make_shared = staticmethod(shared_options)


class MlRoot(LazyGroup):
    """`modelport ml` itself."""

    shared = SHARED
    make_shared = staticmethod(shared_options)

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command; its errors are told in words, on standard error."""
        session_of(ctx).format = "table"
        return super().invoke(ctx)


def workspace_of(context: click.Context) -> Workspace:
    """The workspace that the line names, by -w or by the config.json below --path; else as everywhere."""
    from modelport.sdk.workspace import Workspace
    from modelport.settings import read_workspace_config

    session = session_of(context)
    path = context.meta.get(f"{_KEPT}config_path")
    if path is not None and session.workspace_name is None:
        session.workspace_name = read_workspace_config(Path(path)).workspace_name
    return Workspace.get(session.workspace.name)


def azure_words(context: click.Context) -> dict[str, str]:
    """Azure's subscription and resource group, as far as the line names them."""
    found = {name: context.meta.get(f"{_KEPT}{name}") for name in ("subscription_id", "resource_group")}
    return {name: value for name, value in found.items() if value}


def warn(sentence: str) -> None:
    """Say, on standard error, that something is without effect."""
    sys.stderr.write(f"Warning: {sentence}\n")
