"""Writes docs/reference/cli.md from the commands themselves: `python docs/generate_cli_reference.py`."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import click

from modelport.cli.commands import COMMANDS
from modelport.cli.doors import EVERYWHERE, everywhere_options
from modelport.cli.failures import EXIT_CODES
from modelport.cli.program import root

TARGET = Path(__file__).parent / "reference" / "cli.md"

HEAD = """\
# The command line

<!-- Written by docs/generate_cli_reference.py; change the commands, then run it. -->

`modelport` is one program with a command for each noun. `--help` behind any command prints what stands here.

What a command answers goes to standard output; steps, progress and warnings go to standard error. On a terminal
tables are drawn and what takes time is shown moving; in a pipe tables are plain aligned text. With `--output json`
standard output holds JSON and nothing else: an object or a list, for `service logs` one JSON text a line, and for an
error one object `{"error": {"code", "message", "remedy", "exit_code", …}}`. Without it errors go to standard error: the
traceback of your own script first, then the step that failed, then behind `->` what to do, and the code that
`modelport explain` takes. `NO_COLOR` switches colours off.

Without `--workspace` the workspace is the one that `MODELPORT_WORKSPACE` names, else that of a `config.json` in this
folder or one above it, else `default`, which is created when it is first used.
"""

COMPLETION = """\
## Shell completion

    modelport completion bash >> ~/.bashrc
    modelport completion zsh >> ~/.zshrc
    modelport completion fish > ~/.config/fish/completions/modelport.fish

A shell that is started afterwards completes commands, options, and the names of models, environments and services.
"""


def reference() -> str:
    """The whole page."""
    parts = [HEAD, _options_of_every_command(), _exit_codes(), COMPLETION]
    context = click.Context(root, info_name="modelport")
    for name in COMMANDS:
        command = root.get_command(context, name)
        if command is not None:
            parts += _command(command, f"modelport {name}")
    return "\n".join(parts)


def _options_of_every_command() -> str:
    rows = "\n".join(_option_row(option) for option in everywhere_options())
    return f"## Options of every command\n\n| option | meaning |\n|---|---|\n{rows}\n"


def _exit_codes() -> str:
    rows = "\n".join(f"| {code} | {meaning} |" for code, meaning in EXIT_CODES.items())
    return f"## Exit codes\n\n| code | meaning |\n|---|---|\n{rows}\n"


def _command(command: click.Command, path: str) -> Iterator[str]:
    level = "##" if path.count(" ") == 1 else "###"
    yield f"{level} {path}\n"
    yield _paragraphs(command.help or "")
    context = click.Context(command, info_name=path)
    own = [parameter for parameter in command.params if parameter.name not in EVERYWHERE]
    if not isinstance(command, click.Group):
        yield f"    {' '.join([path, *command.collect_usage_pieces(context)])}\n"
        options = [parameter for parameter in own if isinstance(parameter, click.Option)]
        if options:
            yield "| option | meaning |\n|---|---|\n" + "\n".join(map(_option_row, options)) + "\n"
        yield "Examples:\n\n" + "\n".join(f"    {example}" for example in getattr(command, "examples", ())) + "\n"
    else:
        for name in command.list_commands(context):
            inner = command.get_command(context, name)
            if inner is not None:
                yield from _command(inner, f"{path} {name}")


def _option_row(option: click.Parameter) -> str:
    record = option.get_help_record(click.Context(root))
    names, meaning = record if record else ("", "")
    escaped = names.replace("|", r"\|")
    return f"| `{escaped}` | {meaning} |"


def _paragraphs(text: str) -> str:
    return "\n\n".join(" ".join(part.split()) for part in text.split("\n\n")) + "\n"


def main() -> int:
    """Write the page."""
    TARGET.write_text(reference(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
