"""`modelport run-v1`: a program of the Azure ML SDK v1, unchanged, on Modelport."""

from __future__ import annotations

from typing import Any

import click

from modelport.cli.doors import Door


class Runner(Door):
    """A command whose words after the program belong to the program, whatever they look like."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Part the words into ours and the program's."""
        own = 0
        while own < len(args) and args[own].startswith("-") and args[own] not in ("-m", "--module", "--"):
            own += 2 if args[own] in ("-w", "--workspace", "-o", "--output") else 1
        if args[own : own + 1] in (["-m"], ["--module"]):
            own += 2
        return super().parse_args(ctx, [*args[:own], *(["--"] if args[own : own + 1] != ["--"] else []), *args[own:]])


@click.command(
    cls=Runner,
    examples=[
        "modelport run-v1 deploy.py --name mymodel",
        "modelport run-v1 -m project.deploy",
    ],
)
@click.option("-m", "--module", help="Run a module by its dotted name, as python -m does.")
@click.argument("words", metavar="[SCRIPT] [ARGUMENTS]...", nargs=-1, type=click.UNPROCESSED)
@click.pass_context
def run_v1(context: click.Context, /, module: str | None, words: tuple[str, ...], **_: Any) -> None:
    """Run a program written for the Azure ML SDK v1: its `import azureml…` finds Modelport's classes.

    It runs as under python itself: its own arguments, working directory, traceback and exit code. Packages of azureml
    that are installed beside Modelport are not used and not touched.
    """
    from modelport.v1_imports.finder import install
    from modelport.v1_imports.program import run_module, run_script

    if module is None and not words:
        raise click.UsageError("Name the program: modelport run-v1 SCRIPT [ARGUMENTS], or -m MODULE", context)
    install()
    context.exit(run_script(words[0], words[1:]) if module is None else run_module(module, words))
