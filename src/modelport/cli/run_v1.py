"""`modelport run-v1`: a program of the Azure ML SDK v1, unchanged, on Modelport."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from modelport.cli.doors import Door, session_of

_MODULE = ("-m", "--module")


class Runner(Door):
    """A command whose words after the program belong to the program, whatever they look like."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Part the words into ours, which come first, and the program's."""
        options = [each for each in self.params if isinstance(each, click.Option)]
        with_value = {name for option in options if not option.is_flag for name in option.opts}
        own = 0
        while args[own : own + 1] and args[own].startswith("-") and not args[own].startswith(_MODULE):
            own += 2 if args[own] in with_value else 1
        if args[own : own + 1] and args[own].startswith(_MODULE):  # the name behind it, or joined to it: -mNAME
            own += 2 if args[own] in _MODULE else 1
        return super().parse_args(ctx, [*args[:own], "--", *args[own:]])


@click.command(
    cls=Runner,
    examples=[
        "modelport run-v1 deploy.py --name mymodel",
        "modelport run-v1 -m project.deploy",
        "modelport run-v1 deploy.sh",
    ],
)
@click.option("-m", "--module", help="Run a module by its dotted name, as python -m does.")
@click.argument("words", metavar="[SCRIPT] [ARGUMENTS]...", nargs=-1, type=click.UNPROCESSED)
@click.pass_context
def run_v1(context: click.Context, /, module: str | None, words: tuple[str, ...], **_: Any) -> None:
    """Run a program written for the Azure ML SDK v1: its `import azureml…` finds Modelport's classes.

    It runs as under python itself: its own arguments, working directory, traceback and exit code. Packages of azureml
    that are installed beside Modelport are not used and not touched. In a shell script `az ml` is Modelport's, and
    signing in with `az login` needs nobody.
    """
    from modelport.cli.ml.script import is_shell_script, run_shell_script
    from modelport.v1_imports.finder import install
    from modelport.v1_imports.program import run_module, run_script

    if module is None and not words:
        raise click.UsageError("Name the program: modelport run-v1 SCRIPT [ARGUMENTS], or -m MODULE", context)
    if module is None and is_shell_script(Path(words[0])):
        run_shell_script(words, session_of(context).settings)
    install()
    context.exit(run_script(words[0], words[1:]) if module is None else run_module(module, words))
