"""Writes docs/reference/cli.md and cli-ml.md from the commands themselves: `python docs/generate_cli_reference.py`."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import click

from modelport.cli.commands import COMMANDS
from modelport.cli.doors import EVERYWHERE, everywhere_options
from modelport.cli.failures import EXIT_CODES
from modelport.cli.ml.door import shared_options
from modelport.cli.program import root

TARGET = Path(__file__).parent / "reference" / "cli.md"
ML_TARGET = TARGET.with_name("cli-ml.md")

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

ML_HEAD = """\
# The command line of Azure ML v1

<!-- Written by docs/generate_cli_reference.py; change the commands, then run it. -->

`modelport ml` understands `az ml` (the extension azure-cli-ml, 1.x): the same commands, flags, configuration files and
metadata files. [Migrating from Azure ML](../migrating-from-azureml.md) says what is different.

The answer goes to standard output as `-o` says, JSON by default; steps, warnings and errors go to standard error. Exit
codes are those of [the command line](cli.md#exit-codes).
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
    parts = [HEAD, _options_of_every_command(everywhere_options()), _exit_codes(), COMPLETION]
    for name in COMMANDS:
        if name == "ml":
            parts.append("## modelport ml\n\nThe commands of `az ml` have [a page of their own](cli-ml.md).\n")
        else:
            parts += _command(_of_root(name), f"modelport {name}")
    return "\n".join(parts)


def ml_reference() -> str:
    """The page of `modelport ml`."""
    parts = [ML_HEAD, _options_of_every_command(shared_options())]
    return "\n".join([*parts, *_command(_of_root("ml"), "modelport ml")])


def _of_root(name: str) -> click.Command:
    command = root.get_command(click.Context(root, info_name="modelport"), name)
    if command is None:
        raise KeyError(name)
    return command


def _options_of_every_command(options: list[click.Parameter]) -> str:
    rows = "\n".join(_option_row(option) for option in options if not getattr(option, "hidden", False))
    return f"## Options of every command\n\n| option | meaning |\n|---|---|\n{rows}\n"


def _exit_codes() -> str:
    rows = "\n".join(f"| {code} | {meaning} |" for code, meaning in EXIT_CODES.items())
    return f"## Exit codes\n\n| code | meaning |\n|---|---|\n{rows}\n"


def _command(command: click.Command, path: str) -> Iterator[str]:
    level = "##" if path.count(" ") == 1 else "###"
    yield f"{level} {path}\n"
    yield _paragraphs(command.help or "")
    context = click.Context(command, info_name=path)
    own = [parameter for parameter in command.params if parameter.name not in getattr(command, "shared", EVERYWHERE)]
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
    ML_TARGET.write_text(ml_reference(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
