"""The kinds of command that this command line consists of: with examples, with the options that every command takes,
and with groups that import a command when it is used."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from modelport.cli.commands import Entry
from modelport.cli.session import FORMATS, Session
from modelport.errors import ModelportError, nearest

if TYPE_CHECKING:
    from modelport.workspace import OpenWorkspace

EVERYWHERE = ("workspace_name", "output_format", "verbose", "help")


def _take_workspace(context: click.Context, _: click.Parameter, value: str | None) -> None:
    if value is not None:
        context.ensure_object(Session).workspace_name = value


def _take_format(context: click.Context, _: click.Parameter, value: str | None) -> None:
    if value is not None:
        context.ensure_object(Session).format = value


def _take_verbose(context: click.Context, _: click.Parameter, value: bool) -> None:
    if value:
        context.ensure_object(Session).verbose = True


def everywhere_options() -> list[click.Parameter]:
    """The options that stand behind every command, so that their place in the line does not matter."""
    workspace = "Workspace to use; default: MODELPORT_WORKSPACE, a config.json here or above, else 'default'."
    output = "Print tables or JSON; default: MODELPORT_OUTPUT, else table."
    return [
        click.Option(
            ["workspace_name", "--workspace", "-w"], metavar="NAME", help=workspace, callback=_take_workspace,
            expose_value=False,
        ),
        click.Option(
            ["output_format", "--output", "-o"], type=click.Choice(FORMATS), help=output, callback=_take_format,
            expose_value=False, is_eager=True,
        ),
        click.Option(
            ["verbose", "--verbose"], is_flag=True, help="Show the traceback of an error, and more on the way.",
            callback=_take_verbose, expose_value=False, is_eager=True,
        ),
    ]  # fmt: skip


class _Explained(click.Command):
    """A command whose help ends with examples, and lists what every command takes in a section of its own."""

    examples: Sequence[str] = ()
    shared: tuple[str, ...] = EVERYWHERE
    make_shared = staticmethod(everywhere_options)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        own: list[tuple[str, str]] = []
        shared: list[tuple[str, str]] = []
        for parameter in self.get_params(ctx):
            record = parameter.get_help_record(ctx)
            if record is not None:
                (shared if parameter.name in self.shared else own).append(record)
        if own:
            with formatter.section("Options"):
                formatter.write_dl(own)
        with formatter.section("Options of every command"):
            formatter.write_dl(shared)
        if isinstance(self, click.Group):
            self.format_commands(ctx, formatter)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        if self.examples:
            with formatter.section("Examples"):
                for example in self.examples:
                    formatter.write(f"{'':>{formatter.current_indent}}{example}\n")
        super().format_epilog(ctx, formatter)


class Door(_Explained):
    """One command. `examples` are lines that can be typed as they stand."""

    def __init__(self, *args: Any, examples: Sequence[str] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.examples = examples
        self.params.extend(self.make_shared())


class DoorGroup(_Explained, click.Group):
    """A noun with its verbs."""

    command_class = Door
    group_class = type  # a group within a group is of this class too

    def __init__(self, *args: Any, examples: Sequence[str] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.examples = examples
        self.params.extend(self.make_shared())

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click does, with the nearest command for one that does not exist."""
        word = args[0]
        if self.get_command(ctx, word) is None and not word.startswith("-"):
            ctx.fail(f"There is no command '{ctx.command_path} {word}'. {nearest(word, self.list_commands(ctx))}")
        return super().resolve_command(ctx, args)


class LazyGroup(DoorGroup):
    """The root: commands stand in a table and are imported when they are used."""

    def __init__(self, *args: Any, entries: Mapping[str, Entry], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.entries = entries

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names, in the order of the table."""
        return [*self.entries, *super().list_commands(ctx)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command itself, imported now."""
        entry = self.entries.get(cmd_name)
        if entry is None:
            return super().get_command(ctx, cmd_name)
        command = getattr(importlib.import_module(entry.module), entry.attribute)
        return command if isinstance(command, click.Command) else None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The table of commands, by section."""
        for section in dict.fromkeys(entry.section for entry in self.entries.values()):
            names = (name for name in self.list_commands(ctx) if self.entries[name].section == section)
            rows = [(name, self.entries[name].help) for name in names]
            with formatter.section(section):
                formatter.write_dl(rows)


Completion = Callable[[click.Context, click.Parameter, str], list[str]]


def completing(names_of: Callable[[OpenWorkspace], Iterable[str]]) -> Completion:
    """What completes a word from the names in the workspace; silent where there is none, as a shell expects."""

    def complete(context: click.Context, _: click.Parameter, incomplete: str) -> list[str]:
        try:
            workspace = session_of(context).existing_workspace
            return [name for name in names_of(workspace) if name.startswith(incomplete)] if workspace else []
        except (ModelportError, OSError):
            return []

    return complete


def session_of(context: click.Context) -> Session:
    """The session of this run."""
    return context.ensure_object(Session)
